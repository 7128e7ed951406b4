import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { app } from '../../src/app.ts';
import type { Operator } from './key-form.ts';
import { newOperator, ORIGIN } from './operator.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const HOOK = {
  ALERT_WEBHOOK_URL: 'https://hooks.test:8443/services/T0/a-secret-of-its-own?token=hidden',
  ALERT_WEBHOOK_SECRET: SECRET,
};

interface Posted {
  url: string;
  init: RequestInit;
}
const posted: Posted[] = [];
let answer: () => Promise<Response>;
let operator: Operator;

beforeAll(async () => {
  operator = await newOperator();
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init = {}) => {
    posted.push({ url: String(input), init });
    return await answer();
  });
});
beforeEach(() => {
  posted.length = 0;
  answer = async () => new Response(null, { status: 204 });
});
afterAll(() => void vi.restoreAllMocks());

async function ask(variables: Record<string, string>, init: RequestInit = {}): Promise<Response> {
  const headers = { cookie: operator.cookie, origin: ORIGIN, ...init.headers };
  const request = new Request(`${ORIGIN}/admin/alerts`, { redirect: 'manual', ...init, headers });
  return await app.fetch(request, { ...env, ...variables } as unknown as Cloudflare.Env, createExecutionContext());
}

/** What a reader sees of it. */
async function textOf(response: Promise<Response>): Promise<string> {
  const html = await (await response).text();
  return html.slice(html.indexOf('<main')).replaceAll(/(<[^>]*>)+/g, ' ');
}

async function isSigned({ init }: Posted): Promise<boolean> {
  const headers = new Headers(init.headers);
  const bytes = Uint8Array.from(atob(SECRET.slice('whsec_'.length)), (byte) => byte.charCodeAt(0));
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
  const signature = Uint8Array.from(atob((headers.get('webhook-signature') ?? '').slice(3)), (b) => b.charCodeAt(0));
  const signed = `${headers.get('webhook-id')}.${headers.get('webhook-timestamp')}.${init.body}`;
  return await crypto.subtle.verify('HMAC', key, signature, new TextEncoder().encode(signed));
}

describe('the page of alerts', () => {
  it('says that nobody is told and how to set it, and sends nothing then', async () => {
    const text = await textOf(ask({}));
    expect(text).toContain('Nobody is told yet');
    expect(text).toContain('npx wrangler secret put ALERT_WEBHOOK_URL');
    expect(text).not.toContain('Send a test');
    expect((await ask({}, { method: 'POST' })).status).toBe(200);
    expect(posted).toEqual([]);
  });

  it('names who is told without what is secret of the address', async () => {
    const html = await (await ask(HOOK)).text();
    expect(html).toContain('https://hooks.test:8443/…');
    expect(html).toContain('signed with ALERT_WEBHOOK_SECRET');
    expect(html).not.toMatch(/services|secret-of-its-own|token=|whsec_/);
    expect(await textOf(ask({ ...HOOK, ALERT_WEBHOOK_SECRET: '' }))).toContain(
      'npx wrangler secret put ALERT_WEBHOOK_SECRET',
    );
  });

  it('sends a signed test, says what was answered, and shows it as the last message', async () => {
    const before = await textOf(ask(HOOK));
    expect(before).toContain('None has been sent yet.');
    expect(await textOf(ask(HOOK, { method: 'POST' }))).toContain('The test has arrived: the receiver answered 204.');
    const [sent] = posted as [Posted];
    expect(sent.url).toBe(HOOK.ALERT_WEBHOOK_URL);
    expect(sent.init).toMatchObject({ method: 'POST', redirect: 'manual', signal: expect.any(AbortSignal) });
    expect(JSON.parse(String(sent.init.body))).toMatchObject({ test: true, window: 'day', percent: 80 });
    expect(await isSigned(sent)).toBe(true);
    const [day] = new Date().toISOString().split('T');
    expect(await textOf(ask(HOOK))).toMatch(
      new RegExp(`Sent ${day} \\d\\d:\\d\\d Result delivered \\(204\\).*About a test`),
    );
    await ask({ ...HOOK, ALERT_WEBHOOK_SECRET: '' }, { method: 'POST' });
    expect(new Headers(posted[1]?.init.headers).has('webhook-signature')).toBe(false);
    expect(new Headers(posted[1]?.init.headers).get('webhook-id')).not.toBe(
      new Headers(sent.init.headers).get('webhook-id'),
    );
  });

  it.each([
    ['answered 500', async () => new Response('a fault', { status: 500 })],
    ['answered 302', async () => new Response(null, { status: 302, headers: { location: 'https://elsewhere.test' } })],
    ['no answer within 10 s', () => Promise.reject(new DOMException('late', 'TimeoutError'))],
    ['could not be reached', () => Promise.reject(new TypeError('no such host'))],
  ])('says of a test that did not arrive why: %s', async (why, answers) => {
    answer = answers;
    const text = await textOf(ask(HOOK, { method: 'POST' }));
    expect(text).toContain(`The test did not arrive: ${why}.`);
    expect(posted).toHaveLength(1);
    expect(await textOf(ask(HOOK))).toContain(`Result ${why}`);
  });

  it('takes a test from its own page alone, and from who is signed in', async () => {
    const foreign = await ask(HOOK, { method: 'POST', headers: { origin: 'https://evil.test' } });
    expect(foreign.status).toBe(403);
    const stranger = await ask(HOOK, { method: 'POST', headers: { cookie: '' } });
    expect([302, 303, 401]).toContain(stranger.status);
    expect(posted).toEqual([]);
  });

  it('stands in Chinese too', async () => {
    const text = await textOf(ask(HOOK, { method: 'POST', headers: { cookie: `${operator.cookie}; language=zh` } }));
    expect(text).toContain('测试已送达：接收方返回 204。');
  });
});
