import { readConfig } from '../config.ts';
import { ledgerOf } from '../keys/ledger-of.ts';
import { logFault } from '../log-line.ts';
import { requestIdFloor } from '../protocol/request-id.ts';
import { openDatabase } from '../store/database.ts';
import { keep, readKept } from '../store/deployment.ts';
import { type LedgerAddress, listLedgers } from '../store/ledgers.ts';
import { pruneLogs } from '../store/logs.ts';
import { keepTotals } from '../store/usage-totals.ts';
import { inParallel } from './in-parallel.ts';
import type { KeyLedger, NudgeAnswer } from './key-ledger.ts';
import { compareNext } from './light.ts';
import { windowsAt } from './windows.ts';

/** What a sweep of a slice came to: rows that D1 has confirmed, and what is still under way (unconfirmed rows, open leases). */
export interface SweepResult {
  flushed: number;
  pending: number;
  /** Where the next slice begins; null for the last one. */
  nextCursor: string | null;
}

const DAY_MS = 86_400_000;
// Log rows go in batches that D1 does in a moment.
const PRUNE_BATCH = 500;
const PRUNE_BATCHES = 20;
/*
 * An invocation is to make 500 calls at most. `POST /worker/settle` makes two a ledger; the cron wakes these beside a
 * slice of the comparison, with its second look, and the batches above.
 */
const NUDGED_AT_ONCE = 200;
const WOKEN_AT_ONCE = 120;
// How long `POST /worker/settle` waits for D1 to confirm. The queue gathers for up to a second before.
const LONGEST_WAIT_MS = 8_000;

type Ledger = DurableObjectStub<KeyLedger>;

async function nudge(env: Cloudflare.Env, address: LedgerAddress): Promise<NudgeAnswer & { address: LedgerAddress }> {
  return { address, ...(await ledgerOf<Ledger>(env.KEY_LEDGER, address).nudge()) };
}

/** Nudges a slice of the ledgers, and waits until D1 has confirmed what they sent, or eight seconds. */
export async function settleNow(env: Cloudflare.Env, cursor: string | null = null): Promise<SweepResult> {
  const page = await listLedgers(openDatabase(env.DB), { cursor, limit: NUDGED_AT_ONCE });
  const nudged = await inParallel(page.data, (address) => nudge(env, address));
  const before = nudged.reduce((sum, answer) => sum + answer.unacknowledged, 0);
  // A minute of refusals ends by itself: it is not waited for.
  const underWay = nudged.reduce((sum, answer) => sum + answer.openLeases + answer.counting, 0);
  const waiting = nudged.filter((answer) => answer.unacknowledged > 0);
  const until = Date.now() + LONGEST_WAIT_MS;
  const left = await inParallel(waiting, ({ address }) => ledgerOf<Ledger>(env.KEY_LEDGER, address).confirmed(until));
  const after = left.reduce((sum, count) => sum + count, 0);
  return { flushed: Math.max(0, before - after), pending: after + underWay, nextCursor: page.nextCursor };
}

async function pruneOldLogs(env: Cloudflare.Env, now: number): Promise<void> {
  const before = requestIdFloor(now - readConfig(env).logRetentionDays * DAY_MS);
  for (let batch = 0; batch < PRUNE_BATCHES; batch += 1) {
    if ((await pruneLogs(env.DB, before, PRUNE_BATCH)) < PRUNE_BATCH) return;
  }
}

// A minute's share of ledgers to wake: each has an alarm of its own, and this is for alarms that were lost. They send
// nothing sooner than an alarm would: while D1 fails, the same rows each minute would fill the queue.
async function wakeShare(env: Cloudflare.Env): Promise<void> {
  const database = openDatabase(env.DB);
  const cursor = await readKept(database, 'wakeCursor');
  const page = await listLedgers(database, { cursor, limit: WOKEN_AT_ONCE });
  // One that cannot be reached is woken again in its turn, and holds up no other.
  await inParallel(page.data, async (address) => {
    await ledgerOf<Ledger>(env.KEY_LEDGER, address).wake().catch(report('wake'));
  });
  const next = page.nextCursor ?? '';
  if (next !== (cursor ?? '')) await keep(database, 'wakeCursor', next);
}

function report(job: string) {
  return (cause: unknown): void => logFault('sweep_failed', cause, { job });
}

/**
 * The cron's work, each minute: a share of the ledgers, old log rows, sums of days that are over, and each hour a
 * comparison that repairs, slice by slice.
 * What fails is done again the next time, and keeps nothing else from being done. `now` is ms since 1970.
 */
export async function sweep(env: Cloudflare.Env, now: number): Promise<void> {
  const database = openDatabase(env.DB);
  const { budgetUtcOffset } = readConfig(env);
  await wakeShare(env).catch(report('wake'));
  await pruneOldLogs(env, now).catch(report('prune'));
  await keep(database, 'utcOffset', budgetUtcOffset).catch(report('keep'));
  await keepTotals(database, windowsAt(now, budgetUtcOffset).day).catch(report('totals'));
  const isDue = Math.floor(now / 60_000) % 60 === 0;
  await compareNext(env, database, { now, isDue }).catch(report('repair'));
}
