import { Badge, type Tone } from '../kit/badge.tsx';
import type { FieldErrors } from '../kit/field.tsx';
import { Form } from '../kit/form.tsx';
import { count } from '../kit/format.ts';
import { Note } from '../kit/note.tsx';
import type { Action } from '../kit/picks.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import { Empty, Table } from '../kit/table.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';
import { BudgetFields, RateFields } from './key-fields.tsx';
import { settingNames } from './key-input.ts';
import type { Chosen, Kind, Outcome } from './several-kinds.ts';

interface AskProps {
  kind: Kind;
  action: Action;
  chosen: readonly Chosen[];
  /** How many of those that were ticked are not there. */
  gone: number;
  running: ReadonlyMap<string, number | null>;
  back: string;
  /** Limits that were typed and could not be taken. */
  typed: FieldValues;
  errors: FieldErrors;
}

/** Those that the action changes; a limit may change any that is not revoked. */
function isChanged(action: Action, { status }: Chosen): boolean {
  if (action === 'limit') return status !== 'revoked';
  return status === (action === 'disable' ? 'active' : 'disabled');
}

function Name({ list, id, name, detail }: Pick<Chosen, 'id' | 'name' | 'detail'> & Pick<Kind, 'list'>) {
  return (
    <>
      <a href={`/admin/${list}/${encodeURIComponent(id)}`}>{name}</a>
      {detail !== '' && <small>{detail}</small>}
    </>
  );
}

function Limits({ limits }: Pick<Chosen, 'limits'>) {
  const { texts } = useView();
  const names = settingNames(texts);
  const set = Object.entries(limits).filter(([, value]) => value !== '');
  return <>{set.length === 0 ? texts.unlimited : set.map(([name, value]) => `${names[name]}: ${value}`).join(' · ')}</>;
}

function Status({ status }: Pick<Chosen, 'status'>) {
  const { keys } = useView().texts;
  if (status === null) return null;
  const tone = status === 'active' ? 'good' : status === 'revoked' ? 'bad' : 'warn';
  return <Badge tone={tone}>{keys.statuses[status]}</Badge>;
}

function ChosenTable({ kind: { list }, action, chosen, running }: AskProps) {
  const { texts } = useView();
  const { keys, several, users } = texts;
  return (
    <Table
      caption={several[list].caption}
      rows={chosen}
      columns={[
        { head: list === 'keys' ? keys.key : users.name, cell: (each) => <Name list={list} {...each} /> },
        list !== 'teams' && { head: keys.status, cell: ({ status }) => <Status status={status} /> },
        list !== 'keys' && { head: users.keys, look: 'number', cell: (each) => count(each.keys) },
        action === 'limit' && { head: several.limits, look: 'wide-only', cell: (each) => <Limits {...each} /> },
        action === 'disable' && {
          head: several.running,
          look: 'number',
          cell: ({ id }) => {
            const now = running.get(id) ?? null;
            return now === null ? several.unknown : count(now);
          },
        },
        {
          head: several.fate,
          cell: (each) =>
            isChanged(action, each) ? (
              several.changes[action]
            ) : (
              <span class="soft">{several.stays(each.status ?? 'active')}</span>
            ),
        },
      ]}
    />
  );
}

/** What it stops, in a sentence each. */
function Consequences({ kind: { list }, action, changed, running }: AskProps & { changed: readonly Chosen[] }) {
  const { several } = useView().texts;
  const known = changed.map(({ id }) => running.get(id) ?? null);
  const sum = known.reduce<number>((all, each) => all + (each ?? 0), 0);
  return (
    <div class="stack">
      <p>{several[list].leads[action]}</p>
      {action === 'disable' && (
        <p>
          {known.includes(null)
            ? several.stopsAtLeast(count(sum))
            : sum === 0
              ? several.stopsNothing
              : several.stops(count(sum))}
        </p>
      )}
    </div>
  );
}

/** Asks before several are changed: which they are, and what it stops. */
export function AskPage(props: AskProps) {
  const { kind, action, chosen, gone, back, typed, errors } = props;
  const { keyForm, several } = useView().texts;
  const { list } = kind;
  const changed = chosen.filter((each) => isChanged(action, each));
  const what = several[list].of(changed.length);
  const title = several.titles[action](what);
  const rows = JSON.stringify(changed.map(({ id, revision }) => [id, revision, {}]));
  return (
    <Frame title={title} place={list}>
      <Head title={title} />
      <Note text={Object.keys(errors).length > 0 ? keyForm.invalid : null} bad />
      {gone > 0 && <p class="note">{several.gone(count(gone))}</p>}
      {chosen.length === 0 ? (
        <Empty>
          <p>{several.none}</p>
        </Empty>
      ) : (
        <>
          <Consequences {...props} changed={changed} />
          <ChosenTable {...props} />
        </>
      )}
      {changed.length > 0 && (
        <Form
          action={`/admin/several/${list}`}
          hidden={{ do: action, rows, back }}
          values={typed}
          errors={errors}
          submit={several.confirm[action](what)}
          submitLook={action === 'disable' ? 'danger' : ''}
          novalidate
        >
          {action === 'limit' && <BudgetFields empty={several.asItIs} />}
          {action === 'limit' && list === 'keys' && <RateFields empty={several.asItIs} />}
        </Form>
      )}
      <a href={back}>{several.back}</a>
    </Frame>
  );
}

/** What became of one. */
export interface Done extends Pick<Chosen, 'id' | 'name' | 'detail'> {
  outcome: Outcome;
  /** What it was before. */
  undo: FieldValues;
}

interface DoneProps {
  kind: Kind;
  /** Null for what is set back. */
  action: Action | null;
  done: readonly Done[];
  back: string;
}

const TONES: Readonly<Record<Outcome['kind'], Tone>> = {
  ...{ changed: 'good', late: 'soft', same: 'soft', waits: 'warn' },
  ...{ missing: 'warn', revoked: 'warn', stale: 'warn', failed: 'bad' },
};

function DoneTable({ kind: { list }, done }: DoneProps) {
  const { keys, several, users } = useView().texts;
  return (
    <Table
      caption={several[list].caption}
      rows={done}
      columns={[
        { head: list === 'keys' ? keys.key : users.name, cell: (each) => <Name list={list} {...each} /> },
        {
          head: several.result,
          cell: ({ outcome }) => <Badge tone={TONES[outcome.kind]}>{several.outcomes[outcome.kind]}</Badge>,
        },
      ]}
    />
  );
}

/** Sets back those that were changed, where nobody has changed them since. */
function Undo({ kind: { list }, done, back }: DoneProps) {
  const { several } = useView().texts;
  const rows = done.flatMap(({ id, outcome, undo }) => ('revision' in outcome ? [[id, outcome.revision, undo]] : []));
  if (rows.length === 0) return null;
  return (
    <section class="panel">
      <Form
        action={`/admin/several/${list}/undo`}
        hidden={{ rows: JSON.stringify(rows), back }}
        look="row between"
        submit={several.undo}
        submitLook="plain"
      >
        <p>{several.undoText}</p>
      </Form>
    </section>
  );
}

/** Tells of each whether it was changed, and offers the way back. */
export function DonePage(props: DoneProps) {
  const { kind, action, done, back } = props;
  const { several } = useView().texts;
  const { list } = kind;
  const changed = done.filter(({ outcome }) => 'revision' in outcome).length;
  const waiting = done.filter(({ outcome }) => outcome.kind === 'waits');
  const isWhole = done.every(({ outcome }) => 'revision' in outcome || outcome.kind === 'same');
  const title = several.done[action ?? 'undo'](several[list].of(changed));
  const query = new URLSearchParams([['do', action ?? ''], ['back', back], ...waiting.map(({ id }) => ['id', id])]);
  return (
    <Frame title={title} place={list}>
      <Head title={title} />
      <Note text={isWhole ? several.whole : several.partly} bad={!isWhole} />
      {waiting.length > 0 && action !== null && (
        <a class="button" href={`/admin/several/${list}?${query}`}>
          {several.goOn(several[list].of(waiting.length))}
        </a>
      )}
      <Undo {...props} />
      <DoneTable {...props} />
      <a href={back}>{several.back}</a>
    </Frame>
  );
}
