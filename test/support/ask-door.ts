import type { JsonObject } from '../../src/protocol/json.ts';
import { type Event, readEvents } from './printed-answer.ts';
import { type Granularity, playProvider, sse, streamOf } from './provider.ts';
import { getDirectly } from './router.ts';

/* One request through a door, with a provider that says what a test wants. */

/** What the provider says: the deltas of a stream, or an answer of its own. */
export type Saying = readonly JsonObject[] | (() => Response);

export interface Answered {
  status: number;
  headers: Headers;
  text: string;
  /** The body of a whole answer; empty for a stream. */
  json: JsonObject;
  /** The events of a stream. */
  events: Event[];
  /** What the provider got; empty where it was not called. */
  sent: JsonObject;
}

const USAGE = {
  prompt_tokens: 100,
  completion_tokens: 20,
  total_tokens: 120,
  prompt_tokens_details: { cached_tokens: 64 },
  completion_tokens_details: { reasoning_tokens: 7 },
};

/** A provider's stream: its deltas, the reason it ends for, and usage behind that. */
export function chunksOfDeltas(deltas: readonly JsonObject[], finish = 'stop'): JsonObject[] {
  const base = { id: 'answer', object: 'chat.completion.chunk', created: 1_790_000_000, model: 'provider-model' };
  return [
    ...deltas.map((delta) => ({ ...base, choices: [{ index: 0, delta, finish_reason: null }] })),
    { ...base, choices: [{ index: 0, delta: {}, finish_reason: finish }] },
    { ...base, choices: [], usage: USAGE },
  ];
}

/** A whole answer of a provider. */
function completionOf(message: JsonObject, finish = 'stop'): JsonObject {
  const choices = [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }];
  return {
    id: 'answer',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: 'provider-model',
    choices,
    usage: USAGE,
  };
}

/** A delta with a call, or a piece of one. */
export function callDelta(index: number, text: string, head: { id?: string; name?: string } = {}): JsonObject {
  const { id, name } = head;
  const called = { ...(name === undefined ? {} : { name }), arguments: text };
  return { tool_calls: [{ index, ...(id === undefined ? {} : { id, type: 'function' }), function: called }] };
}

/** Asks a door of the router. */
export async function askDoor(
  path: string,
  secret: string,
  body: JsonObject | string,
  saying: Saying = [{ role: 'assistant', content: 'ok' }],
  { finish = 'stop', granularity = 'event' as Granularity, headers = {} as Record<string, string> } = {},
): Promise<Answered> {
  const { restore, seen } = playProvider(({ json }) => {
    if (typeof saying === 'function') return saying();
    if (json['stream'] === true) return streamOf(sse(chunksOfDeltas(saying, finish)), { granularity });
    return Response.json(completionOf(saying[0] ?? {}, finish));
  });
  const response = await getDirectly(path, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  restore();
  const isStream = response.headers.get('content-type')?.includes('event-stream') === true;
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isStream ? {} : JSON.parse(text),
    events: isStream ? readEvents(text) : [],
    sent: seen[0]?.json ?? {},
  };
}
