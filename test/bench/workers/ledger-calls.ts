import type { LeaseRequest, Settlement } from '../../../src/ledger/calls.ts';
import type { KeyLedger } from '../../../src/ledger/key-ledger.ts';
import type { ConversationMemory } from '../../../src/memory/conversation-memory.ts';
import type { TurnKey } from '../../../src/pipelines/pipeline.ts';
import { requestId } from '../../../src/protocol/request-id.ts';
import type { ApiKey } from '../../../src/store/schema.ts';

export { KeyLedger } from '../../../src/ledger/key-ledger.ts';
export { SharedBudget } from '../../../src/ledger/shared/shared-budget.ts';
export { ConversationMemory } from '../../../src/memory/conversation-memory.ts';

/*
 * The least that a router costs which keeps the ledger's promises: the same calls of the same Durable Objects, with
 * arguments that are the same each time, and a body that is passed on unread, or parsed and printed.
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

/** What goes to the provider. */
type Forwarded = Pick<RequestInit, 'headers' | 'body'>;

function unread({ body, headers }: Request): Forwarded {
  return { headers, body };
}

async function readAndPrinted(request: Request): Promise<Forwarded> {
  const authorization = request.headers.get('authorization') ?? '';
  return {
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify(JSON.parse(await request.text())),
  };
}

type Forward = (request: Request) => Forwarded | Promise<Forwarded>;

async function answer(request: Request, env: Env, { pastTurns }: Calls, forward: Forward): Promise<Response> {
  const id = requestId(Date.now());
  const startedAt = Date.now();
  const ledger = env.KEY_LEDGER.getByName(env.KEY.id);
  const memory = env.CONVERSATION_MEMORY.getByName(env.KEY.id);
  const began = ledger.begin(env.KEY, { ...LEASE, requestId: id, startedAt, keyHash: env.KEY_HASH });
  const forwarded = await forward(request);
  if (pastTurns) await memory.recall(MODEL, unknownTurns(pastTurns));
  const reply = await fetch(`${env.PROVIDER}/chat/completions`, { method: 'POST', ...forwarded });
  await began;
  const turn = { id, model: MODEL, key: { calls: null, turn: HASH }, reasoning: REASONING };
  const remembered = pastTurns === null ? null : memory.remember(turn);
  await ledger.settle(env.KEY, { ...SETTLEMENT, requestId: id, startedAt });
  await remembered;
  return reply;
}

function callsOf(request: Request): Calls {
  const asked = request.headers.get('x-bench-past-turns');
  return { pastTurns: asked === null ? null : Number(asked) };
}

export default {
  fetch: (request: Request, env: Env) => answer(request, env, callsOf(request), unread),
} satisfies ExportedHandler<Env>;

/** The same calls, and a body that is read and written anew. */
export const parseAndPrint = {
  fetch: (request: Request, env: Env) => answer(request, env, callsOf(request), readAndPrinted),
} satisfies ExportedHandler<Env>;

/** A stream whose first byte waits for the ledger's word. */
export const beginFirst = {
  async fetch(request: Request, env: Env, context: ExecutionContext) {
    const id = requestId(Date.now());
    const startedAt = Date.now();
    const ledger = env.KEY_LEDGER.getByName(env.KEY.id);
    const began = ledger.begin(env.KEY, { ...LEASE, requestId: id, startedAt, keyHash: env.KEY_HASH });
    const reply = await fetch(`${env.PROVIDER}/chat/completions`, { method: 'POST', ...unread(request) });
    await began;
    context.waitUntil(ledger.settle(env.KEY, { ...SETTLEMENT, requestId: id, startedAt }).then(() => undefined));
    return reply;
  },
} satisfies ExportedHandler<Env>;
