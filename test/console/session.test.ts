import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { app } from '../../src/app.ts';
import { makeSessionToken, readSessionToken, SESSION_MS } from '../../src/middleware/session-token.ts';
import { SECRET } from '../support/router.ts';
import { browse, cookieOf, newAddress, newOperator, ORIGIN, signIn, submit } from './operator.ts';

const HOUR = 3_600_000;

describe('the console opens with the secret alone', () => {
  it.each(['/admin', '/admin/', '/admin/keys', '/admin/requests/req_x', '/admin/nothing-here'])(
    'sends who comes to %s without a session to the sign-in page',
    async (path) => {
      const response = await browse(path);
      expect(response.status).toBe(303);
      expect(response.headers.get('location')).toBe(`/admin/sign-in?next=${encodeURIComponent(path)}`);
      expect(await response.text()).toBe('');
    },
  );

  it('sets a cookie that only this host, over a safe connection and from its own pages, ever sees', async () => {
    const response = await submit('/admin/sign-in', { secret: SECRET, next: '/admin/keys' });
    expect(response.status).toBe(303);
    const cookie = response.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^__Host-session=[0-9a-f.]+;/);
    expect(cookie.split('; ').slice(1).toSorted()).toEqual([
      'HttpOnly',
      'Max-Age=43200',
      'Path=/',
      'SameSite=Strict',
      'Secure',
    ]);
    expect(cookie).not.toContain(SECRET);
    const welcome = await browse(response.headers.get('location') ?? '', { headers: { cookie: cookieOf(response) } });
    expect(welcome.headers.get('location')).toBe('/admin/keys');
  });

  it('refuses a wrong secret and says where the right one is', async () => {
    for (const secret of ['', 'wrong', `${SECRET}x`, SECRET.slice(1)]) {
      const response = await submit('/admin/sign-in', { secret }, { 'cf-connecting-ip': newAddress() });
      expect(response.status).toBe(401);
      expect(response.headers.get('set-cookie')).toBeNull();
      expect(await response.text()).toContain('INTERNAL_SECRET in .dev.vars');
    }
  });

  it('says so when the browser did not keep the cookie', async () => {
    const response = await browse('/admin/welcome?next=%2Fadmin');
    const page = await browse(response.headers.get('location') ?? '');
    expect(await page.text()).toContain('did not keep the session cookie');
  });

  it.each(['https://evil.example/', '//evil.example', '/\\evil.example', '/\t/evil.example', 'javascript:alert(1)'])(
    'never leads on to %s',
    async (next) => {
      const entry = await submit('/admin/sign-in', { secret: SECRET, next });
      expect(entry.headers.get('location')).toBe('/admin/welcome?next=%2Fadmin');
      const welcome = await browse(`/admin/welcome?next=${encodeURIComponent(next)}`, {
        headers: { cookie: cookieOf(entry) },
      });
      expect(welcome.headers.get('location')).toBe('/admin');
      const back = await submit('/preferences', { theme: 'dark', back: next });
      expect(back.headers.get('location')).toBe('/');
    },
  );
});

describe('a session', () => {
  it('has a new id at each sign-in, so that a planted one is worth nothing', async () => {
    const planted = `__Host-session=${'a'.repeat(32)}.${Date.now() + HOUR}.${'b'.repeat(64)}`;
    const before = await browse('/admin', { headers: { cookie: planted } });
    expect(before.status).toBe(303);
    const response = await submit('/admin/sign-in', { secret: SECRET }, { cookie: planted });
    expect(cookieOf(response)).not.toContain('a'.repeat(32));
    const after = await browse('/admin', { headers: { cookie: planted } });
    expect(after.status).toBe(303);
    expect(await signIn()).not.toBe(await signIn());
  });

  it('does not bear a changed letter', async () => {
    const token = await makeSessionToken(SECRET, Date.now());
    const [id = '', end = '', signature = ''] = token.split('.');
    const flip = (text: string) => (text.startsWith('0') ? '1' : '0') + text.slice(1);
    const changed = [
      `${flip(id)}.${end}.${signature}`,
      `${id}.${Number(end) + 1}.${signature}`,
      `${id}.${end}.${flip(signature)}`,
      `${id}.${end}`,
      '',
      '..',
    ];
    for (const text of changed) expect(await readSessionToken(text, SECRET, Date.now())).toBeNull();
    expect(await readSessionToken(token, `${SECRET}2`, Date.now())).toBeNull();
    expect(await readSessionToken(token, SECRET, Date.now())).not.toBeNull();
  });

  it('ends after twelve hours', async () => {
    const token = await makeSessionToken(SECRET, 1_700_000_000_000);
    expect(SESSION_MS).toBe(12 * HOUR);
    expect(await readSessionToken(token, SECRET, 1_700_000_000_000 + 12 * HOUR - 1)).not.toBeNull();
    expect(await readSessionToken(token, SECRET, 1_700_000_000_000 + 12 * HOUR)).toBeNull();
  });

  it('ends at sign-out, for a copy of its cookie too', async () => {
    const operator = await newOperator();
    expect((await operator.open('/admin')).status).toBe(200);
    const out = await operator.send('/admin/sign-out');
    expect(out.headers.get('location')).toBe('/admin/sign-in?out');
    expect(out.headers.get('set-cookie')).toMatch(/^__Host-session=;.*Max-Age=0/);
    expect((await operator.open('/admin')).status).toBe(303);
  });
});

describe('failed sign-ins are slowed by address', () => {
  it('lets an address wait after five failures, and no other one', async () => {
    const address = { 'cf-connecting-ip': newAddress() };
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect((await submit('/admin/sign-in', { secret: 'guess' }, address)).status).toBe(401);
    }
    const refused = await submit('/admin/sign-in', { secret: SECRET }, address);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('set-cookie')).toBeNull();
    const other = await submit('/admin/sign-in', { secret: SECRET }, { 'cf-connecting-ip': newAddress() });
    expect(other.status).toBe(303);
  });
});

describe('forms count only from pages of the router', () => {
  const foreign: Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://router.test:8080' },
    { origin: 'https://router.test' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    {},
  ];
  const forms = ['/admin/keys', '/admin/users', '/admin/users/nobody/disable', '/admin/sign-out', '/admin/ledger'];

  it.each(foreign)('refuses a form from %j', async (headers) => {
    const { cookie } = await newOperator();
    for (const path of [...forms, '/admin/sign-in', '/usage', '/preferences']) {
      const body = new URLSearchParams({ username: 'intruder', secret: SECRET });
      const response = await browse(path, { method: 'POST', body, headers: { ...headers, cookie } });
      expect(response.status).toBe(403);
      expect(response.headers.get('set-cookie')).toBeNull();
    }
    const row = await env.DB.prepare("SELECT count(*) AS n FROM users WHERE name = 'intruder'").first<{ n: number }>();
    expect(row?.n).toBe(0);
    expect((await browse('/admin', { headers: { cookie } })).status).toBe(200);
  });

  it('takes a form whose browser tells the site in place of the origin', async () => {
    const body = new URLSearchParams({ secret: SECRET });
    const headers = { 'sec-fetch-site': 'same-origin', 'cf-connecting-ip': newAddress() };
    expect((await browse('/admin/sign-in', { method: 'POST', body, headers })).status).toBe(303);
  });

  it('sends who has no session to the sign-in page, and changes nothing', async () => {
    for (const path of forms) {
      const response = await submit(path, { username: 'stranger' });
      expect(response.status).toBe(303);
      expect(response.headers.get('location')).toBe('/admin/sign-in?next=%2Fadmin');
    }
    const row = await env.DB.prepare("SELECT count(*) AS n FROM users WHERE name = 'stranger'").first<{ n: number }>();
    expect(row?.n).toBe(0);
  });
});

describe('without a secret there is no console', () => {
  it.each(['', 'x'.repeat(40), 'a-secret-of-31-characters-only.'])(
    'answers 404 everywhere for INTERNAL_SECRET=%j',
    async (secret) => {
      const bare = { ...env, INTERNAL_SECRET: secret };
      for (const path of ['/admin', '/admin/sign-in', '/admin/keys', '/admin/welcome']) {
        const response = await app.fetch(new Request(`${ORIGIN}${path}`), bare, createExecutionContext());
        expect(response.status).toBe(404);
        expect(await response.json()).toMatchObject({ error: { code: 'not_found' } });
      }
      const request = new Request(`${ORIGIN}/admin/sign-in`, {
        method: 'POST',
        body: new URLSearchParams({ secret }),
        headers: { origin: ORIGIN },
      });
      expect((await app.fetch(request, bare, createExecutionContext())).status).toBe(404);
      const home = await app.fetch(new Request(`${ORIGIN}/`), bare, createExecutionContext());
      expect(await home.text()).not.toContain('href="/admin"');
    },
  );
});
