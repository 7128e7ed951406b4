import { setTimeout as sleep } from 'node:timers/promises';
import { callInternal } from '../e2e/kill-router.ts';
import type { Charge } from './double.ts';

const SETTLED_WITHIN_MS = 40_000;

interface Row extends Record<string, unknown> {
  request_id: string;
}

function tokensOf(row: Row): string {
  return [row['input_tokens'], row['cached_tokens'], row['output_tokens'], row['reasoning_tokens']].join(' ');
}

/** The key's rows once nothing of it is under way. Throws where that takes too long. */
async function readRows(port: number, keyId: string): Promise<Row[]> {
  const deadline = Date.now() + SETTLED_WITHIN_MS;
  for (;;) {
    const { pending } = await callInternal(port, 'POST', '/worker/settle');
    if (pending === 0) break;
    if (Date.now() > deadline) throw new Error(`${pending} leases and rows are still under way.`);
    await sleep(200);
  }
  const { data } = await callInternal(port, 'GET', `/internal/logs?key=${keyId}&limit=100`);
  return data;
}

/** Each request has one row, exactly as the provider has billed it, and no other is there. */
export async function checkBooks(
  port: number,
  keyId: string,
  endpoint: string,
  charges: readonly Charge[],
): Promise<string[]> {
  const rows = await readRows(port, keyId);
  const faults = rows
    .filter((row) => row['status'] !== 200 || row['endpoint'] !== endpoint || row['source'] !== 'reported')
    .map((row) => `A row says ${row['endpoint']}, ${row['status']}, ${row['source']}, ${row['error_code']}.`);
  const billed = rows.map(tokensOf).toSorted();
  const charged = charges.map(({ input, cached, output, reasoning }) => [input, cached, output, reasoning].join(' '));
  if (billed.join() !== charged.toSorted().join()) {
    faults.push(`The rows say ${billed.join(', ')}; the provider said ${charged.toSorted().join(', ')}.`);
  }
  const { ok, data } = await callInternal(port, 'GET', '/internal/ledger/check');
  return ok ? faults : [...faults, `The sums differ: ${JSON.stringify(data)}`];
}
