import type { LogMessage } from '../../../src/ledger/delivery/message.ts';
import type { KeyLedger } from '../../../src/ledger/key-ledger.ts';
import type { StoredCatalog } from '../../../src/store/catalog.ts';
import type { ApiKey } from '../../../src/store/schema.ts';

/* What stands behind KV, the queues and D1. A warm key and a begun request touch none of them on their way. */

interface Env {
  /** Keys by the SHA-256 of their secret. */
  KEYS: Record<string, ApiKey>;
  KEY_LEDGER: DurableObjectNamespace<KeyLedger>;
}

/**
 * What is in the catalogue beside what is built in: a route of three targets, and a context for the ten megabytes of
 * `npm run test:bounds`, which no model takes.
 */
const CATALOG: StoredCatalog = {
  revision: 'bench',
  providers: [],
  models: [
    {
      ...{ provider: 'deepseek', id: 'deepseek-flash', context_length: 100_000_000 },
      ...{ kind: null, max_output: null, inputs: null, tools: null, thinking: null },
      ...{ wants_reasoning: null, note: null, status: null },
    },
  ],
  prices: [],
  routes: [
    {
      name: 'team',
      targets: JSON.stringify(['moonshot/kimi-k2.6', 'deepseek/deepseek-flash', 'zai/glm-5.3-flash']),
      spread: 0,
      note: null,
      status: 'active',
    },
  ],
};

/** KV: knows the bench's keys and its catalogue, and has always just read them. */
export const keyCache = {
  fetch(request: Request, env: Env) {
    const name = decodeURIComponent(new URL(request.url).pathname.slice(1));
    const key = env.KEYS[name.replace(/^key:/, '')];
    if (request.method !== 'GET') return new Response(null);
    if (name === 'catalog') return Response.json({ rows: CATALOG, readAt: Date.now() });
    return key === undefined ? new Response(null, { status: 404 }) : Response.json({ key, readAt: Date.now() });
  },
} satisfies ExportedHandler<Env>;

/** The queue and its consumer in one: what comes in counts as written, so that the ledger's outbox stays short. */
export const logQueue = {
  async fetch(request: Request, env: Env) {
    const message = (await request.json()) as LogMessage; // the ledger and the router send nothing else
    if (message.kind === 'rows') {
      for (const [keyId, rows] of Map.groupBy(message.rows, (row) => row.keyId)) {
        await env.KEY_LEDGER.getByName(keyId).acknowledge(rows.map(({ requestId, kind }) => ({ requestId, kind })));
      }
    }
    return Response.json({ metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } });
  },
} satisfies ExportedHandler<Env>;

interface Statement {
  sql: string;
}

/** What a shared budget asks before its first grant; the key itself is read from other tables. */
const OF_BUDGETS = /^insert into "shared_budgets"|^select .* from "(shared_budgets|usage_daily|usage_monthly)"/;
const NO_ROWS = { success: true, results: { columns: [], rows: [] }, meta: {} };

/**
 * D1: no warm key asks it, and a shared budget once, what was spent before it: nothing. Anything else it does not answer:
 * keys and catalogue are KV's.
 */
export default {
  async fetch(request: Request) {
    const asked = (await request.json()) as Statement | Statement[]; // the runtime's own binding sends nothing else
    const statements = [asked].flat();
    if (!statements.every(({ sql }) => OF_BUDGETS.test(sql))) {
      return new Response('The bench has no database.', { status: 503 });
    }
    return Response.json(Array.isArray(asked) ? statements.map(() => NO_ROWS) : NO_ROWS);
  },
} satisfies ExportedHandler<Env>;
