import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of one call. */
export type Fate =
  | 'serves'
  | 'answers 500'
  | 'answers 503'
  | 'answers 429'
  | 'hangs up'
  | 'sends a page'
  | 'redirects'
  | 'says in a 200 that it failed'
  | 'breaks off before a choice'
  /** Takes the request and says nothing, for as long as it is waited for. */
  | 'is silent';

/** Ways to fail that say nothing about the request. */
export const FAILURES: readonly Fate[] = [
  ...(['answers 500', 'answers 503', 'answers 429', 'hangs up', 'sends a page', 'redirects'] as const),
  ...(['says in a 200 that it failed', 'breaks off before a choice'] as const),
];

/** One call, as the provider saw it. */
export interface Call {
  /** Which request it was for. */
  request: string;
  /** The key that it came with. */
  credential: string;
  fate: Fate;
  stream: boolean;
  /** What a route's parameters said. */
  seed: unknown;
  /** Milliseconds since 1970. */
  at: number;
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

export interface FaultyProvider {
  url: string;
  /** All calls, in the order in which they came. */
  calls: readonly Call[];
  /** From now on this says what becomes of a call. */
  decide(fateOf: (credential: string) => Fate): void;
  close(): void;
}

/** A request's name, wherever its door has put it. */
const NAME = /request-(\w+)/;

async function readText(request: IncomingMessage): Promise<string> {
  let text = '';
  request.setEncoding('utf8');
  for await (const piece of request) text += piece;
  return text;
}

const base = { id: 'answer', created: 1, model: 'double' };

function sendStream(response: ServerResponse, { request, usage }: Call): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (delta: object, finish: string | null, more: object = {}) => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    response.write(`data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', choices, ...more })}\n\n`);
  };
  send({ role: 'assistant', content: '' }, null);
  for (const word of ['this', 'is', 'for', `request-${request}`]) send({ content: `${word} ` }, null);
  send({}, 'stop', { usage });
  response.end('data: [DONE]\n\n');
}

function sendWhole(response: ServerResponse, { request, usage }: Call, path: string): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  if (path.endsWith('/embeddings')) {
    const data = [{ object: 'embedding', index: 0, embedding: [0.5, 0.5] }];
    response.end(JSON.stringify({ object: 'list', model: 'double', data, usage }));
    return;
  }
  const message = { role: 'assistant', content: `this is for request-${request}` };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  response.end(JSON.stringify({ ...base, object: 'chat.completion', choices, usage }));
}

const failure = (message: string) => JSON.stringify({ error: { message, type: 'server_error' } });

function fail(response: ServerResponse, { fate, stream }: Call): void {
  switch (fate) {
    case 'answers 500':
    case 'answers 503':
    case 'answers 429':
      response.writeHead(Number(fate.slice(-3)), { 'content-type': 'application/json' });
      response.end(failure('not now'));
      return;
    case 'sends a page':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Maintenance</body></html>');
      return;
    case 'redirects':
      response.writeHead(302, { location: 'https://example.com/' }).end();
      return;
    case 'says in a 200 that it failed':
      response.writeHead(200, { 'content-type': 'application/json' }).end(failure('upstream broke'));
      return;
    case 'breaks off before a choice':
      response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' });
      response.write(stream ? `: here\n\ndata: ${JSON.stringify({ ...base, choices: [] })}\n\n` : '{"id": "answer", ');
      // In its own time, so that what was written has gone out.
      setTimeout(() => response.destroy(), 5);
      return;
    case 'is silent':
      return;
    default:
      response.destroy();
  }
}

/** A provider on a real socket of this machine that fails when it is told to, and remembers every call. */
export async function startFaultyProvider(): Promise<FaultyProvider> {
  const calls: Call[] = [];
  let fateOf: (credential: string) => Fate = () => 'serves';
  const server = createServer(async (request, response) => {
    const text = await readText(request).catch(() => null);
    if (text === null) return;
    const credential = request.headers.authorization?.replace('Bearer ', '') ?? '';
    const prompt = 20 + (calls.length % 50);
    const completion = 3 + (calls.length % 7);
    const call: Call = {
      request: NAME.exec(text)?.[1] ?? '',
      credential,
      fate: fateOf(credential),
      stream: JSON.parse(text).stream === true,
      seed: JSON.parse(text).seed,
      at: Date.now(),
      usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
    };
    calls.push(call);
    if (call.fate !== 'serves') fail(response, call);
    else if (call.stream) sendStream(response, call);
    else sendWhole(response, call, request.url ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    decide(next) {
      fateOf = next;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
