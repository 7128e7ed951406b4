import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import packageJson from '../../package.json';
import { makeSecret } from '../../src/keys/secret.ts';
import { routerWith } from '../support/impatient-router.ts';
import { makeKey } from '../support/keys.ts';
import { playProvider, sse, streamOf } from '../support/provider.ts';
import { get, internal } from '../support/router.ts';

describe('for monitors', () => {
  it('GET /worker/ping tells the version and the providers on offer', async () => {
    const response = await get('/worker/ping');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'ok',
      version: packageJson.version,
      providers: ['moonshot', 'deepseek', 'zai', 'test'],
    });
    expect((await get('/worker/ping', { method: 'POST' })).status).toBe(405);
  });

  it('POST /worker/settle wants the secret, and is not there without one', async () => {
    expect((await get('/worker/settle', { method: 'POST' })).status).toBe(401);
    const wrong = { authorization: 'Bearer nope' };
    expect((await get('/worker/settle', { method: 'POST', headers: wrong })).status).toBe(401);
    for (const INTERNAL_SECRET of ['', 'short']) {
      const router = routerWith({ INTERNAL_SECRET });
      const headers = { authorization: `Bearer ${INTERNAL_SECRET}` };
      expect((await router.fetch('http://router.test/worker/settle', { method: 'POST', headers })).status).toBe(404);
      expect((await router.fetch('http://router.test/internal/keys', { headers })).status).toBe(404);
      expect((await router.fetch('http://router.test/admin', { headers })).status).toBe(404);
    }
  });
});

describe('a bad variable is a clear error, never a silent default', () => {
  it.each([
    ['DRAIN_MS', 'soon'],
    ['MAX_BODY_BYTES', '-1'],
    ['DEBUG', 'yes'],
    ['BUDGET_UTC_OFFSET', 'Shanghai'],
    ['REASONING_MEMORY', 'maybe'],
    ['DEEPSEEK_BASE_URL', 'http://example.com'],
    ['ZAI_BASE_URL', 'https://user:pass@example.com'],
  ])('%s=%s', async (name, value) => {
    const response = await routerWith({ [name]: value }).fetch('http://router.test/worker/ping');
    expect(response.status).toBe(500);
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect(error.code).toBe('invalid_configuration');
    expect(error.message).toContain(name);
    expect(error.message).not.toContain('Invalid');
    expect(error.message).not.toContain('pass@');
  });

  const SECRET = 'sk-pasted-into-the-wrong-variable';
  const wrongSettings: readonly (readonly [name: keyof Cloudflare.Env, value: string, place: string])[] = [
    ['TEST_PROVIDER', SECRET, 'TEST_PROVIDER'],
    ['DRAIN_MS', SECRET, 'DRAIN_MS'],
    ['BUDGET_UTC_OFFSET', SECRET, 'BUDGET_UTC_OFFSET'],
    ['HOLD_CAP_USD', SECRET, 'HOLD_CAP_USD'],
    ['REASONING_MEMORY', SECRET, 'REASONING_MEMORY'],
    ['ALERT_WEBHOOK_URL', SECRET, 'ALERT_WEBHOOK_URL'],
    ['ZAI_BASE_URL', SECRET, 'ZAI_BASE_URL'],
    ['DEEPSEEK_API_KEY', `${SECRET} ключ`, 'DEEPSEEK_API_KEY'],
    ['ZAI_BASE_URL', `https://${SECRET}@example.com`, 'ZAI_BASE_URL'],
    ['ZAI_BASE_URL', `https://example.com/?key=${SECRET}`, 'ZAI_BASE_URL'],
    ['ZAI_BASE_URL', `http://${SECRET}.example.com`, 'ZAI_BASE_URL'],
  ];
  it.each(wrongSettings)('%s=%s is told by its name and place, and its text by nobody', async (name, value, place) => {
    const lines = [vi.spyOn(console, 'error'), vi.spyOn(console, 'warn'), vi.spyOn(console, 'log')];
    const router = routerWith({ [name]: value });
    const headers = { authorization: `Bearer ${makeSecret('sk')}` };
    for (const path of ['/worker/ping', '/api/v1/models', '/', '/admin/sign-in']) {
      const response = await router.fetch(`http://router.test${path}`, { headers });
      const text = await response.text();
      expect(text).not.toContain(SECRET);
      if (path !== '/worker/ping') continue;
      expect(response.status).toBe(500);
      expect(text).toContain(name);
      expect(JSON.parse(text).error.message).toContain(place);
    }
    expect(JSON.stringify(lines.flatMap(({ mock }) => mock.calls))).not.toContain(SECRET);
    for (const line of lines) line.mockRestore();
  });

  it('on the API too, where pages of other origins may read it', async () => {
    const response = await routerWith({ DRAIN_MS: 'soon' }).fetch('http://router.test/api/v1/models');
    expect(response.status).toBe(500);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
  });
});

describe('what comes in comes out in the books', () => {
  it('a hundred requests (streams, aborts, errors among them) leave a hundred rows whose sum is the ledger’s', {
    timeout: 60_000,
  }, async () => {
    const made = await Promise.all([makeKey(), makeKey({ maxConcurrent: 50, budgetDayUsd: 5 })]);
    const usage = { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 };
    const chunk = (content: string, finish: string | null = null) => ({
      id: 'v',
      object: 'chat.completion.chunk',
      created: 1,
      choices: [{ index: 0, delta: { content }, finish_reason: finish }],
    });
    const provider = playProvider(({ json }) => {
      if (json['stream'] === true)
        return streamOf(sse([chunk('a'), chunk('b'), { ...chunk('', 'stop'), usage }]), { pace: 3 });
      return Response.json({
        id: 'v',
        choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
        usage,
      });
    });
    const ask = async (position: number): Promise<void> => {
      const secret = made[position % 2]?.secret;
      const kind = Math.floor(position / 2) % 5;
      const model = kind === 4 ? 'test/error' : kind === 3 ? 'no/such' : 'deepseek/deepseek-flash';
      const body = JSON.stringify({ model, stream: kind < 2, messages: [{ role: 'user', content: 'Hi' }] });
      const response = await get('/v1/chat/completions', {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${secret}` },
      });
      if (kind !== 1) return void (await response.text());
      const reader = response.body?.getReader();
      await reader?.read();
      await reader?.cancel();
    };
    for (let start = 0; start < 100; start += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, position) => ask(start + position)));
    }
    // Streams whose client has left are read to their end first.
    const settle = async () =>
      expect(await (await internal('/worker/settle', { method: 'POST' })).json()).toMatchObject({ pending: 0 });
    await vi.waitFor(settle, { timeout: 20_000, interval: 200 });
    provider.restore();
    const keyIds = made.map(({ key }) => key.id);
    const rows = await env.DB.prepare(
      'SELECT count(*) AS count, sum(cost_nano_usd) AS cost FROM request_logs WHERE key_id IN (?, ?)',
    )
      .bind(...keyIds)
      .first();
    expect(rows?.['count']).toBe(100);
    const check = (await (await internal('/internal/ledger/check')).json()) as {
      ok: boolean;
      data: { key_id: string; ledger_nano_usd: number }[];
    };
    expect(check.ok).toBe(true);
    const ledger = check.data
      .filter(({ key_id }) => keyIds.includes(key_id))
      .reduce((sum, row) => sum + row.ledger_nano_usd, 0);
    expect(ledger).toBe(rows?.['cost']);
    expect(ledger).toBeGreaterThan(0);
  });
});
