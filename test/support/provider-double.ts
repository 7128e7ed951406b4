import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a request wants of the double: JSON in its last message. */
export interface Order {
  /** Tells requests apart. */
  name: string;
  words: number;
  /** Between two words, in ms. */
  pauseMs: number;
}

/** What the double knows of a request: its side of the bill. Times are ms since 1970. */
export interface Served {
  arrivedAt: number;
  usage: ReturnType<typeof usageOf>;
  /** When the last byte was written; null where it never was. */
  endedAt: number | null;
}

export interface ProviderDouble {
  url: string;
  /** Every request that arrived, by the name of its order. */
  served: ReadonlyMap<string, Served>;
  close(): void;
}

/** DeepSeek's shape. The numbers differ from request to request, so that no bill passes for another's. */
function usageOf(serial: number, { words }: Order) {
  const prompt = 500 + serial;
  const hit = serial % 3 === 0 ? 0 : 64 * (1 + (serial % 7));
  return {
    prompt_tokens: prompt,
    completion_tokens: words,
    total_tokens: prompt + words,
    prompt_tokens_details: { cached_tokens: hit },
    completion_tokens_details: { reasoning_tokens: Math.min(words, serial % 4) },
    prompt_cache_hit_tokens: hit,
    prompt_cache_miss_tokens: prompt - hit,
  };
}

/** Null where the caller was gone before it had said all: such a request costs nothing. */
async function readText(request: IncomingMessage): Promise<string | null> {
  try {
    let text = '';
    request.setEncoding('utf8');
    for await (const piece of request) text += piece;
    return text;
  } catch {
    return null;
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function stream(response: ServerResponse, order: Order, served: Served): Promise<void> {
  const base = { id: `provider-${order.name}`, object: 'chat.completion.chunk', created: 1, model: 'deepseek-double' };
  const send = (delta: object, finish: string | null, usage: object | null) => {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }];
    response.write(`data: ${JSON.stringify({ ...base, choices, usage })}\n\n`);
  };
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  send({ role: 'assistant', content: '' }, null, null);
  for (let word = 0; word < order.words; word += 1) {
    if (order.pauseMs > 0) await pause(order.pauseMs);
    if (response.destroyed) return;
    send({ content: `word${word} ` }, null, null);
  }
  send({ content: '' }, 'stop', served.usage);
  response.end('data: [DONE]\n\n');
  served.endedAt = Date.now();
}

async function whole(response: ServerResponse, order: Order, served: Served): Promise<void> {
  await pause(order.words * order.pauseMs);
  if (response.destroyed) return;
  const message = {
    role: 'assistant',
    content: Array.from({ length: order.words }, (_, word) => `word${word}`).join(' '),
  };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }];
  const base = { id: `provider-${order.name}`, object: 'chat.completion', created: 1, model: 'deepseek-double' };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ ...base, choices, usage: served.usage }));
  served.endedAt = Date.now();
}

/** A provider on a real socket of this machine that speaks DeepSeek's dialect and remembers what each request cost. */
export async function startProviderDouble(): Promise<ProviderDouble> {
  const served = new Map<string, Served>();
  const server = createServer(async (request, response) => {
    const arrivedAt = Date.now();
    const text = await readText(request);
    if (text === null) return;
    const body = JSON.parse(text);
    const order: Order = JSON.parse(body.messages.at(-1).content);
    const entry: Served = { arrivedAt, usage: usageOf(served.size, order), endedAt: null };
    served.set(order.name, entry);
    await (body.stream === true ? stream : whole)(response, order, entry);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, served, close };
}
