import { env } from 'cloudflare:workers';
import type OpenAI from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeSecret } from '../../src/keys/secret.ts';
import { makeKey, mistyped } from '../support/keys.ts';
import { playProvider, sse, streamOf } from '../support/provider.ts';
import { get, internal, openaiClient } from '../support/router.ts';

let secret = '';
let client: OpenAI;
let provider: ReturnType<typeof playProvider> | null = null;

beforeAll(async () => {
  ({ secret } = await makeKey());
  client = openaiClient(secret);
});

function post(body: unknown, init: RequestInit = {}): Promise<Response> {
  return get('/api/v1/chat/completions', {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', ...init.headers },
  });
}

const hello = { model: 'test/echo', messages: [{ role: 'user' as const, content: 'Hello  brave\nnew 世界 🙂' }] };

function completion(content: string): Response {
  return Response.json({
    id: 'v-1',
    object: 'chat.completion',
    created: 1764656316,
    model: 'provider-model',
    choices: [{ index: 0, message: { role: 'assistant', content }, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: 13, completion_tokens: 3, total_tokens: 16, prompt_cache_hit_tokens: 5 },
    vendor_extra: { kept: [1.5, null] },
  });
}

describe('the test provider answers out of the Worker', () => {
  it('echoes a message exactly, whole and streamed', async () => {
    const whole = await client.chat.completions.create(hello);
    expect(whole.choices[0]?.message.content).toBe(hello.messages[0]?.content);
    const stream = await client.chat.completions.create({
      ...hello,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let usages = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (chunk.usage) usages += 1;
    }
    expect(text).toBe(hello.messages[0]?.content);
    expect(usages).toBe(1);
  });

  it('reasons, calls tools and passes the stream helper of the official client', async () => {
    const reason = await client.chat.completions.create({ ...hello, model: 'test/reason' });
    expect(reason.choices[0]?.message).toHaveProperty('reasoning_content');
    const tools = [
      { type: 'function' as const, function: { name: 'look', parameters: { type: 'object', properties: {} } } },
    ];
    const final = await client.chat.completions.stream({ ...hello, model: 'test/tool', tools }).finalChatCompletion();
    expect(final.choices[0]?.finish_reason).toBe('tool_calls');
    expect(final.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      type: 'function',
      function: { name: 'look', arguments: '{}' },
    });
  });

  it('fails as asked, and the failure is the error it is', async () => {
    const failing = client.chat.completions.create({
      model: 'test/error',
      messages: [{ role: 'user', content: '422' }],
    });
    await expect(failing).rejects.toMatchObject({ status: 400, type: 'invalid_request_error' });
    const broken = client.chat.completions.create({
      model: 'test/error',
      messages: [{ role: 'user', content: 'x' }],
      stream: true,
    });
    await expect(broken).rejects.toMatchObject({ status: 502, code: 'upstream_error' });
  });
});

describe('answers tell who served and what it cost', () => {
  it('has request id, provider, model, and the cost of a whole answer as a decimal', async () => {
    const response = await post(hello);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-request-id')).toMatch(/^req_[0-9a-z]{26}$/);
    expect(response.headers.get('x-llm-provider')).toBe('test');
    expect(response.headers.get('x-llm-model')).toBe('echo');
    expect(response.headers.get('x-llm-cost-usd')).toMatch(/^0(\.\d{1,9})?$/);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  it("never uses a client's request id", async () => {
    const response = await post(hello, { headers: { 'x-request-id': 'mine' } });
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
  });
});

describe('a provider gets the request as the client wrote it', () => {
  it('changes the model and nothing else: numbers, escapes, order and unknown members stay', async () => {
    provider = playProvider(() => completion('ok'));
    const body =
      '{"seed": 12345678901234567890, "model":"deepseek/deepseek-flash","temperature":1.0,"logit_bias":{"50":1,"7":-1},"messages":[{"role":"user","content":"\\u4f60 <>"}],"x_future":{"a": [1]}}';
    const response = await post(body);
    expect(response.status).toBe(200);
    const sent = provider.seen[0]?.text ?? '';
    expect(sent).toContain(
      '"seed":12345678901234567890,"model":"deepseek-flash","temperature":1.0,"logit_bias":{"50":1,"7":-1}',
    );
    expect(sent).toContain('"messages":[{"role":"user","content":"\\u4f60 <>"}],"x_future":{"a": [1]}');
  });

  it('tells callers apart by a hash of ours alone: what a client calls its users is hashed into it', async () => {
    const other = await makeKey();
    const seen = async (own: Record<string, unknown>, apiKey = secret, model = 'deepseek/deepseek-flash') => {
      const double = playProvider(() => completion('ok'));
      const headers = { authorization: `Bearer ${apiKey}` };
      await (await post({ ...hello, model, ...own }, { headers })).text();
      return double.seen[0]?.json ?? {};
    };
    const plain = await seen({});
    const ann = await seen({ user_id: 'ann', user: 'ann' });
    const hashes = [
      plain['user_id'],
      ann['user_id'],
      (await seen({ user_id: 'bob' }))['user_id'],
      (await seen({ user_id: 'ann' }, other.secret))['user_id'],
      // Who knows another's hash gains nothing by sending it.
      (await seen({ user_id: plain['user_id'] }, other.secret))['user_id'],
    ];
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect((await seen({ user_id: 'ann' }))['user_id']).toBe(ann['user_id']);
    expect((await seen({ user_id: 'ann' }, secret, 'zai/glm-5.3'))['user_id']).toBe(ann['user_id']);
    expect(ann['user']).toBe('ann');
    for (const odd of [null, { $ne: 1 }, ['ann'], true]) {
      expect((await seen({ user_id: odd }))['user_id']).toBe(plain['user_id']);
    }
  });

  it("sees the router's own key and nothing of the client", async () => {
    provider = playProvider(() => completion('ok'));
    await post(
      { ...hello, model: 'deepseek/deepseek-flash' },
      { headers: { cookie: 'a=b', 'cf-connecting-ip': '1.2.3.4', 'x-forwarded-for': '1.2.3.4' } },
    );
    const [seen] = provider.seen;
    expect(seen?.url).toBe('https://api.deepseek.com/chat/completions');
    expect(seen?.headers.get('authorization')).toBe('Bearer vendor-key-deepseek');
    const names = [...(seen?.headers.keys() ?? [])];
    expect(names.filter((name) => /cookie|^cf-|forwarded|x-real|x-api-key/.test(name))).toEqual([]);
    expect(JSON.stringify([...(seen?.headers ?? [])]) + seen?.text).not.toContain(secret);
    expect(seen?.json['user_id']).toMatch(/^[0-9a-f]{64}$/);
  });

  it("answers with the provider's own text, and none of its headers", async () => {
    provider = playProvider(() => {
      const response = completion('Hi');
      response.headers.set('set-cookie', 'a=b');
      response.headers.set('openai-organization', 'org');
      return response;
    });
    const response = await post({ ...hello, model: 'deepseek/deepseek-flash' });
    expect(await response.json()).toMatchObject({ vendor_extra: { kept: [1.5, null] }, model: 'provider-model' });
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(response.headers.get('openai-organization')).toBeNull();
  });

  it('drops the blank lines a provider sends while one waits', async () => {
    provider = playProvider(async () => new Response(`\n\n\n${await completion('late').text()}`));
    const text = await (await post({ ...hello, model: 'deepseek/deepseek-flash' })).text();
    expect(text.startsWith('{')).toBe(true);
  });
});

describe('what is wrong is said, with all four keys, and never as a 5xx', () => {
  const nested = (depth: number) =>
    `{"model":"test/echo","messages":[{"role":"user","content":"x"}],"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;

  it.each([
    ['not JSON', '{"model":', 400, 'invalid_json'],
    ['not an object', '[1]', 400, 'invalid_json'],
    ['empty', '', 400, 'invalid_json'],
    ['no messages', '{"model":"test/echo"}', 400, 'missing_messages'],
    ['empty messages', '{"model":"test/echo","messages":[]}', 400, 'missing_messages'],
    ['no model', '{"messages":[{"role":"user","content":"x"}]}', 400, 'missing_model'],
    ['bad stream', '{"model":"test/echo","messages":[{"role":"user"}],"stream":"yes"}', 400, 'invalid_value'],
    ['too deep', nested(64), 400, 'nested_too_deeply'],
    ['unknown model', '{"model":"test/ecco","messages":[{"role":"user","content":"x"}]}', 404, 'model_not_found'],
    ['prototype model', '{"model":"__proto__/x","messages":[{"role":"user","content":"x"}]}', 404, 'model_not_found'],
  ])('%s', async (_name, body, status, code) => {
    const response = await post(body);
    const parsed = (await response.json()) as { error: Record<string, unknown> };
    expect(response.status).toBe(status);
    expect(parsed.error).toMatchObject({ code, param: expect.any(String) });
    expect(Object.keys(parsed.error).sort()).toEqual(['code', 'message', 'param', 'type']);
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('takes 64 levels', async () => {
    expect((await post(nested(63))).status).toBe(200);
  });

  it('not UTF-8, unknown encodings, broken gzip, and bodies too large while reading', async () => {
    const bytes = new Uint8Array([0x7b, 0xff, 0x7d]);
    expect((await post('', { body: bytes })).status).toBe(400);
    expect((await post(hello, { headers: { 'content-encoding': 'br' } })).status).toBe(400);
    expect((await post(hello, { headers: { 'content-encoding': 'gzip' } })).status).toBe(400);
    const large = new Blob([new Uint8Array(10_485_761).fill(32)]).stream();
    expect((await post('', { body: large })).status).toBe(413);
  });

  it('reads a refused body to its end, so that its sender sees the answer', async () => {
    const piece = new Uint8Array(1_048_576).fill(32);
    let sent = 0;
    let cut = false;
    const large = new ReadableStream({
      pull(controller) {
        if (sent++ < 13) controller.enqueue(piece);
        else controller.close();
      },
      cancel() {
        cut = true;
      },
    });
    expect((await post('', { body: large })).status).toBe(413);
    expect([sent, cut]).toEqual([14, false]);
  });

  it('understands a gzip body', async () => {
    const body = new Blob([JSON.stringify(hello)]).stream().pipeThrough(new CompressionStream('gzip'));
    expect((await post('', { body, headers: { 'content-encoding': 'gzip' } })).status).toBe(200);
  });

  it('a missing, malformed or unknown key is a 401 that tells nothing', async () => {
    const messages = new Set<string>();
    for (const authorization of ['', 'Bearer ', 'Bearer sk-nope', `Bearer ${mistyped(secret)}`, 'Basic abc']) {
      const response = await post(hello, { headers: { authorization } });
      expect(response.status).toBe(401);
      messages.add(((await response.json()) as { error: { message: string } }).error.message);
    }
    expect(messages.size).toBe(1);
  });

  it('the refusal of a known key leaves a log row that says why, on any route; no other key leaves one', async () => {
    const { key, secret: known } = await makeKey();
    await internal(`/internal/keys/${key.id}`, { method: 'PATCH', body: JSON.stringify({ status: 'disabled' }) });
    const paths = ['/api/v1/chat/completions', '/api/v1/models', '/api/v1/models/test/echo', '/api/v1/key'];
    const ask = async (presented: string) => {
      for (const path of paths) {
        const method = path.endsWith('completions') ? 'POST' : 'GET';
        const answer = await get(path, { method, headers: { authorization: `Bearer ${presented}` } });
        expect([path, answer.status]).toEqual([path, 401]);
      }
    };
    await ask(known);
    await ask(makeSecret('sk'));
    await internal('/worker/settle', { method: 'POST' });
    const { results } = await env.DB.prepare(
      'SELECT status, "end", error_code FROM request_logs WHERE key_id = ? OR started_at >= ? AND status = 401',
    )
      .bind(key.id, key.createdAt)
      .all();
    expect(results).toEqual(paths.map(() => ({ status: 401, end: 'rejected', error_code: 'key_disabled' })));
  });

  it('takes slashes that a client doubled, on the paths of the API alone', async () => {
    const init = { method: 'POST', body: JSON.stringify(hello), headers: { authorization: `Bearer ${secret}` } };
    for (const path of [
      '/api/v1//chat/completions',
      '//api/v1/chat/completions',
      '/api//v1/chat//completions//',
      '/v1//chat/completions?api-version=2024-10-21',
    ]) {
      const response = await get(path, init);
      expect(response.status, path).toBe(200);
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
    }
    expect((await get('/api/v1//models', { headers: { authorization: `Bearer ${secret}` } })).status).toBe(200);
    for (const path of ['//internal/keys', '//admin', '/internal//keys'])
      expect((await internal(path)).status).toBe(404);
  });

  it('accepts x-api-key, and a trailing slash, and /v1', async () => {
    const init = { method: 'POST', body: JSON.stringify(hello), headers: { 'x-api-key': secret } };
    expect((await get('/v1/chat/completions/', init)).status).toBe(200);
  });

  it('unknown routes, wrong methods and preflights', async () => {
    expect((await get('/api/v1/nothing')).status).toBe(404);
    const wrong = await get('/api/v1/chat/completions');
    expect(wrong.status).toBe(405);
    expect(await wrong.json()).toMatchObject({ error: { code: 'method_not_allowed' } });
    const preflight = await get('/api/v1/chat/completions', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://cursor.sh',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
  });

  it("a provider's failures become ours, and its secrets stay with us", async () => {
    const cases: [number, unknown, number, string][] = [
      [
        401,
        { error: { message: 'bad key vendor-key-deepseek', type: 'authentication_error' } },
        502,
        'upstream_auth_error',
      ],
      [402, { error: { message: 'Insufficient Balance' } }, 503, 'upstream_insufficient_balance'],
      [429, { error: { message: 'slow down' } }, 429, 'upstream_rate_limited'],
      [
        400,
        { error: { message: 'max_tokens is off', type: 'invalid_request_error', code: 'bad_param' } },
        400,
        'bad_param',
      ],
      [302, '', 502, 'upstream_error'],
      [500, '<html>oops</html>', 502, 'upstream_error'],
    ];
    for (const [status, body, expected, code] of cases) {
      provider?.restore();
      provider = playProvider(
        () =>
          new Response(typeof body === 'string' ? body : JSON.stringify(body), {
            status,
            headers: status === 302 ? { location: 'https://evil.test' } : {},
          }),
      );
      const response = await post({ ...hello, model: 'deepseek/deepseek-flash' });
      const text = await response.text();
      expect([status, response.status, JSON.parse(text).error.code]).toEqual([status, expected, code]);
      expect(text).not.toContain('vendor-key');
      expect(text).not.toContain('<html');
    }
  });

  it('tries again after a 503, and tells of each try in the log row', async () => {
    let calls = 0;
    provider = playProvider(() => (++calls < 3 ? new Response('{}', { status: 503 }) : completion('third')));
    const response = await post({ ...hello, model: 'deepseek/deepseek-flash' });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-llm-attempts')).toBe('3');
    expect(calls).toBe(3);
    await internal('/worker/settle', { method: 'POST' });
    const row = await env.DB.prepare('SELECT attempts, attempt_details FROM request_logs WHERE request_id = ?')
      .bind(response.headers.get('x-request-id'))
      .first();
    expect(row).toMatchObject({ attempts: 3 });
    expect(JSON.parse(String(row?.['attempt_details']))).toMatchObject([
      { status: 503 },
      { status: 503 },
      { status: 200 },
    ]);
  });

  it('a stream tells after how many tries it came', async () => {
    let calls = 0;
    const chunks = [{ choices: [{ index: 0, delta: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }] }];
    provider = playProvider(() => (++calls < 2 ? new Response('{}', { status: 503 }) : streamOf(sse(chunks))));
    const response = await post({ ...hello, model: 'deepseek/deepseek-flash', stream: true });
    expect(response.headers.get('x-llm-attempts')).toBe('2');
    expect(await response.text()).toContain('[DONE]');
  });
});
