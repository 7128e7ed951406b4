/* What clients send through all doors, and what they see of it. */

/** A way to ask: a door, streamed or whole. */
export interface Way {
  name: string;
  path: string;
  stream: boolean;
  model: string;
  body(text: string): object;
  /** Whether this is a whole answer, by what a client of the door looks at. */
  isWhole(text: string): boolean;
  /** Whether this says that there is none, in the door's own form. */
  isError(text: string): boolean;
}

const messages = (text: string) => [{ role: 'user', content: text }];

/** A JSON body's member; undefined for any other text. */
function memberOf(text: string, name: string): unknown {
  try {
    return Reflect.get(JSON.parse(text), name);
  } catch {
    return undefined;
  }
}

const isEnvelope = (text: string) => typeof Reflect.get(Object(memberOf(text, 'error')), 'message') === 'string';
/** The last event of a stream of OpenAI's that failed. */
const endsInError = (text: string) => /data: \{"error":\{"message":"[^\n]*\}\n\n$/.test(text);

const chat = { path: '/v1/chat/completions', model: 'team', body: (text: string) => ({ messages: messages(text) }) };
const anthropic = {
  path: '/v1/messages',
  model: 'team',
  body: (text: string) => ({ max_tokens: 100, messages: messages(text) }),
};
const responses = { path: '/v1/responses', model: 'team', body: (text: string) => ({ input: text }) };

export const WAYS: readonly Way[] = [
  {
    ...chat,
    ...{ name: 'chat, streamed', stream: true },
    isWhole: (text) => text.endsWith('data: [DONE]\n\n') && !text.includes('"error"'),
    isError: (text) => isEnvelope(text) || endsInError(text),
  },
  {
    ...chat,
    ...{ name: 'chat', stream: false },
    isWhole: (text) => Array.isArray(memberOf(text, 'choices')),
    isError: isEnvelope,
  },
  {
    ...anthropic,
    ...{ name: 'messages, streamed', stream: true },
    isWhole: (text) => text.endsWith('data: {"type":"message_stop"}\n\n'),
    isError: (text) => memberOf(text, 'type') === 'error' || /event: error\ndata: [^\n]*\n\n$/.test(text),
  },
  {
    ...anthropic,
    ...{ name: 'messages', stream: false },
    isWhole: (text) => memberOf(text, 'type') === 'message',
    isError: (text) => memberOf(text, 'type') === 'error',
  },
  {
    ...responses,
    ...{ name: 'responses, streamed', stream: true },
    isWhole: (text) => text.includes('event: response.completed\n') && text.endsWith('data: [DONE]\n\n'),
    isError: (text) => isEnvelope(text) || text.includes('event: response.failed\n'),
  },
  {
    ...responses,
    ...{ name: 'responses', stream: false },
    isWhole: (text) => memberOf(text, 'status') === 'completed',
    isError: isEnvelope,
  },
  {
    ...{ name: 'embeddings', path: '/v1/embeddings', stream: false, model: 'team-embed' },
    body: (text) => ({ input: text }),
    isWhole: (text) => Array.isArray(memberOf(text, 'data')),
    isError: isEnvelope,
  },
];

/** What a client knows of a request of its own. */
export interface Sent {
  name: string;
  way: Way;
  session: string | null;
  requestId: string;
  status: number;
  text: string;
  /** Who served, as the answer's header says. */
  provider: string | null;
  /** Milliseconds since 1970. */
  startedAt: number;
  endedAt: number;
}

export interface Asking {
  port: number;
  secret: string;
  name: string;
  way: Way;
  session: string | null;
}

/** Sends one request and reads its answer to the end. Rejects where the router does not answer. */
export async function send({ name, port, secret, session, way }: Asking): Promise<Sent> {
  const startedAt = Date.now();
  const response = await fetch(`http://127.0.0.1:${port}${way.path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${secret}`,
      connection: 'close',
      ...(session === null ? {} : { 'x-session-id': session }),
    },
    body: JSON.stringify({
      model: way.model,
      ...way.body(`This is request-${name}`),
      ...(way.stream ? { stream: true } : {}),
    }),
  });
  const text = await response.text();
  return {
    ...{ name, way, session, status: response.status, text, startedAt, endedAt: Date.now() },
    requestId: response.headers.get('x-request-id') ?? '',
    provider: response.headers.get('x-llm-provider'),
  };
}

/** Whether a request was served: what came is a whole answer, and the one to this request. */
export function wasServed({ name, status, text, way }: Sent): boolean {
  const isOurs = way.model === 'team-embed' || text.includes(`request-${name}`);
  return status === 200 && way.isWhole(text) && isOurs;
}

/** Runs jobs, so many at a time, and answers when all have ended. */
export async function inParallel(width: number, jobs: readonly (() => Promise<void>)[]): Promise<void> {
  const left = jobs.values();
  const worker = async () => {
    for (const job of left) await job();
  };
  await Promise.all(Array.from({ length: width }, worker));
}
