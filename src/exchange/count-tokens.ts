import type { Dialect } from '../dialects/dialect.ts';
import { setBounded } from '../keys/key-memory.ts';
import { RouterError } from '../protocol/errors.ts';
import { estimateInputTokens } from '../protocol/estimate.ts';
import { countInputWords } from '../providers/test-answer.ts';
import { readAsk } from './ask.ts';
import { refuseKnown } from './ask-ledger.ts';
import { findServer } from './find-server.ts';
import type { Incoming } from './incoming.ts';
import { orRefused, refuse } from './refused.ts';

const MINUTE_MS = 60_000;
const MOST_A_MINUTE = 60;

// One isolate's counts by key: counting costs a provider nothing, and must not cost others their turn.
const counts = new Map<string, { minute: number; count: number }>();

function countCall({ key, startedAt }: Incoming): void {
  const minute = Math.floor(startedAt / MINUTE_MS);
  const known = counts.get(key.id);
  const count = known?.minute === minute ? known.count + 1 : 1;
  setBounded(counts, key.id, { minute, count });
  if (count <= MOST_A_MINUTE) return;
  const wait = Math.max(1, Math.ceil(((minute + 1) * MINUTE_MS - startedAt) / 1000));
  throw new RouterError(
    'rate_limit_exceeded',
    `This key may count tokens ${MOST_A_MINUTE} times a minute. Try again in ${wait} s.`,
    { retryAfter: wait },
  );
}

/**
 * Tokens of a request's input, our estimate, never under what the test provider would count. No provider is called, and
 * no limit of the key is touched; a refusal leaves a row as everywhere. Rejects with RouterError.
 */
export async function countTokens(incoming: Incoming, dialect: Dialect): Promise<number> {
  const nothing = { endpoint: dialect.endpoint, ask: null, target: null, price: null };
  const read = await orRefused(nothing, () => {
    refuseKnown(incoming);
    countCall(incoming);
    return readAsk(incoming, dialect);
  });
  if (read.kind === 'refused') return refuse(incoming, read);
  const ask = read.value;
  const found = await orRefused({ ...nothing, ask }, () => findServer(incoming, ask));
  if (found.kind === 'refused') return refuse(incoming, found);
  return Math.max(estimateInputTokens(ask.request, ask.document), countInputWords(ask.request));
}
