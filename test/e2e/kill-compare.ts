import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Served } from '../support/provider-double.ts';
import type { Sent } from './kill-load.ts';

/** A row of D1, as far as it matters here. */
export interface Row {
  request_id: string;
  kind: 'settle' | 'adjust';
  requested_model: string;
  source: string;
  cost_nano_usd: number;
}

/** USD per million tokens of the test's own model: whole nano-dollars a token, so that a bill is a plain sum. */
export const PRICES = { input: 1, cached: 0.1, output: 2 };

function costOf({ usage }: Served): number {
  const { prompt_cache_miss_tokens: miss, prompt_cache_hit_tokens: hit, completion_tokens: output } = usage;
  return miss * 1_000 + hit * 100 + output * 2_000;
}

/** Reads D1's own file, and not through the router. */
export function queryDatabase(folder: string, sql: string): Record<string, unknown>[] {
  const databases = join(folder, '.wrangler/state/v3/d1/miniflare-D1DatabaseObject');
  const name = readdirSync(databases).find((file) => /^[0-9a-f]{64}\.sqlite$/.test(file)) ?? '';
  const database = new DatabaseSync(join(databases, name), { readOnly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

/** All rows. */
export function readRows(folder: string): Row[] {
  const columns = 'request_id, kind, requested_model, source, cost_nano_usd';
  // The columns are those of Row.
  return queryDatabase(folder, `SELECT ${columns} FROM request_logs`) as unknown as Row[];
}

/** The contract lets an answer end unsettled that has waited this long for its settlement, in ms. */
const LONGEST_WAIT_MS = 1_000;
/** A key without limits: a request killed within this time of reaching the provider may leave no row, in ms. */
const UNSEEN_MS = 250;

interface Case {
  sent: Sent;
  served: Served | undefined;
  rows: readonly Row[];
  killedAt: number;
}

/** Whether the answer waited so long for its settlement that it was let go without. */
function wasLetGo({ sent, served }: Case): boolean {
  return served?.endedAt != null && sent.endedAt - served.endedAt > LONGEST_WAIT_MS;
}

function mayBeUnseen({ sent, served, killedAt }: Case): boolean {
  return !sent.key.limited && served !== undefined && killedAt - served.arrivedAt < UNSEEN_MS;
}

/** What is wrong with the books of one request: a sentence, or null. */
function faultOf(one: Case): string | null {
  const { sent, served, rows, killedAt } = one;
  const settled = rows.filter((row) => row.kind === 'settle');
  if (settled.length > 1) return `has ${settled.length} settle rows`;
  if (rows.length - settled.length > 1) return `has ${rows.length - settled.length} adjust rows`;
  const [settle] = settled;
  if (sent.end === 'broken' && sent.endedAt < killedAt) return 'was broken off before the router was killed';
  if (settle === undefined) {
    if (sent.end === 'acknowledged') return 'was acknowledged and has no row';
    return served === undefined || mayBeUnseen(one) ? null : 'reached the provider and has no row';
  }
  if (sent.requestId !== null && settle.request_id !== sent.requestId) return `has the row of ${settle.request_id}`;
  const cost = rows.reduce((sum, row) => sum + row.cost_nano_usd, 0);
  if (served === undefined) {
    return settle.source === 'none' || settle.source === 'lease_expired' ? null : `is billed ${cost} for no answer`;
  }
  const isExact = rows.at(-1)?.source === 'reported' || (sent.end === 'acknowledged' && !wasLetGo(one));
  if (isExact && cost !== costOf(served)) return `is billed ${cost}, and the provider wants ${costOf(served)}`;
  return null;
}

/** A round's result. */
export interface Comparison {
  faults: string[];
  figures: Record<string, number>;
}

/** Compares what clients and provider know of the requests of one round with the rows of D1. */
export function compare(
  sent: readonly Sent[],
  served: ReadonlyMap<string, Served>,
  rows: readonly Row[],
  killedAt: number,
): Comparison {
  const byName = Map.groupBy(rows, (row) => row.requested_model);
  const cases = sent.map((one) => ({
    sent: one,
    served: served.get(one.name),
    rows: (byName.get(one.name) ?? []).toSorted((a, b) => b.kind.localeCompare(a.kind)), // settle, then adjust
    killedAt,
  }));
  const faults = cases.flatMap((one) => {
    const fault = faultOf(one);
    const { name, key, end, requestId } = one.sent;
    const limits = key.limited ? 'with limits' : 'without limits';
    return fault === null ? [] : [`${name} (${end}, ${limits}, ${requestId ?? 'no id'}) ${fault}`];
  });
  const count = (is: (one: Case) => boolean) => cases.filter(is).length;
  const figures = {
    sent: cases.length,
    acknowledged: count((one) => one.sent.end === 'acknowledged'),
    left: count((one) => one.sent.end === 'left'),
    refused: count((one) => one.sent.end === 'refused'),
    killed: count((one) => one.sent.end === 'broken'),
    provider: count((one) => one.served !== undefined),
    reported: count((one) => one.rows[0]?.source === 'reported'),
    expired: count((one) => one.rows[0]?.source === 'lease_expired'),
    adjusted: count((one) => one.rows.length === 2),
    unseen: count((one) => one.rows.length === 0 && mayBeUnseen(one)),
    'let go': count((one) => one.sent.end === 'acknowledged' && wasLetGo(one)),
  };
  return { faults, figures };
}
