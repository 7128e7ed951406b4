import * as z from 'zod/mini';
import { agrees, type LedgerCheck, type LedgerCheckRow } from './check.ts';

/** What a check came to. `lag`: sums differ, and rows that explain it are on their way. */
export type LedgerLight = 'ok' | 'lag' | 'bad';

/** What checked keys come to together. */
export function lightOf(rows: readonly LedgerCheckRow[]): LedgerLight {
  const differing = rows.filter((row) => !agrees(row));
  if (differing.length === 0) return 'ok';
  return differing.every((row) => row.outbox > 0) ? 'lag' : 'bad';
}

/*
 * A check asks every key's ledger, so what it came to is kept in KV: whoever only wants to see that all is well
 * asks nobody.
 */
const NAME = 'ledger-light';

const keptSchema = z.object({ light: z.enum(['ok', 'lag', 'bad']), at: z.number() });

/** What the last check came to, and when, ms since 1970. */
export type KeptLight = z.infer<typeof keptSchema>;

/** Keeps what a check came to. `now` is ms since 1970. */
export async function keepLight(cache: KVNamespace, check: LedgerCheck, now: number): Promise<void> {
  const kept: KeptLight = { light: lightOf(check.data), at: now };
  await cache.put(NAME, JSON.stringify(kept));
}

/** What the last check came to; null where there was none yet. */
export async function readLight(cache: KVNamespace): Promise<KeptLight | null> {
  const { success, data } = keptSchema.safeParse(await cache.get(NAME, 'json'));
  return success ? data : null;
}
