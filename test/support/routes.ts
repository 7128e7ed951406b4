import { env } from 'cloudflare:workers';
import { forgetHealth } from '../../src/offer/health-memory.ts';
import type { JsonObject } from '../../src/protocol/json.ts';
import { chunksOfDeltas } from './ask-door.ts';
import { routerWith } from './impatient-router.ts';
import { makeKey } from './keys.ts';
import { ledgerRow } from './ledger-row.ts';
import { type Granularity, playProvider, type SeenRequest, sse, streamOf } from './provider.ts';

/* Requests that several providers may serve, and providers of which some cannot. */

const HOSTS = { deepseek: 'api.deepseek.com', moonshot: 'api.moonshot.cn', zai: 'open.bigmodel.cn' } as const;
export type Host = keyof typeof HOSTS;

/** A model of each, and what of it costs nano-USD a token at any hour. */
export const FIRST = 'zai/glm-5.3-flash';
export const SECOND = 'moonshot/kimi-k2.6';
export const THIRD = 'deepseek/deepseek-flash';

export type Reply = (request: SeenRequest) => Response | Promise<Response>;

const USAGE = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };

/** An answer that says this text, streamed or whole as it is asked for. */
export function says(text: string, granularity: Granularity = 'event'): Reply {
  return ({ json }) => {
    if (json['stream'] === true) {
      const chunks = chunksOfDeltas([{ role: 'assistant', content: text }]).map((chunk) =>
        'usage' in chunk ? { ...chunk, usage: USAGE } : chunk,
      );
      return streamOf(sse(chunks), { granularity });
    }
    const message = { role: 'assistant', content: text };
    return Response.json({ id: 'a', choices: [{ index: 0, message, finish_reason: 'stop' }], usage: USAGE });
  };
}

/** Each provider's part; one that has none must not be asked. Health begins anew, here and in what isolates share. */
export async function playRoute(parts: Partial<Record<Host, Reply>>) {
  await env.KEY_CACHE.delete('health');
  forgetHealth();
  const asked: Host[] = [];
  const { restore, seen } = playProvider((request) => {
    const { hostname } = new URL(request.url);
    const [host] = Object.entries(HOSTS).find(([, name]) => name === hostname) ?? [];
    if (host !== 'deepseek' && host !== 'moonshot' && host !== 'zai') throw new Error(`nobody plays ${hostname}`);
    asked.push(host);
    const reply = parts[host];
    if (reply === undefined) throw new Error(`${host} must not be asked`);
    return reply(request);
  });
  return { asked, restore, seen };
}

const DOORS = {
  chat: {
    path: '/api/v1/chat/completions',
    body: (models: readonly string[], text: string): JsonObject => ({
      models,
      messages: [{ role: 'user', content: text }],
    }),
    textOf: (json: JsonObject): unknown => Reflect.get(Object(json), 'choices')?.[0]?.message?.content,
    deltas: /"delta":\{[^}]*"content":"([^"]*)"/g,
    end: 'data: [DONE]\n\n',
  },
  messages: {
    path: '/api/v1/messages',
    body: (models: readonly string[], text: string): JsonObject => ({
      models,
      max_tokens: 100,
      messages: [{ role: 'user', content: text }],
    }),
    textOf: (json: JsonObject): unknown => Reflect.get(Object(json), 'content')?.at(-1)?.text,
    deltas: /"type":"text_delta","text":"([^"]*)"/g,
    end: 'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  },
  responses: {
    path: '/api/v1/responses',
    body: (models: readonly string[], text: string): JsonObject => ({ models, input: text }),
    textOf: (json: JsonObject): unknown => Reflect.get(Object(json), 'output')?.at(-1)?.content?.[0]?.text,
    deltas: /"type":"response.output_text.delta"[^\n]*?"delta":"([^"]*)"/g,
    end: 'data: [DONE]\n\n',
  },
} as const;
export type DoorName = keyof typeof DOORS;

export interface Asking {
  door?: DoorName;
  models?: readonly string[];
  stream?: boolean;
  body?: JsonObject;
  headers?: Record<string, string>;
  variables?: Parameters<typeof routerWith>[0];
  key?: Awaited<ReturnType<typeof makeKey>>;
  signal?: AbortSignal;
}

/** One request to a door, its answer to the end, and its row. */
export async function ask(asking: Asking = {}) {
  const { body = {}, door = 'chat', models = [FIRST, SECOND], stream = false, headers = {}, variables = {} } = asking;
  const { key, secret } = asking.key ?? (await makeKey());
  const router = routerWith(variables);
  const { path, textOf, deltas, end } = DOORS[door];
  const response = await router.fetch(`http://router.test${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, ...headers },
    body: JSON.stringify({ ...DOORS[door].body(models, 'Hi there'), ...(stream ? { stream } : {}), ...body }),
    ...(asking.signal === undefined ? {} : { signal: asking.signal }),
  });
  const text = await response.text();
  await router.settled();
  const isStream = response.headers.get('content-type')?.includes('event-stream') === true;
  const row = await ledgerRow(key.id, response);
  if (row === null) throw new Error(`no row: ${response.status} ${text}`);
  return {
    response,
    status: response.status,
    header: (name: string) => response.headers.get(`x-llm-${name}`),
    text,
    said: isStream ? [...text.matchAll(deltas)].map(([, said]) => said).join('') : textOf(JSON.parse(text)),
    isWhole: isStream ? text.endsWith(end) : response.status === 200,
    row,
    state: await env.KEY_LEDGER.getByName(key.id).state(key),
  };
}
