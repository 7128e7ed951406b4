import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KnownLevel, LevelAnswer, LevelMessage, LevelSums } from '../../../src/ledger/shared/calls.ts';
import { answerFor, grant, hear } from '../../../src/ledger/shared/grants.ts';
import { openShares, type Share, type Shares } from '../../../src/ledger/shared/shares.ts';
import {
  after,
  askedOf,
  before,
  fits,
  type LevelStand,
  learned,
  messageOf,
  newStand,
  stateName,
} from '../../../src/ledger/shared/stand.ts';
import { windowsAt } from '../../../src/ledger/windows.ts';

/*
 * Ceilings alone, without objects: three ledgers, a user and two teams, and a network that loses, repeats and mixes up
 * everything. What the ledgers really spend is counted beside, by a model that knows nothing of ceilings.
 */

const HOUR = 3_600_000;
const LEVELS = ['user', 'one', 'two'] as const;
type LevelName = (typeof LEVELS)[number];

interface Running {
  hold: number;
  levels: readonly LevelName[];
}

type Sent = { to: 'budget'; level: LevelName; from: number; message: LevelMessage; state: string };
type Answered = { to: 'ledger'; level: LevelName; ledger: number; answer: LevelAnswer; sent: Sent };

/** A ledger's books, as far as ceilings go. */
function newLedger() {
  return {
    team: 'one' as LevelName,
    running: [] as Running[],
    days: { user: {}, one: {}, two: {} } as Record<LevelName, Record<string, number>>,
    /** What corrections have taken back. */
    back: { user: 0, one: 0, two: 0 } as Record<LevelName, number>,
    stands: {} as Partial<Record<LevelName, LevelStand>>,
  };
}

function newLevel(id: LevelName, budgets: Partial<KnownLevel>): KnownLevel {
  const none = { budgetDayUsd: null, budgetWeekUsd: null, budgetMonthUsd: null, budgetTotalUsd: null };
  const kind = id === 'user' ? 'user' : 'team';
  return { id, name: id, kind, revision: 1, updatedAt: '', place: null, ...none, ...budgets };
}

/** The rules that are played by; a mutant has one of them wrong. */
const RULES = { hear, grant, fits, before, after };
type Rules = typeof RULES;

/** Everything there is, and what a model says of it. */
function newWorld(budgets: Partial<KnownLevel>, rules: Rules = RULES) {
  const world = {
    rules,
    budgets,
    now: Date.UTC(2026, 10, 28, 20),
    ledgers: [newLedger(), newLedger(), newLedger()],
    levels: Object.fromEntries(LEVELS.map((name) => [name, newLevel(name, budgets)])) as Record<LevelName, KnownLevel>,
    kept: Object.fromEntries(LEVELS.map((name) => [name, new Map<string, Share>()])) as Record<
      LevelName,
      Map<string, Share>
    >,
    network: [] as (Sent | Answered)[],
    /** By level: how much more settled requests have cost than was set aside for them. */
    beyond: { user: 0, one: 0, two: 0 } as Record<LevelName, number>,
  };
  const windows = () => windowsAt(world.now, '+00:00');
  const sharesOf = (level: LevelName): Shares =>
    openShares([...world.kept[level]], (keyId, share) => void world.kept[level].set(keyId, share));
  const sumsOf = (index: number, level: LevelName): LevelSums => {
    const ledger = world.ledgers[index] ?? newLedger();
    const held = ledger.running.filter(({ levels }) => levels.includes(level)).reduce((sum, { hold }) => sum + hold, 0);
    const total = Object.values(ledger.days[level]).reduce((sum, cost) => sum + cost, 0);
    return { total, gross: total + ledger.back[level], held, days: { ...ledger.days[level] } };
  };
  return { world, rules, windows, sharesOf, sumsOf };
}

type World = ReturnType<typeof newWorld>;

const standOf = ({ world }: World, index: number, level: LevelName) =>
  world.ledgers[index]?.stands[level] ?? newStand(world.levels[level]);

function send(w: World, index: number, level: LevelName, asked: number, isRelease: boolean): void {
  const known = w.world.levels[level];
  const stand = standOf(w, index, level);
  const lowers = isRelease || stand.grantedFor !== stateName(known);
  const sums = w.sumsOf(index, level);
  const ready = w.rules.before(stand, sums, lowers);
  const ledger = w.world.ledgers[index];
  if (ledger) ledger.stands[level] = ready;
  const message = messageOf({ id: `key_${index}`, ledgerJurisdiction: null }, ready, sums, {
    lowers,
    asked,
    wanted: asked,
  });
  w.world.network.push({ to: 'budget', level, from: index, message, state: stateName(known) });
}

function arrive(w: World, parcel: Sent | Answered): void {
  const { level } = parcel;
  if (parcel.to === 'budget') {
    const shares = w.sharesOf(level);
    const known = w.world.levels[level];
    const isHeard = w.rules.hear(shares, parcel.message);
    const no = isHeard ? w.rules.grant(shares, known, w.windows(), parcel.message) : null;
    const answer = answerFor(shares, known, w.windows(), parcel.message.keyId, { isHeard, no });
    w.world.network.push({ to: 'ledger', level, ledger: parcel.from, answer, sent: parcel });
    return;
  }
  const ledger = w.world.ledgers[parcel.ledger];
  if (!ledger) return;
  const stand = standOf(w, parcel.ledger, level);
  const { message, state } = parcel.sent;
  const grantedFor = parcel.answer.isHeard && message.lowers ? state : stand.grantedFor;
  ledger.stands[level] = w.rules.after(stand, parcel.answer, grantedFor);
}

/** What a ledger would do with a request: run it where every level has room, else draw. */
function begin(w: World, index: number, hold: number): boolean {
  const ledger = w.world.ledgers[index];
  if (!ledger) return false;
  const levels = ['user', ledger.team] as const;
  const short = levels.filter(
    (level) => !w.rules.fits(standOf(w, index, level), w.world.levels[level], w.sumsOf(index, level), hold),
  );
  if (short.length === 0) ledger.running.push({ hold, levels });
  for (const level of short) send(w, index, level, askedOf(hold), false);
  return short.length === 0;
}

/** Asks until there is an answer, over a network that loses nothing; but all of it may come once more, later. */
function ask(w: World, index: number, hold: number, again = false): boolean {
  const waiting = w.world.network.splice(0);
  let isIn = begin(w, index, hold);
  for (let attempt = 0; attempt < 4 && !isIn; attempt += 1) {
    while (w.world.network.length > 0) {
      const parcels = w.world.network.splice(0);
      if (again) waiting.push(...parcels);
      for (const parcel of parcels) arrive(w, parcel);
    }
    isIn = begin(w, index, hold);
  }
  w.world.network.splice(0, w.world.network.length, ...waiting.slice(-20));
  return isIn;
}

function book(w: World, index: number, levels: readonly LevelName[], cost: number): void {
  const ledger = w.world.ledgers[index];
  const { day } = w.windows();
  for (const level of levels) {
    if (ledger === undefined) continue;
    ledger.days[level][day] = (ledger.days[level][day] ?? 0) + cost;
    ledger.back[level] += Math.max(0, -cost);
  }
}

/** The shared budget asks a ledger for its idle rest; the word back may be lost. */
function recall(w: World, index: number, level: LevelName, isLost: boolean): void {
  const ledger = w.world.ledgers[index];
  const stand = learned(standOf(w, index, level), w.sharesOf(level).get(`key_${index}`));
  if (!ledger || stand.version === 0) return;
  const sums = w.sumsOf(index, level);
  const ready = w.rules.before(stand, sums, true);
  ledger.stands[level] = ready;
  const message = messageOf({ id: `key_${index}`, ledgerJurisdiction: null }, ready, sums, {
    lowers: true,
    asked: 0,
    wanted: 0,
  });
  if (!isLost) w.rules.hear(w.sharesOf(level), message);
}

/** What was really spent in each window that has a budget, what runs, and what may be at most. */
function assertNothingIsPassed(w: World): void {
  const { day, weekStart, monthStart } = w.windows();
  const known = w.world.budgets;
  for (const level of LEVELS) {
    const limits = [
      [known.budgetDayUsd, day],
      [known.budgetWeekUsd, weekStart],
      [known.budgetMonthUsd, monthStart],
      [known.budgetTotalUsd, ''],
    ] as const;
    const sums = w.world.ledgers.map((_, index) => w.sumsOf(index, level));
    const held = sums.reduce((sum, one) => sum + one.held, 0);
    for (const [usd, first] of limits) {
      if (usd == null) continue;
      const spent = sums
        .flatMap(({ days }) => Object.entries(days))
        .reduce((sum, [date, cost]) => (date >= first ? sum + cost : sum), 0);
      expect(spent + held, `${level} since ${first}`).toBeLessThanOrEqual(
        Math.round(usd * 1e9) + w.world.beyond[level],
      );
    }
  }
}

type Step = { kind: string; ledger: number; pick: number; amount: number };
const WEIGHTS = {
  ...{ begin: 4, ask: 6, 'ask twice': 4, settle: 6, arrive: 8, 'arrive twice': 3, lose: 2, release: 4 },
  ...{ recall: 3, 'recall unheard': 2, adjust: 1, pass: 2, move: 1, change: 1 },
};
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(...Object.entries(WEIGHTS).map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind) }))),
  ledger: fc.nat(2),
  pick: fc.nat(1_000),
  amount: fc.nat(300),
});

function settleOne(w: World, index: number, pick: number, amount: number): void {
  const ledger = w.world.ledgers[index];
  const [one] = ledger?.running.splice(pick % Math.max(1, ledger.running.length), 1) ?? [];
  if (one === undefined) return;
  // Every fifth costs more than was set aside.
  const cost = pick % 5 === 0 ? one.hold + amount : Math.min(one.hold, amount);
  for (const level of one.levels) w.world.beyond[level] += Math.max(0, cost - one.hold);
  book(w, index, one.levels, cost);
}

/** Lowers a level's budgets, or raises them to what they were at most. */
function changeBudgets(w: World, level: LevelName, share: number): void {
  const budgets = Object.entries(w.world.budgets).map(([name, usd]) => [name, Number(usd) * share]);
  const { revision } = w.world.levels[level];
  w.world.levels[level] = newLevel(level, { ...Object.fromEntries(budgets), revision: revision + 1 });
}

function take(w: World, { kind, ledger, pick, amount }: Step): void {
  const { network } = w.world;
  const at = network.length === 0 ? 0 : pick % network.length;
  const level = LEVELS[pick % 3] ?? 'user';
  const parcel = network[at];
  switch (kind) {
    case 'begin':
      begin(w, ledger, amount);
      return;
    case 'ask':
    case 'ask twice':
      ask(w, ledger, amount, kind !== 'ask');
      return;
    case 'settle':
      settleOne(w, ledger, pick, amount);
      return;
    case 'arrive':
    case 'arrive twice':
      if (kind === 'arrive') network.splice(at, 1);
      if (parcel) arrive(w, parcel);
      return;
    case 'lose':
      network.splice(at, 1);
      return;
    case 'release':
      send(w, ledger, level, 0, true);
      return;
    case 'recall':
    case 'recall unheard':
      recall(w, ledger, level, kind !== 'recall');
      return;
    case 'adjust': {
      const cost = pick % 2 === 0 ? -amount : amount;
      for (const name of ['user', level] as const) w.world.beyond[name] += Math.max(0, cost);
      book(w, ledger, ['user', ...(level === 'user' ? [] : [level])], cost);
      return;
    }
    case 'pass':
      w.world.now += ([HOUR, 5 * HOUR, 24 * HOUR, 7 * 24 * HOUR, 31 * 24 * HOUR][pick % 5] ?? 0) + amount;
      return;
    case 'move': {
      const own = w.world.ledgers[ledger];
      if (own) own.team = own.team === 'one' ? 'two' : 'one';
      return;
    }
    case 'change':
      changeBudgets(w, level, [0.25, 1, 0.5][pick % 3] ?? 1);
  }
}

/** Everything ends, and every ledger tells all until it is heard. */
function calm(w: World): void {
  for (const [index, { running }] of w.world.ledgers.entries()) {
    for (const one of running.splice(0)) book(w, index, one.levels, Math.min(1, one.hold));
    for (const level of LEVELS) {
      for (let isHeard = false; !isHeard; ) {
        w.world.network.splice(0);
        send(w, index, level, 0, true);
        for (const parcel of w.world.network.splice(0)) arrive(w, parcel);
        const [answered] = w.world.network.splice(0);
        if (answered) arrive(w, answered);
        isHeard = answered?.to === 'ledger' && answered.answer.isHeard;
      }
    }
  }
}

const BUDGETS: Partial<KnownLevel>[] = [
  { budgetDayUsd: 0.000_001 },
  { budgetTotalUsd: 0.000_001 },
  { budgetDayUsd: 0.000_000_7, budgetWeekUsd: 0.000_001, budgetMonthUsd: 0.000_002, budgetTotalUsd: 0.000_004 },
];

function assertSumsAgree(w: World): void {
  for (const level of LEVELS) {
    const shares = w.sharesOf(level);
    expect(shares.reserved).toBe(0);
    for (const index of w.world.ledgers.keys()) {
      const { total, gross, days } = w.sumsOf(index, level);
      expect(shares.get(`key_${index}`)).toMatchObject({ total, ceiling: gross });
      expect({ ...shares.get(`key_${index}`).days }).toMatchObject(days);
    }
  }
}

/** What is let in now obeys the budgets as they are now, whatever was granted before. */
function assertNewBudgetsHold(w: World): void {
  for (const index of w.world.ledgers.keys()) ask(w, index, 50);
  for (const { running } of w.world.ledgers) running.splice(0);
  for (const level of LEVELS) changeBudgets(w, level, 0.001);
  expect([...w.world.ledgers.keys()].filter((index) => ask(w, index, 40))).toEqual([]);
}

/** Plays steps by some rules, and looks after each. */
function promise(rules: Rules) {
  return fc.property(fc.constantFrom(...BUDGETS), fc.array(step, { maxLength: 120, size: 'max' }), (budgets, steps) => {
    const w = newWorld(budgets, rules);
    for (const each of steps) {
      take(w, each);
      assertNothingIsPassed(w);
    }
    calm(w);
    assertSumsAgree(w);
    assertNewBudgetsHold(w);
  });
}

const MUTANTS: [string, Partial<Rules>][] = [
  [
    'a message of any version is taken in',
    { hear: (shares, message) => hear(shares, { ...message, version: shares.get(message.keyId).version }) },
  ],
  ['a ceiling is not lowered before the release is sent', { before: (stand, sums) => before(stand, sums, false) }],
  [
    'what is reserved does not count',
    { grant: (shares, ...rest) => grant(Object.create(shares, { reserved: { value: 0 } }), ...rest) },
  ],
  [
    'what is held does not count at the ledger',
    { fits: (stand, level, sums, hold) => fits(stand, level, { ...sums, held: 0 }, hold) },
  ],
  [
    'what is held does not count at the shared budget',
    { hear: (shares, message) => hear(shares, { ...message, held: 0 }) },
  ],
  [
    'a newer budget lets the older grants be spent',
    { fits: (stand, level, sums, hold) => fits({ ...stand, grantedFor: stateName(level) }, level, sums, hold) },
  ],
  ['days are forgotten', { hear: (shares, message) => hear(shares, { ...message, days: {} }) }],
  [
    'a total is not taken in',
    { hear: (shares, message) => hear(shares, { ...message, gross: shares.get(message.keyId).gross }) },
  ],
  [
    'a correction gives room below the ceiling',
    {
      hear: (shares, message) => hear(shares, { ...message, gross: message.total }),
      before: (stand, sums, lowers) => before(stand, { ...sums, gross: sums.total }, lowers),
      fits: (stand, level, sums, hold) => fits(stand, level, { ...sums, gross: sums.total }, hold),
    },
  ],
  [
    'a grant knows no limit',
    {
      grant: (shares, level, windows, message) =>
        grant(
          shares,
          { ...level, budgetDayUsd: 1, budgetWeekUsd: 1, budgetMonthUsd: 1, budgetTotalUsd: 1 },
          windows,
          message,
        ),
    },
  ],
];

describe('ceilings, whatever the network does', () => {
  it('I13 no level is passed by more than what requests cost beyond what was set aside; once quiet, all sums are one', () => {
    fc.assert(promise(RULES), { numRuns: 300, interruptAfterTimeLimit: 12_000 });
  });

  it.each(MUTANTS)('I13 the promise would be broken where %s', { timeout: 60_000 }, (_, mutant) => {
    expect(fc.check(promise({ ...RULES, ...mutant }), { numRuns: 3_000, endOnFailure: true }).failed).toBe(true);
  });

  /** An answer that comes late, after a release has been heard, and what the ledger lets in then. */
  function letInByLateAnswer(rules: Rules): boolean {
    const w = newWorld({ budgetDayUsd: 0.000_001 }, rules);
    ask(w, 0, 900, true);
    const late = w.world.network.filter((parcel) => parcel.to === 'ledger');
    w.world.ledgers[0]?.running.splice(0);
    calm(w);
    ask(w, 1, 900);
    for (const parcel of late) arrive(w, parcel);
    return w.rules.fits(standOf(w, 0, 'user'), w.world.levels.user, w.sumsOf(0, 'user'), 900);
  }

  it('I13 an answer that comes after a later one raises nothing; the promise would be broken where it did', () => {
    expect(letInByLateAnswer(RULES)).toBe(false);
    const after: Rules['after'] = (stand, answer, grantedFor) =>
      RULES.after({ ...stand, version: -1 }, answer, grantedFor);
    expect(letInByLateAnswer({ ...RULES, after })).toBe(true);
  });

  it('a level is used up to its last nano-dollar, and refuses the next', () => {
    const w = newWorld({ budgetDayUsd: 0.000_001 });
    expect([ask(w, 0, 400), ask(w, 1, 600), ask(w, 2, 1)]).toEqual([true, true, false]);
    settleOne(w, 0, 1, 300);
    calm(w);
    expect(w.sharesOf('user').spentSince(null)).toBe(301);
    expect([ask(w, 2, 700), ask(w, 2, 699), ask(w, 1, 1)]).toEqual([false, true, false]);
  });
});
