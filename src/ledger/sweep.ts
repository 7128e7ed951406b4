import { readConfig } from '../config.ts';
import { ledgerOf } from '../keys/ledger-of.ts';
import { logFault } from '../log-line.ts';
import { requestIdFloor } from '../protocol/request-id.ts';
import { openDatabase } from '../store/database.ts';
import { keepUtcOffset } from '../store/deployment.ts';
import { type LedgerAddress, listLedgers } from '../store/ledgers.ts';
import { pruneLogs } from '../store/logs.ts';
import { repairLedgers } from './check.ts';
import { inParallel } from './in-parallel.ts';
import type { KeyLedger, NudgeAnswer } from './key-ledger.ts';
import { keepLight, readLight } from './light.ts';

/** What a sweep came to: rows that D1 has confirmed, and what is still under way (unconfirmed rows, open leases). */
export interface SweepResult {
  flushed: number;
  pending: number;
}

const DAY_MS = 86_400_000;
// Log rows go in batches that D1 does in a moment.
const PRUNE_BATCH = 500;
const PRUNE_BATCHES = 20;
// How long `POST /worker/settle` waits for D1 to confirm. The queue gathers for up to a second before.
const LONGEST_WAIT_MS = 8_000;
const LOOK_EVERY_MS = 150;

type Ledger = DurableObjectStub<KeyLedger>;

async function nudge(env: Cloudflare.Env, address: LedgerAddress): Promise<NudgeAnswer & { address: LedgerAddress }> {
  return { address, ...(await ledgerOf<Ledger>(env.KEY_LEDGER, address).nudge()) };
}

async function unconfirmed(
  env: Cloudflare.Env,
  addresses: readonly LedgerAddress[],
): Promise<Map<LedgerAddress, number>> {
  const counts = await inParallel(addresses, async (address) => {
    const { outbox, counting } = await ledgerOf<Ledger>(env.KEY_LEDGER, address).sums();
    return [address, outbox - counting] as const;
  });
  return new Map(counts.filter(([, count]) => count > 0));
}

/** Nudges every ledger, and waits until D1 has confirmed what they sent, or eight seconds. */
export async function settleNow(env: Cloudflare.Env): Promise<SweepResult> {
  const addresses = await listLedgers(openDatabase(env.DB));
  const nudged = await inParallel(addresses, (address) => nudge(env, address));
  const before = nudged.reduce((sum, answer) => sum + answer.unacknowledged, 0);
  // A minute of refusals ends by itself: it is not waited for.
  const underWay = nudged.reduce((sum, answer) => sum + answer.openLeases + answer.counting, 0);
  let waiting = new Map(
    nudged.filter((answer) => answer.unacknowledged > 0).map((answer) => [answer.address, answer.unacknowledged]),
  );
  const deadline = Date.now() + LONGEST_WAIT_MS;
  while (waiting.size > 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    waiting = await unconfirmed(env, [...waiting.keys()]);
  }
  const after = [...waiting.values()].reduce((sum, count) => sum + count, 0);
  return { flushed: Math.max(0, before - after), pending: after + underWay };
}

async function pruneOldLogs(env: Cloudflare.Env, now: number): Promise<void> {
  const before = requestIdFloor(now - readConfig(env).logRetentionDays * DAY_MS);
  for (let batch = 0; batch < PRUNE_BATCHES; batch += 1) {
    if ((await pruneLogs(env.DB, before, PRUNE_BATCH)) < PRUNE_BATCH) return;
  }
}

// A minute's share of ledgers to wake: each has an alarm of its own, and this is for alarms that were lost. They send
// nothing sooner than an alarm would: while D1 fails, the same rows each minute would fill the queue.
const SLICE = 200;

async function wakeShare(env: Cloudflare.Env, minute: number): Promise<void> {
  const addresses = await listLedgers(openDatabase(env.DB));
  const slices = Math.max(1, Math.ceil(addresses.length / SLICE));
  const start = (minute % slices) * SLICE;
  // One that cannot be reached is woken again in its turn, and holds up no other.
  await inParallel(addresses.slice(start, start + SLICE), async (address) => {
    await ledgerOf<Ledger>(env.KEY_LEDGER, address).wake().catch(report('wake'));
  });
}

/** Compares the ledgers with D1, repairs what D1 has lost, and keeps what came out for whoever asks how it is. */
async function compare(env: Cloudflare.Env, now: number): Promise<void> {
  const { check } = await repairLedgers(env);
  await keepLight(env.KEY_CACHE, check, now);
}

/** A router that was just deployed is compared at once. */
async function hasLight(env: Cloudflare.Env): Promise<boolean> {
  return await readLight(env.KEY_CACHE).then(
    (light) => light !== null,
    // KV fails: the hour's turn comes anyway.
    () => true,
  );
}

function report(job: string) {
  return (cause: unknown): void => logFault('sweep_failed', cause, { job });
}

/**
 * The cron's work, each minute: a share of the ledgers, old log rows, and each hour a comparison that repairs.
 * What fails is done again the next time, and keeps nothing else from being done. `now` is ms since 1970.
 */
export async function sweep(env: Cloudflare.Env, now: number): Promise<void> {
  const minute = Math.floor(now / 60_000);
  await wakeShare(env, minute).catch(report('wake'));
  await pruneOldLogs(env, now).catch(report('prune'));
  await keepUtcOffset(openDatabase(env.DB), readConfig(env).budgetUtcOffset).catch(report('keep'));
  if (minute % 60 === 0 || !(await hasLight(env))) await compare(env, now).catch(report('repair'));
}
