import { afterEach, describe, expect, it, vi } from 'vitest';
import { RouterError } from '../../src/protocol/errors.ts';
import { redact, safeMessage } from '../../src/protocol/redact.ts';
import { callProvider } from '../../src/providers/call.ts';
import { configureDeclared, configuredProviders } from '../../src/providers/configured.ts';
import { readFailure } from '../../src/providers/failure.ts';
import { providerHeaders, retryAfterSeconds } from '../../src/providers/headers.ts';
import { checkProvider } from '../../src/providers/live-check.ts';
import { oddProvider } from '../fixtures/odd-provider.ts';

const ALL = { MOONSHOT_API_KEY: 'm', DEEPSEEK_API_KEY: ' d\n', ZAI_API_KEY: 'z', TEST_PROVIDER: 'true' };

function one(variables: object) {
  const [configured] = configuredProviders(variables).values();
  if (configured === undefined) throw new Error('nothing configured');
  return configured;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a provider is offered', () => {
  it('when its key is there', () => {
    expect([...configuredProviders(ALL).keys()]).toEqual(['moonshot', 'deepseek', 'zai', 'test']);
    expect([...configuredProviders({ ...ALL, DEEPSEEK_API_KEY: ' ', ZAI_API_KEY: '' }).keys()]).toEqual([
      'moonshot',
      'test',
    ]);
    expect([...configuredProviders({ TEST_PROVIDER: 'false' }).keys()]).toEqual([]);
  });

  it('with its key trimmed, and its host', () => {
    expect(configuredProviders(ALL).get('deepseek')).toMatchObject({
      credentials: [{ label: '#1', secret: 'd' }],
      baseUrl: 'https://api.deepseek.com',
    });
    expect(one({ ZAI_API_KEY: 'z', ZAI_BASE_URL: 'https://api.z.ai/api/paas/v4/' }).baseUrl).toBe(
      'https://api.z.ai/api/paas/v4',
    );
    expect(one({ ZAI_API_KEY: 'z', ZAI_BASE_URL: '' }).baseUrl).toBe('https://open.bigmodel.cn/api/paas/v4');
    expect(one({ MOONSHOT_API_KEY: 'm' }).baseUrl).toBe('https://api.moonshot.cn/v1');
  });

  it.each(['http://127.0.0.1:9000/v1', 'http://localhost:9000', 'http://[::1]:9000', 'https://proxy.example/v1'])(
    'at %s',
    (url) => expect(one({ ZAI_API_KEY: 'z', ZAI_BASE_URL: url }).baseUrl).toBe(url),
  );

  it.each([
    ['ZAI_BASE_URL', 'http://api.z.ai/v4', 'must begin with https://'],
    ['ZAI_BASE_URL', 'http://127.0.0.1.evil.example', 'must begin with https://'],
    ['ZAI_BASE_URL', 'ftp://api.z.ai', 'must begin with https://'],
    ['MOONSHOT_BASE_URL', 'https://me:secret@api.moonshot.ai/v1', 'must not hold a user'],
    ['DEEPSEEK_BASE_URL', 'https://api.deepseek.com?x=1', 'must not hold a query'],
    ['DEEPSEEK_BASE_URL', 'api.deepseek.com', 'is not a URL'],
    ['DEEPSEEK_API_KEY', 'sk-ключ', 'holds characters'],
    ['DEEPSEEK_API_KEY', 'team=sk-a team=sk-b', 'one label (key 2)'],
    ['DEEPSEEK_API_KEY', 'team=sk-a,sk-a', 'one key twice (key 2)'],
  ])('never with %s = %s', (name, value, message) => {
    let thrown: unknown;
    try {
      configuredProviders({ ...ALL, [name]: value });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'invalid_configuration', status: 500, param: name });
    expect(String(thrown)).toContain(message);
    expect(String(thrown)).toContain(name);
    expect(String(thrown)).not.toContain('secret@');
  });
});

describe('a provider of the catalogue', () => {
  it.each([
    [{}, { kind: 'absent' }],
    [{ ODD_API_KEY: ' ' }, { kind: 'absent' }],
    [
      { ODD_API_KEY: 'ключ' },
      { kind: 'wrong', reason: 'the variable ODD_API_KEY holds characters that no API key has' },
    ],
    [
      { ODD_API_KEY: 'a=k1, k2' },
      {
        kind: 'configured',
        configured: {
          provider: oddProvider,
          baseUrl: 'https://odd.example/v1',
          credentials: [
            { label: 'a', secret: 'k1' },
            { label: '#2', secret: 'k2' },
          ],
        },
      },
    ],
  ])('%j: %j', (variables, declared) => expect(configureDeclared(variables, oddProvider)).toEqual(declared));

  it('gets its key in the header that it names', () => {
    expect(Object.fromEntries(providerHeaders('key', oddProvider.auth))).toEqual({
      accept: 'application/json, text/event-stream',
      'x-odd-key': 'key',
      'content-type': 'application/json',
      'user-agent': 'llm-router',
    });
  });
});

describe('headers', () => {
  it('to a provider are these and no more', () => {
    expect(Object.fromEntries(providerHeaders('key'))).toEqual({
      accept: 'application/json, text/event-stream',
      authorization: 'Bearer key',
      'content-type': 'application/json',
      'user-agent': 'llm-router',
    });
  });

  const NOW = Date.parse('2026-11-23T10:00:00Z');
  it.each([
    [{ 'retry-after': '7' }, 7],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '1.2' }, 2],
    [{ 'retry-after': 'Mon, 23 Nov 2026 10:00:30 GMT' }, 30],
    [{ 'retry-after': 'Mon, 23 Nov 2026 09:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '1500', 'retry-after': '9' }, 2],
    [{ 'retry-after': 'soon' }, null],
    [{}, null],
  ])('%j is a wait of %s s', (headers, seconds) => {
    expect(retryAfterSeconds(new Headers(headers), NOW)).toBe(seconds);
  });
});

describe('a text for a client', () => {
  const FAKE = 'k'.repeat(49);
  it.each([
    ['key sk-abcdef123456 is bad', 'key [redacted] is bad'],
    ['Your api key: ****sk-abc***def is bad', 'Your api key: ****[redacted] is bad'],
    ['Authorization: Bearer abc.def-ghi', 'Authorization: [redacted]'],
    [`client pk-${FAKE}`, 'client [redacted]'],
    ['0123456789abcdef0123456789abcdef.AbCdEfGh12345678', '[redacted]'],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln_-x is bad', 'token [redacted] is bad'],
    ['jwt-eyJ-eyJhbGci.eyJhIjoxfQ.c2ln.more', 'jwt-[redacted].more'],
    ['a.b.eyJhbGci.eyJhIjoxfQ.c2ln', 'a.b.[redacted]'],
    ['eyJ- and eyJa.b stay', 'eyJ- and eyJa.b stay'],
    ['for org-abcdef123456 and ak-f1a2b3c4', 'for [redacted] and [redacted]'],
    ['my own-secret!', 'my [redacted]!'],
    ['task-force and risk-averse stay', 'task-force and risk-averse stay'],
  ])('%j becomes %j', (text, clean) => expect(redact(text, ['own-secret'])).toBe(clean));

  it.each(['eyJ-', 'eyJ', 'eyJa.', 'Bearer ', 'sk-a', 'a-', 'org-aaaaaa_', '<p'])(
    'is looked at in one pass, however often it holds %j',
    (piece) => {
      // Two of these shapes took six seconds for 64 KiB, and the square of it for more: this would not end.
      expect(safeMessage(piece.repeat(100_000)).length).toBeLessThanOrEqual(1001);
    },
  );

  it('holds no HTML, one line, and no more than a person reads', () => {
    expect(safeMessage('<html><body><h1>502</h1>\n\n<script>x()</script></body></html>')).toBe('502 x()');
    expect(safeMessage('details: <At path a: type is not defined>')).toBe('details: <At path a: type is not defined>');
    expect(safeMessage('a\u0000b\r\nc')).toBe('a b c');
    expect(safeMessage('x'.repeat(5000))).toHaveLength(1001);
    expect(safeMessage('<img src=x onerror=alert(1)')).not.toContain('<img');
  });
});

describe('a failed answer', () => {
  it('is read without the secret it echoes', async () => {
    const response = new Response('{"error":{"message":"bad key: own-secret"}}', {
      status: 401,
      headers: { 'retry-after': '3', 'content-type': 'application/octet-stream' },
    });
    expect(await readFailure(response, ['own-secret'], 0)).toEqual({
      status: 401,
      body: '{"error":{"message":"bad key: [redacted]"}}',
      retryAfter: 3,
    });
  });

  it.each([
    [
      'quotes',
      'the header "Authorization: Bearer abc.def" is wrong',
      'the header "Authorization: [redacted]" is wrong',
    ],
    ['escapes', 'bad key: own-\\u0073ecret', 'bad key: [redacted]'],
  ])('can still be read where a secret stood in %s', async (_, message, clean) => {
    const body = JSON.stringify({ error: { message } }).replace('\\\\u', '\\u');
    const failure = await readFailure(new Response(body, { status: 400 }), ['own-secret'], 0);
    expect(JSON.parse(failure.body)).toEqual({ error: { message: clean } });
  });

  it('of any size is read to 64 KiB', async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(10_000).fill(97)),
      cancel: () => {
        cancelled = true;
      },
    });
    const failure = await readFailure(new Response(endless, { status: 500 }), [], 0);
    expect(failure.body).toHaveLength(65_536);
    expect(cancelled).toBe(true);
  });

  it('that breaks off is what came of it', async () => {
    let sent = false;
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent) controller.error(new Error('reset'));
        else controller.enqueue(new TextEncoder().encode('{"er'));
        sent = true;
      },
    });
    expect(await readFailure(new Response(broken, { status: 500 }), [], 0)).toMatchObject({ body: '{"er' });
  });
});

describe('a call of a provider', () => {
  const call = (fetch: (request: Request) => Promise<Response>, signal = new AbortController().signal) =>
    callProvider({
      path: '/chat/completions',
      ...one({ DEEPSEEK_API_KEY: 'd' }),
      credential: { label: '#1', secret: 'd' },
      body: '{"a":1}',
      askedAt: 'https://router.example/api/v1/chat/completions',
      signal,
      fetch: (url, init) => fetch(new Request(url, init)),
    });

  it('is one POST that follows nothing', async () => {
    const seen: Request[] = [];
    const response = await call(async (request) => {
      seen.push(request);
      return new Response('', { status: 302, headers: { location: 'https://evil.example' } });
    });
    expect(response.status).toBe(302);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      method: 'POST',
      url: 'https://api.deepseek.com/chat/completions',
      redirect: 'manual',
    });
    expect(await seen[0]?.text()).toBe('{"a":1}');
  });

  it('that reaches nobody is an error of the provider, and names no host', async () => {
    const failed = call(async () => {
      throw new Error('connect ECONNREFUSED 10.0.0.1');
    });
    await expect(failed).rejects.toMatchObject({ code: 'upstream_error', status: 502 });
    await expect(failed).rejects.not.toThrow('10.0.0.1');
  });

  it.each([
    ['https://router.example/v1', 'https://router.example/api/v1/chat/completions', 'the router itself'],
    ['http://localhost:8787/v1', 'http://127.0.0.1:8787/api/v1/chat/completions', 'the router itself'],
    ['http://localhost:9000/v1', 'http://127.0.0.1:8787/api/v1/chat/completions', 'another'],
    ['https://router.example:444/v1', 'https://router.example/api/v1/chat/completions', 'another'],
  ])('to %s, asked at %s, is a call of %s', async (baseUrl, askedAt, whose) => {
    const fetch = vi.fn(async () => new Response('{}'));
    const credential = { label: '#1', secret: 'd' };
    const signal = new AbortController().signal;
    const { provider } = one({ DEEPSEEK_API_KEY: 'd' });
    const called = callProvider({ provider, credential, baseUrl, path: '/x', body: '{}', signal, askedAt, fetch });
    if (whose === 'another') expect((await called).status).toBe(200);
    else await expect(called).rejects.toMatchObject({ code: 'upstream_error', passes: false });
    expect(fetch).toHaveBeenCalledTimes(whose === 'another' ? 1 : 0);
  });

  it('that is aborted says why', async () => {
    const controller = new AbortController();
    const reason = new RouterError('upstream_timeout', 'too slow');
    const failed = call(async () => {
      controller.abort(reason);
      throw new Error('aborted');
    }, controller.signal);
    await expect(failed).rejects.toBe(reason);
  });
});

describe('the live check', () => {
  const deepseek = one({ DEEPSEEK_API_KEY: 'secret-of-deepseek' });
  const BALANCE = { is_available: true, balance_infos: [{ currency: 'USD', total_balance: '12.50' }] };

  /** Answers by path, and keeps what was asked. */
  function provider(answers: Record<string, () => Response>) {
    const asked: string[] = [];
    const fetch = async (url: string, init: RequestInit) => {
      const request = new Request(url, init);
      const { pathname } = new URL(request.url);
      asked.push(`${request.method} ${pathname} ${request.headers.get('authorization')}`);
      return answers[pathname]?.() ?? new Response('not found', { status: 404 });
    };
    return { asked, fetch };
  }

  it('lists models and reads the balance', async () => {
    const { asked, fetch } = provider({
      '/models': () => Response.json({ data: [{ id: 'deepseek-flash' }] }),
      '/user/balance': () => Response.json(BALANCE),
    });
    expect(await checkProvider(deepseek, () => 5, fetch)).toEqual({
      ok: true,
      latencyMs: 0,
      problem: null,
      balance: '12.50 USD',
      unlisted: ['deepseek-v4-pro'],
    });
    expect(asked.sort()).toEqual([
      'GET /models Bearer secret-of-deepseek',
      'GET /user/balance Bearer secret-of-deepseek',
    ]);
  });

  it.each([
    ['DEEPSEEK_API_KEY', '/user/balance', { ...BALANCE, is_available: false }, '12.50 USD'],
    ['MOONSHOT_API_KEY', '/v1/users/me/balance', { data: { available_balance: 0 } }, "0.00 in the account's currency"],
  ])('is not content with an empty account: %s', async (name, path, balance, text) => {
    const { fetch } = provider({
      '/models': () => Response.json({ data: [] }),
      '/v1/models': () => Response.json({ data: [] }),
      [path]: () => Response.json(balance),
    });
    expect(await checkProvider(one({ [name]: 'k' }), () => 5, fetch)).toMatchObject({
      ok: false,
      problem: { code: 'upstream_insufficient_balance', message: expect.stringContaining(text) },
      balance: text,
    });
  });

  it('takes a balance in a form that it does not know for none', async () => {
    const { fetch } = provider({
      '/models': () => Response.json({ data: [] }),
      '/user/balance': () => Response.json({ balance_infos: 'plenty' }),
    });
    expect(await checkProvider(deepseek, () => 5, fetch)).toMatchObject({ ok: true, balance: null });
  });

  it('says what is wrong, and no secret', async () => {
    const { fetch } = provider({
      '/models': () => Response.json({ error: { message: 'bad key secret-of-deepseek' } }, { status: 401 }),
    });
    const check = await checkProvider(deepseek, () => 5, fetch);
    expect(check).toMatchObject({ ok: false, problem: { code: 'upstream_auth_error' }, balance: null });
    expect(JSON.stringify(check)).not.toContain('secret-of');
  });

  it('takes a page for what it is', async () => {
    const { fetch } = provider({ '/models': () => new Response('<html>hello</html>') });
    expect(await checkProvider(deepseek, () => 5, fetch)).toMatchObject({
      ok: false,
      problem: { code: 'upstream_error' },
    });
  });

  it('calls its first model for one token where there is no list', async () => {
    const bodies: unknown[] = [];
    const check = await checkProvider(
      one({ ZAI_API_KEY: 'z' }),
      () => 5,
      async (url, init) => {
        bodies.push(await new Request(url, init).json());
        return Response.json({ choices: [{ message: { content: '' }, finish_reason: 'length' }] });
      },
    );
    expect(check).toMatchObject({ ok: true, balance: null, unlisted: null });
    expect(bodies).toEqual([{ model: 'glm-5.3', messages: [{ role: 'user', content: 'hi' }], max_tokens: 1 }]);
  });

  it('finds an error in a good answer', async () => {
    const check = await checkProvider(
      one({ ZAI_API_KEY: 'z' }),
      () => 5,
      async () => Response.json({ error: { code: '1113', message: '欠费' } }),
    );
    expect(check).toMatchObject({ ok: false, problem: { code: 'upstream_insufficient_balance' } });
  });

  it('tells no secret out of a good answer', async () => {
    const echo = async () => Response.json({ error: { code: '9', message: 'odd: the-key-of-zai' } });
    const check = await checkProvider(one({ ZAI_API_KEY: 'the-key-of-zai' }), () => 5, echo);
    expect(check.problem?.message).toContain('odd: [redacted]');
  });

  it('gives up after 10 s', async () => {
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort(new Error('timeout')));
    const check = await checkProvider(
      deepseek,
      () => 5,
      async (_url, init) => {
        init.signal?.throwIfAborted();
        return new Response();
      },
    );
    expect(timeout).toHaveBeenCalledWith(10_000);
    expect(check).toMatchObject({ ok: false, problem: { code: 'upstream_timeout' } });
  });

  it('of the test provider needs no network', async () => {
    const refuse = async () => {
      throw new Error('network');
    };
    expect(await checkProvider(one({ TEST_PROVIDER: 'true' }), () => 5, refuse)).toMatchObject({ ok: true });
  });
});
