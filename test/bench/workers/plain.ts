/* The baselines, and the stubs behind the bindings. Each export is an entry point of its own. */

interface Env {
  PROVIDER: string;
}

function forward(request: Request, env: Env): Promise<Response> {
  return fetch(`${env.PROVIDER}/chat/completions`, { method: 'POST', headers: request.headers, body: request.body });
}

/** The least that any router on this runtime costs: the body is pumped by the runtime itself. */
export default {
  fetch: (request: Request, env: Env) => forward(request, env),
} satisfies ExportedHandler<Env>;

async function pump(body: ReadableStream<Uint8Array>, writable: WritableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader({ mode: 'byob' });
  const writer = writable.getWriter();
  let buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const { done, value } = await reader.read(buffer);
    if (done) break;
    await writer.write(value);
    buffer = new Uint8Array(value.buffer);
  }
  await writer.close();
}

/** The least that a router costs which reads a body and writes it anew. */
export const parseAndPrint = {
  async fetch(request: Request, env: Env) {
    const body = JSON.stringify(JSON.parse(await request.text()));
    return fetch(`${env.PROVIDER}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: request.headers.get('authorization') ?? '' },
      body,
    });
  },
} satisfies ExportedHandler<Env>;

/** The least that a router costs which sees the bytes and outlives its client. */
export const readerLoop = {
  async fetch(request: Request, env: Env, context: ExecutionContext) {
    const { body, headers } = await forward(request, env);
    if (body === null) return new Response(null, { status: 502 });
    const { readable, writable } = new IdentityTransformStream();
    context.waitUntil(pump(body, writable));
    return new Response(readable, { headers });
  },
} satisfies ExportedHandler<Env>;
