import { type Context, Hono } from 'hono';
import { checkLedger, isEdited, type LedgerCheck, type LedgerCheckRow } from '../../ledger/check.ts';
import { type KeptLight, keepLight, type LedgerLight, lightOf, lightOfShared, readLight } from '../../ledger/light.ts';
import { checkShared, type SharedCheck, type SharedCheckRow } from '../../ledger/shared/check-shared.ts';
import { type SweepResult, settleNow } from '../../ledger/sweep.ts';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { nanoToAlignedUsd } from '../../protocol/money.ts';
import { openDatabase } from '../../store/database.ts';
import { listDeadLetters } from '../../store/dead-letters.ts';
import { type KeyName, namesOfKeys } from '../../store/key-names.ts';
import type { Page } from '../../store/page.ts';
import type { DeadLetter } from '../../store/schema.ts';
import { Badge, type Tone } from '../kit/badge.tsx';
import { Form } from '../kit/form.tsx';
import { count } from '../kit/format.ts';
import { Note } from '../kit/note.tsx';
import { Pager } from '../kit/pager.tsx';
import { readForm } from '../kit/read-form.ts';
import { respond } from '../kit/respond.tsx';
import { LevelLink } from '../kit/shared-budgets.tsx';
import { type Column, Empty, Table } from '../kit/table.tsx';
import { useView, viewOf } from '../kit/view.ts';
import type { Texts } from '../texts/english.ts';
import { DeadLetters } from './dead-letters.tsx';
import { Frame, Head } from './frame.tsx';
import { KeyLink } from './key-link.tsx';
import { Light } from './light.tsx';

const SHOWN_LETTERS = 20;

// Each is a ledger that is asked; and each budget asks some of its own.
const SHOWN_KEYS = 25;
const SHOWN_BUDGETS = 10;

interface LedgerProps {
  check: LedgerCheck;
  /** What its keys are called. */
  names: ReadonlyMap<string, KeyName>;
  cursor: string | null;
  /** Budgets of users and teams, and behind which of them this page begins. */
  shared: SharedCheck;
  budgets: string | null;
  /** What the last comparison of all keys came to; null where there was none. */
  light: KeptLight | null;
  letters: Page<DeadLetter>;
  settled: SweepResult | null;
}

const TONES: Record<LedgerLight, Tone> = { ok: 'good', lag: 'soft', bad: 'bad' };

function LedgerTable({ check, names }: Pick<LedgerProps, 'check' | 'names'>) {
  const { keys, ledger } = useView().texts;
  const sum = (head: string, of: (row: LedgerCheckRow) => number, look = 'number'): Column<LedgerCheckRow> => ({
    head,
    look,
    cell: (row) => nanoToAlignedUsd(of(row)),
  });
  return (
    <Table
      caption={ledger.caption}
      look="dense"
      rows={check.data}
      columns={[
        {
          head: keys.key,
          cell: ({ key_id }) => <KeyLink id={key_id} names={names} />,
        },
        {
          head: ledger.state,
          cell: (row) => <Badge tone={TONES[lightOf([row])]}>{ledger.lights[lightOf([row])]}</Badge>,
        },
        sum(ledger.inLedger, (row) => row.ledger_nano_usd),
        sum(ledger.inLog, (row) => row.d1_nano_usd),
        sum(ledger.inDaily, (row) => row.daily_nano_usd),
        sum(ledger.held, (row) => row.held_nano_usd, 'number wide-only'),
        { head: ledger.leases, look: 'number wide-only', cell: (row) => count(row.open_leases) },
        { head: ledger.outbox, look: 'number wide-only', cell: (row) => count(row.outbox) },
      ]}
    />
  );
}

function SharedTable({ cursor, shared, budgets }: LedgerProps) {
  const { ledger } = useView().texts;
  const sum = (head: string, of: (row: SharedCheckRow) => number, look = 'number'): Column<SharedCheckRow> => ({
    head,
    look,
    cell: (row) => nanoToAlignedUsd(of(row)),
  });
  if (shared.data.length === 0 && budgets === null) return null;
  return (
    <section id="budgets">
      <h2>{ledger.budgets}</h2>
      <p class="soft">{ledger.budgetsLead}</p>
      <Table
        caption={ledger.budgets}
        look="dense"
        rows={shared.data}
        columns={[
          { head: ledger.budgetOf, cell: ({ level, name }) => <LevelLink kind={level} name={name} /> },
          {
            head: ledger.state,
            cell: (row) => <Badge tone={TONES[lightOfShared([row])]}>{ledger.lights[lightOfShared([row])]}</Badge>,
          },
          sum(ledger.inBudget, (row) => row.shared_nano_usd),
          sum(ledger.inDaily, (row) => row.daily_nano_usd),
          sum(ledger.reserved, (row) => row.reserved_nano_usd, 'number wide-only'),
          { head: ledger.outbox, look: 'number wide-only', cell: (row) => count(row.outbox) },
        ]}
      />
      <Pager
        path="/admin/ledger"
        query={new URLSearchParams(cursor === null ? {} : { cursor })}
        cursor={budgets}
        next={shared.nextCursor}
        name="budgets"
      />
    </section>
  );
}

/** What to do where sums differ for good; null where they do not. */
function badHint({ check, light, shared }: LedgerProps, texts: Texts['ledger']): string | null {
  const { budgetHint, lostHint, editedHint, whichHint } = texts;
  if (lightOf(check.data) === 'bad') return check.data.some(isEdited) ? editedHint : lostHint;
  if (lightOfShared(shared.data) === 'bad') return budgetHint;
  return light?.light === 'bad' ? whichHint : null;
}

/** What a settlement of a slice came to, and the way to the next. */
function Settled({ settled }: { settled: SweepResult }) {
  const { ledger } = useView().texts;
  const { flushed, pending, nextCursor } = settled;
  if (nextCursor === null) return <Note text={ledger.settled(flushed, pending)} />;
  return (
    <Form
      action="/admin/ledger"
      hidden={{ cursor: nextCursor }}
      look="row between"
      submit={ledger.settleNext}
      submitLook="plain"
    >
      <p>{ledger.settledSlice(flushed, pending)}</p>
    </Form>
  );
}

function LedgerPage(props: LedgerProps) {
  const { check, names, cursor, light, letters, settled } = props;
  const { ledger } = useView().texts;
  return (
    <Frame title={ledger.title} place="ledger">
      <Head title={ledger.title} lead={ledger.lead}>
        <Form action="/admin/ledger" submit={ledger.settle} submitLook="plain" />
      </Head>
      <section>
        <Light light={light} />
      </section>
      <Note text={badHint(props, ledger)} bad />
      {settled !== null && <Settled settled={settled} />}
      {check.data.length > 0 ? (
        <LedgerTable check={check} names={names} />
      ) : (
        <Empty>
          <p>{ledger.empty}</p>
        </Empty>
      )}
      <Pager path="/admin/ledger" cursor={cursor} next={check.nextCursor} />
      <SharedTable {...props} />
      <DeadLetters letters={letters} />
    </Frame>
  );
}

async function show(c: Context<AdminEnv>, settled: SweepResult | null): Promise<Response> {
  const view = viewOf(c);
  const database = openDatabase(c.env.DB);
  const cursor = c.req.query('cursor') || null;
  const budgets = c.req.query('budgets') || null;
  const [check, shared, letters] = await Promise.all([
    checkLedger(c.env, cursor, SHOWN_KEYS),
    checkShared(c.env, budgets ?? '', SHOWN_BUDGETS),
    listDeadLetters(database, { limit: SHOWN_LETTERS, cursor: null }),
  ]);
  // Where the page holds all keys and budgets it is newer than what the cron has kept.
  const isAll = [cursor, check.nextCursor, budgets, shared.nextCursor].every((each) => each === null);
  if (isAll) await keepLight(database, check, shared, view.now);
  const ids = check.data.map(({ key_id }) => key_id);
  const [light, names] = await Promise.all([readLight(database), namesOfKeys(database, ids)]);
  return respond(c, view, <LedgerPage {...{ check, names, cursor, shared, budgets, light, letters, settled }} />);
}

async function settle(c: Context<AdminEnv>): Promise<Response> {
  const { cursor = '' } = await readForm(c);
  return show(c, await settleNow(c.env, cursor || null));
}

/** `/admin/ledger`: the check of all keys and shared budgets, page by page, the sweep by hand, and what could not be written. */
export const ledger = new Hono<AdminEnv>().get('/ledger', (c) => show(c, null)).post('/ledger', settle);
