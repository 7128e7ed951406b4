import { type Context, Hono } from 'hono';
import { checkLedger, isEdited, type LedgerCheck, type LedgerCheckRow } from '../../ledger/check.ts';
import { keepLight, type LedgerLight, lightOf } from '../../ledger/light.ts';
import { type SweepResult, settleNow } from '../../ledger/sweep.ts';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { runAfterIn } from '../../middleware/run-after.ts';
import { nanoToAlignedUsd } from '../../protocol/money.ts';
import { openDatabase } from '../../store/database.ts';
import { listDeadLetters } from '../../store/dead-letters.ts';
import type { Page } from '../../store/page.ts';
import type { DeadLetter } from '../../store/schema.ts';
import { Badge, type Tone } from '../kit/badge.tsx';
import { Form } from '../kit/form.tsx';
import { count } from '../kit/format.ts';
import { Note } from '../kit/note.tsx';
import { respond } from '../kit/respond.tsx';
import { type Column, Empty, Table } from '../kit/table.tsx';
import { useView, viewOf } from '../kit/view.ts';
import type { Texts } from '../texts/english.ts';
import { DeadLetters } from './dead-letters.tsx';
import { Frame, Head } from './frame.tsx';

const SHOWN_LETTERS = 20;

interface LedgerProps {
  check: LedgerCheck;
  letters: Page<DeadLetter>;
  settled: SweepResult | null;
}

const TONES: Record<LedgerLight, Tone> = { ok: 'good', lag: 'soft', bad: 'bad' };

function LedgerTable({ check }: { check: LedgerCheck }) {
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
          cell: ({ key_id }) => (
            <a class="mono" href={`/admin/keys/${encodeURIComponent(key_id)}`}>
              {key_id}
            </a>
          ),
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

/** What to do where sums differ for good; null where they do not. */
function badHint(check: LedgerCheck, { lostHint, editedHint }: Texts['ledger']): string | null {
  if (lightOf(check.data) !== 'bad') return null;
  return check.data.some(isEdited) ? editedHint : lostHint;
}

function LedgerPage({ check, letters, settled }: LedgerProps) {
  const { ledger } = useView().texts;
  return (
    <Frame title={ledger.title} place="ledger">
      <Head title={ledger.title} lead={ledger.lead}>
        <Form action="/admin/ledger" submit={ledger.settle} submitLook="plain" />
      </Head>
      <Note text={badHint(check, ledger)} bad />
      <Note text={settled === null ? null : ledger.settled(settled.flushed, settled.pending)} />
      {check.data.length > 0 ? (
        <LedgerTable check={check} />
      ) : (
        <Empty>
          <p>{ledger.empty}</p>
        </Empty>
      )}
      <DeadLetters letters={letters} />
    </Frame>
  );
}

async function show(c: Context<AdminEnv>, settled: SweepResult | null): Promise<Response> {
  const view = viewOf(c);
  const [check, letters] = await Promise.all([
    checkLedger(c.env),
    listDeadLetters(openDatabase(c.env.DB), { limit: SHOWN_LETTERS, cursor: null }),
  ]);
  // Newer than what the cron has kept.
  runAfterIn(c.executionCtx)('keep the ledger light', keepLight(c.env.KEY_CACHE, check, view.now));
  return respond(c, view, <LedgerPage check={check} letters={letters} settled={settled} />);
}

/** `/admin/ledger`: the check of every key, the sweep by hand, and what could not be written. */
export const ledger = new Hono<AdminEnv>()
  .get('/ledger', (c) => show(c, null))
  .post('/ledger', async (c) => show(c, await settleNow(c.env)));
