import type { Settlement } from '../ledger/calls.ts';
import { settleRequest } from '../ledger/client.ts';
import { atMost } from './at-most.ts';
import type { Exchange } from './exchange.ts';
import { logStage } from './incoming.ts';
import { type Outcome, settlementOf } from './outcome.ts';

// An answer that ends well has been settled before it ends. When the ledger is slow, the answer does not wait for it.
export const LONGEST_WAIT_MS = 1_000;

/** Settles once for the exchange, and answers with what was settled; resolves when that is done, or after a second. The settling itself goes on. */
export async function settleFirst(exchange: Exchange, outcome: Outcome): Promise<Settlement> {
  const settlement = settlementOf(exchange, outcome, Date.now());
  const { incoming } = exchange;
  const settling = settleRequest(incoming.env, incoming.key, settlement);
  incoming.runAfter('settle', settling);
  logStage(incoming, 'settle', {
    end: settlement.end,
    source: settlement.source,
    cost_nano_usd: settlement.costNanoUsd,
  });
  await atMost(LONGEST_WAIT_MS, settling);
  return settlement;
}
