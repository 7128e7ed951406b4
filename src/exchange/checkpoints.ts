import { checkpointRequest } from '../ledger/client.ts';
import { estimateByteTokens } from '../protocol/estimate.ts';
import { NO_USAGE } from '../protocol/usage.ts';
import { costOf, type Exchange } from './exchange.ts';
import { brokenOffCost } from './outcome.ts';
import type { ProviderLine } from './provider-line.ts';

const LONGEST_INTERVAL_MS = 30_000;

/**
 * Tells the ledger now and then how far a long request is: its lease lives on, a crash loses little,
 * and a revocation ends the request. `bytes` is what the provider has sent so far.
 */
export function addCheckpoints(exchange: Exchange, line: ProviderLine, bytes: () => number): void {
  const { attempts, incoming, inputEstimate } = exchange;
  const { env, key, requestId } = incoming;
  const interval = Math.min(LONGEST_INTERVAL_MS, incoming.config.leaseTtlMs / 3);
  let next = Date.now() + interval;

  async function checkpoint(): Promise<void> {
    const usage = {
      ...NO_USAGE,
      inputTokens: inputEstimate,
      outputTokens: estimateByteTokens(bytes()),
    };
    const costNanoUsd = costOf(exchange.leg.price, usage) + brokenOffCost(attempts);
    const progress = { requestId, usage, costNanoUsd };
    const answer = await checkpointRequest(env, key, progress);
    if (answer.kind === 'stop') line.stop({ kind: 'revoked' });
  }

  line.timers.add({
    due: () => next,
    ring() {
      next = Date.now() + interval;
      incoming.runAfter('checkpoint', checkpoint());
    },
  });
}
