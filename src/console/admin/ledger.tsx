import { type Context, Hono } from 'hono';
import { checkLedger, isEdited, type LedgerCheck, type LedgerCheckRow } from '../../ledger/check.ts';
import { type SweepResult, settleNow } from '../../ledger/sweep.ts';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { nanoToAlignedUsd } from '../../protocol/money.ts';
import { openDatabase } from '../../store/database.ts';
import { listDeadLetters } from '../../store/dead-letters.ts';
import type { Page } from '../../store/page.ts';
import type { DeadLetter } from '../../store/schema.ts';
import { Badge, type Tone } from '../kit/badge.tsx';
import { count } from '../kit/format.ts';
import { respond } from '../kit/respond.ts';
import { type View, viewOf } from '../kit/view.ts';
import { DeadLetters } from './dead-letters.tsx';
import { Frame, Head, Note, Scroll } from './frame.tsx';
import { type LedgerLight, lightOf } from './ledger-light.ts';

const SHOWN_LETTERS = 20;

interface LedgerProps {
  view: View;
  check: LedgerCheck;
  letters: Page<DeadLetter>;
  settled: SweepResult | null;
}

const TONES: Record<LedgerLight, Tone> = { ok: 'good', lag: 'soft', bad: 'bad', unknown: 'warn' };

function LedgerRow({ view, row }: { view: View; row: LedgerCheckRow }) {
  const { ledger } = view.texts;
  const light = lightOf([row]);
  return (
    <tr>
      <th scope="row">
        <a class="mono" href={`/admin/keys/${encodeURIComponent(row.key_id)}`}>
          {row.key_id}
        </a>
      </th>
      <td>
        <Badge tone={TONES[light]}>{ledger.lights[light]}</Badge>
      </td>
      <td class="number">{nanoToAlignedUsd(row.ledger_nano_usd)}</td>
      <td class="number">{nanoToAlignedUsd(row.d1_nano_usd)}</td>
      <td class="number">{nanoToAlignedUsd(row.daily_nano_usd)}</td>
      <td class="number wide-only">{nanoToAlignedUsd(row.held_nano_usd)}</td>
      <td class="number wide-only">{count(row.open_leases)}</td>
      <td class="number wide-only">{count(row.outbox)}</td>
    </tr>
  );
}

function LedgerTable({ view, check }: LedgerProps) {
  const { ledger } = view.texts;
  const sums = [ledger.inLedger, ledger.inLog, ledger.inDaily];
  const rest = [ledger.held, ledger.leases, ledger.outbox];
  return (
    <Scroll label={ledger.caption}>
      <table class="dense">
        <caption class="quiet">{ledger.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{view.texts.keys.key}</th>
            <th scope="col">{ledger.state}</th>
            {sums.map((name) => (
              <th scope="col" class="number">
                {name}
              </th>
            ))}
            {rest.map((name) => (
              <th scope="col" class="number wide-only">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {check.data.map((row) => (
            <LedgerRow view={view} row={row} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** What to do where sums differ for good; null where they do not. */
function badHint({ view, check }: LedgerProps): string | null {
  if (lightOf(check.data) !== 'bad') return null;
  const { lostHint, editedHint } = view.texts.ledger;
  return check.data.some(isEdited) ? editedHint : lostHint;
}

function LedgerPage(props: LedgerProps) {
  const { view, check, letters, settled } = props;
  const { ledger } = view.texts;
  return (
    <Frame view={view} title={ledger.title} place="ledger">
      <Head title={ledger.title} lead={ledger.lead}>
        <form method="post" action="/admin/ledger">
          <button type="submit" class="plain">
            {ledger.settle}
          </button>
        </form>
      </Head>
      <Note text={badHint(props)} bad />
      <Note text={settled === null ? null : ledger.settled(settled.flushed, settled.pending)} />
      {check.data.length > 0 && <LedgerTable {...props} />}
      {check.data.length === 0 && (
        <div class="empty">
          <p>{ledger.empty}</p>
        </div>
      )}
      <DeadLetters view={view} letters={letters} />
    </Frame>
  );
}

async function show(c: Context<AdminEnv>, settled: SweepResult | null): Promise<Response> {
  const [check, letters] = await Promise.all([
    checkLedger(c.env),
    listDeadLetters(openDatabase(c.env.DB), { limit: SHOWN_LETTERS, cursor: null }),
  ]);
  return respond(c, <LedgerPage view={viewOf(c)} check={check} letters={letters} settled={settled} />);
}

/** `/admin/ledger`: the check of every key, the sweep by hand, and what could not be written. */
export const ledger = new Hono<AdminEnv>()
  .get('/ledger', (c) => show(c, null))
  .post('/ledger', async (c) => show(c, await settleNow(c.env)));
