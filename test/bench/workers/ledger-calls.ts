import type { LeaseRequest, Settlement } from '../../../src/ledger/calls.ts';
import type { KeyLedger } from '../../../src/ledger/key-ledger.ts';
import type { ConversationMemory } from '../../../src/memory/conversation-memory.ts';
import type { TurnKey } from '../../../src/pipelines/pipeline.ts';
import { requestId } from '../../../src/protocol/request-id.ts';
import type { ApiKey } from '../../../src/store/schema.ts';

export { KeyLedger } from '../../../src/ledger/key-ledger.ts';
export { ConversationMemory } from '../../../src/memory/conversation-memory.ts';

/*
 * The least that a router costs which keeps the ledger's promises: the same calls of the same Durable Objects,
 * with arguments that are the same each time, and a body that is passed on unread.
 */

interface Env {
  PROVIDER: string;
  KEY: ApiKey;
  KEY_HASH: string;
  KEY_LEDGER: DurableObjectNamespace<KeyLedger>;
  CONVERSATION_MEMORY: DurableObjectNamespace<ConversationMemory>;
}

const FACTS = {
  endpoint: 'chat',
  provider: 'deepseek',
  model: 'deepseek-flash',
  requestedModel: 'deepseek/deepseek-flash',
  session: null,
  tags: null,
  stream: false,
  startedAt: 0,
  colo: null,
  priceRevision: 'deepseek-2026-11-15',
};

const LEASE: Omit<LeaseRequest, 'keyHash' | 'requestId'> = {
  ...FACTS,
  holdNanoUsd: 2_500_000,
  inputEstimate: 200,
  inputCostNanoUsd: 30_000,
  priced: true,
};

const SETTLEMENT: Omit<Settlement, 'requestId'> = {
  ...FACTS,
  status: 200,
  end: 'completed',
  source: 'reported',
  usage: { inputTokens: 1_200, cachedTokens: 1_024, cacheWriteTokens: 0, outputTokens: 400, reasoningTokens: 200 },
  costNanoUsd: 269_472,
  attempts: [{ provider: 'deepseek', model: 'deepseek-flash', credential: null, status: 200, code: null, ms: 1 }],
  notice: null,
  finishReason: 'stop',
  vendorFinishReason: 'stop',
  errorCode: null,
  repeated: null,
  firstTokenMs: null,
  durationMs: 1,
};

const MODEL = 'deepseek/deepseek-flash';
const HASH = '0123456789abcdef0123456789abcdef';
const REASONING = 'The function reads each line of the file and checks it. '.repeat(8);

/** Turns that nobody has remembered, each with hashes of its own, as in the bench's large body. */
function unknownTurns(count: number): TurnKey[] {
  return Array.from({ length: count }, (_, turn) => ({ calls: `${turn}-calls-${HASH}`, turn: `${turn}-turn-${HASH}` }));
}

interface Calls {
  /** Earlier turns whose reasoning the router would look up; null where it remembers nothing. */
  pastTurns: number | null;
}

async function answer(request: Request, env: Env, { pastTurns }: Calls): Promise<Response> {
  const id = requestId(Date.now());
  const startedAt = Date.now();
  const ledger = env.KEY_LEDGER.getByName(env.KEY.id);
  const memory = env.CONVERSATION_MEMORY.getByName(env.KEY.id);
  const began = ledger.begin(env.KEY, { ...LEASE, requestId: id, startedAt, keyHash: env.KEY_HASH });
  if (pastTurns) await memory.recall(MODEL, unknownTurns(pastTurns));
  const reply = await fetch(`${env.PROVIDER}/chat/completions`, {
    method: 'POST',
    headers: request.headers,
    body: request.body,
  });
  await began;
  const turn = { id, model: MODEL, key: { calls: null, turn: HASH }, reasoning: REASONING };
  const remembered = pastTurns === null ? null : memory.remember(turn);
  await ledger.settle(env.KEY, { ...SETTLEMENT, requestId: id, startedAt });
  await remembered;
  return reply;
}

export default {
  fetch(request, env) {
    const asked = request.headers.get('x-bench-past-turns');
    return answer(request, env, { pastTurns: asked === null ? null : Number(asked) });
  },
} satisfies ExportedHandler<Env>;
