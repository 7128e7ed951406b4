import type { LedgerRow } from './calls.ts';

/** What a row counts for the tokens of its minute. A correction downwards gives nothing back: its minute is long over. */
export function countedTokens({ usage }: Pick<LedgerRow, 'usage'>): number {
  return Math.max(0, usage.inputTokens + usage.outputTokens);
}
