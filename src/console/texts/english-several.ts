type Leads = Readonly<Partial<Record<'disable' | 'enable' | 'limit', string>>>;

/** The texts of what is done to several keys, users or teams at once, in English. */
export const englishSeveral = {
  several: {
    pick: (name: string) => `Select ${name}`,
    column: 'Select',
    bar: 'Selected:',
    actions: { disable: 'Disable …', enable: 'Enable …' },
    all: 'Select all on this page',
    none: 'Nothing is selected. Tick some in the list first.',
    back: 'Back to the list',
    gone: (n: string) => `No longer there, of those selected: ${n}.`,
    limits: 'Limits now',
    running: 'Running',
    unknown: 'unknown',
    fate: 'What happens',
    changes: { disable: 'is disabled', enable: 'is enabled', limit: 'gets the limits' },
    stays: (status: 'active' | 'disabled' | 'revoked') =>
      ({ active: 'stays enabled', disabled: 'stays disabled', revoked: 'stays revoked' })[status],
    stops: (running: string) =>
      `Running requests that this stops: ${running}. Each ends within half a minute, and is billed for what it has used.`,
    stopsNothing: 'It stops no running request.',
    stopsAtLeast: (running: string) =>
      `Running requests that this stops: at least ${running}, since not every ledger could be asked. Each ends within half a minute, and is billed for what it has used.`,
    titles: {
      disable: (what: string) => `Disable ${what}?`,
      enable: (what: string) => `Enable ${what}?`,
      limit: (what: string) => `Set limits of ${what}`,
    },
    confirm: {
      disable: (what: string) => `Disable ${what}`,
      enable: (what: string) => `Enable ${what}`,
      limit: (what: string) => `Set limits of ${what}`,
    },
    asItIs: 'as it is',
    nothingTyped: 'Fill in at least one limit.',
    done: {
      disable: (what: string) => `Disabled: ${what}`,
      enable: (what: string) => `Enabled: ${what}`,
      limit: (what: string) => `Limits set of ${what}`,
      undo: (what: string) => `Set back: ${what}`,
    },
    whole: 'All is done.',
    partly: 'Not all could be done. The list says what became of each.',
    result: 'Result',
    outcomes: {
      changed: 'done',
      late: 'stored, holds within 60 s',
      same: 'was so already',
      missing: 'is no longer there',
      revoked: 'is revoked for good',
      stale: 'not done: changed by somebody else meanwhile',
      waits: 'not yet: too many keys at once',
      failed: 'failed: look at it and try again',
    },
    undo: 'Undo',
    undoText: 'Sets those that were changed back to what they were, where nobody has changed them since.',
    goOn: (what: string) => `Go on with the other ${what}`,
    keys: {
      of: (n: number) => (n === 1 ? '1 key' : `${n} keys`),
      caption: 'Selected keys',
      limit: 'Set limits …',
      leads: {
        disable: 'Each is refused from the next request on, until it is enabled again.',
        enable: 'Each works from the next request on, as far as its owner, its expiry and its limits let it.',
        limit: 'A field that is left empty leaves what each key has; the word “none” lifts a limit.',
      } as Leads,
    },
    users: {
      of: (n: number) => (n === 1 ? '1 user' : `${n} users`),
      caption: 'Selected users',
      limit: 'Set budgets …',
      leads: {
        disable:
          'All of their keys are refused from the next request on, and they are signed out of their own page, until they are enabled again.',
        enable: 'Their keys work from the next request on, as each of them is set.',
        limit:
          'Budgets hold over all keys of a user. A field that is left empty leaves what each has; the word “none” lifts a budget.',
      } as Leads,
    },
    teams: {
      of: (n: number) => (n === 1 ? '1 team' : `${n} teams`),
      caption: 'Selected teams',
      limit: 'Set budgets …',
      leads: {
        limit:
          'Budgets hold over all keys of the members. A field that is left empty leaves what each team has; the word “none” lifts a budget.',
      } as Leads,
    },
  },
};

export type SeveralTexts = typeof englishSeveral;
