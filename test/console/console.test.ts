import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { hashSecret } from '../../src/keys/secret.ts';
import { requestId } from '../../src/protocol/request-id.ts';
import { makeKey } from '../support/keys.ts';
import { get, openaiClient } from '../support/router.ts';
import { allPages, browse, logRequest, newAddress, newOperator, submit } from './operator.ts';

type Operator = Awaited<ReturnType<typeof newOperator>>;

let operator: Operator;

beforeAll(async () => {
  operator = await newOperator();
});

/** The value of a hidden field or the text of an element with an id. */
function find(html: string, pattern: RegExp): string {
  return pattern.exec(html)?.[1] ?? '';
}

function secretIn(html: string): string {
  return find(html, /id="key">([^<]+)</);
}

async function makeThroughForm(fields: Record<string, string>): Promise<{ id: string; secret: string; html: string }> {
  const form = await operator.read('/admin/keys/new');
  const id = find(form, /name="id" value="([^"]+)"/);
  const response = await operator.send('/admin/keys', { id, prefix: 'sk', expires: '', purpose: 'default', ...fields });
  const html = await response.text();
  expect(response.status, html.slice(0, 300)).toBe(200);
  return { id, secret: secretIn(html), html };
}

async function chatStatus(secret: string): Promise<number> {
  const response = await get('/api/v1/chat/completions', {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'test/echo', messages: [{ role: 'user', content: 'hi' }] }),
  });
  await response.text();
  return response.status;
}

/** The settings of a key's form as they stand, with changes. */
async function save(id: string, changes: Record<string, string>): Promise<Response> {
  const settings = { name: '', expires_at: '', models: '', purpose: 'default', reasoning: 'think', ...changes };
  return await operator.send(`/admin/keys/${id}`, settings);
}

async function auditOf(target: string): Promise<string[]> {
  const rows = await env.DB.prepare('SELECT actor, action, details FROM audit WHERE target = ? ORDER BY id')
    .bind(target)
    .all();
  return rows.results.map((row) => `${row['actor']} ${row['action']}`);
}

describe('a key made in the console', () => {
  it('works at once, is shown once, and nothing but its hash is kept', async () => {
    const { id, secret, html } = await makeThroughForm({
      username: 'newcomer',
      name: 'laptop',
      budget_day_usd: '2.50',
    });
    expect(secret).toMatch(/^sk-[0-9A-Za-z]{49}$/);
    expect(html).toContain('http://router.test/api/v1');
    expect(html).toContain('Override OpenAI Base URL');
    expect(html).toContain('curl http://router.test/api/v1/chat/completions');
    const answer = await openaiClient(secret).chat.completions.create({
      model: 'test/echo',
      messages: [{ role: 'user', content: 'hello from the console' }],
    });
    expect(answer.choices[0]?.message.content).toBe('hello from the console');
    for (const path of allPages(id, 'req_none')) expect(await operator.read(path)).not.toContain(secret);
    const row = await env.DB.prepare('SELECT hash, owner, name, budget_day_usd FROM api_keys WHERE id = ?')
      .bind(id)
      .first();
    expect(row).toEqual({ hash: await hashSecret(secret), owner: 'newcomer', name: 'laptop', budget_day_usd: 2.5 });
    expect(await auditOf(id)).toEqual(['console key.create']);
    expect(await auditOf('newcomer')).toEqual(['console user.create']);
    await makeThroughForm({ username: 'newcomer' });
    expect(await auditOf('newcomer')).toHaveLength(1);
  });

  it('is made once when its form is sent several times, at the same moment too', async () => {
    const id = find(await operator.read('/admin/keys/new'), /name="id" value="([^"]+)"/);
    const form = { id, username: 'twice', prefix: 'sk', expires: '', purpose: 'default' };
    const answers = await Promise.all(Array.from({ length: 4 }, () => operator.send('/admin/keys', form)));
    const pages = await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409]);
    const secrets = pages.map(secretIn).filter((secret) => secret !== '');
    expect(await Promise.all(secrets.map(chatStatus))).toEqual([200]);
    expect(await auditOf(id)).toEqual(['console key.create']);
    const row = await env.DB.prepare("SELECT count(*) AS n FROM api_keys WHERE owner = 'twice'").first<{ n: number }>();
    expect(row?.n).toBe(1);
  });

  it.each([
    ['username', 'not a name', 'Use 1 to 64 letters'],
    ['username', '', 'Use 1 to 64 letters'],
    ['prefix', 'SK', 'lower-case letters'],
    ['expires', 'tomorrow', 'such as 90d'],
    ['rpm', '1.5', 'whole number'],
    ['rpm', '0', 'whole number'],
    ['tpm', '-1', 'whole number'],
    ['budget_day_usd', '1e3', 'amount in USD'],
    ['models', 'deepseek/*, <script>', 'provider/model'],
    ['purpose', 'world peace', 'Choose one'],
    ['reasoning', 'loudly', 'Choose one'],
  ])('is not made with %s=%j; the form comes back with what was typed', async (field, value, words) => {
    const before = await env.DB.prepare('SELECT count(*) AS n FROM api_keys').first<{ n: number }>();
    const id = find(await operator.read('/admin/keys/new'), /name="id" value="([^"]+)"/);
    const fields = {
      id,
      username: 'somebody',
      prefix: 'sk',
      expires: '',
      purpose: 'default',
      name: 'kept',
      [field]: value,
    };
    const response = await operator.send('/admin/keys', fields);
    expect(response.status).toBe(400);
    const html = await response.text();
    expect(html).toContain('Nothing was saved yet');
    expect(html).toContain('value="kept"');
    if (field !== 'purpose' && field !== 'reasoning') {
      expect(html).toContain(words);
      expect(html).toMatch(new RegExp(`id="${field}"[^>]*aria-invalid="true"[^>]*aria-describedby="${field}-error`));
    }
    const after = await env.DB.prepare('SELECT count(*) AS n FROM api_keys').first<{ n: number }>();
    expect(after?.n).toBe(before?.n);
  });
});

describe('a change in the console holds from the next request on', () => {
  it('sets a limit, lifts it, disables and enables', async () => {
    const { id, secret } = await makeThroughForm({ username: 'limits' });
    expect(await chatStatus(secret)).toBe(200);
    const saved = await save(id, { budget_total_usd: '0', rpm: '', name: 'mine' });
    expect(saved.headers.get('location')).toBe(`/admin/keys/${id}?done=saved`);
    expect(await operator.read(`/admin/keys/${id}?done=saved`)).toContain('It holds from the next request on');
    expect(await chatStatus(secret)).toBe(402);
    await save(id, { budget_total_usd: '', name: 'mine' });
    expect(await chatStatus(secret)).toBe(200);
    await save(id, { models: 'deepseek/*' });
    expect(await chatStatus(secret)).toBe(403);
    await save(id, { models: '' });
    await operator.send(`/admin/keys/${id}/disable`);
    expect(await chatStatus(secret)).toBe(401);
    await operator.send(`/admin/keys/${id}/enable`);
    expect(await chatStatus(secret)).toBe(200);
    const actions = await auditOf(id);
    expect(actions.slice(0, 3)).toEqual(['console key.create', 'console key.update', 'console key.update']);
    expect(actions).toHaveLength(7);
  });

  it('keeps settings that could not be taken out, and says which', async () => {
    const { id } = await makeThroughForm({ username: 'careful', rpm: '5' });
    const response = await save(id, { rpm: 'many', tpm: '10' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('value="many"');
    const row = await env.DB.prepare('SELECT rpm, tpm FROM api_keys WHERE id = ?').bind(id).first();
    expect(row).toEqual({ rpm: 5, tpm: null });
  });

  it('rotates once where forms come at the same moment, so that the secret in use keeps its grace period', async () => {
    const { id, secret } = await makeThroughForm({ username: 'hasty' });
    const revision = find(await operator.read(`/admin/keys/${id}`), /name="revision" value="(\d+)"/);
    const rotate = () => operator.send(`/admin/keys/${id}/rotate`, { revision, grace: '1h' });
    const answers = await Promise.all([rotate(), rotate(), rotate(), rotate()]);
    const pages = await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 303, 303, 303]);
    const secrets = pages.map(secretIn).filter((shown) => shown !== '');
    expect(await Promise.all([secret, ...secrets].map(chatStatus))).toEqual([200, 200]);
    expect(await auditOf(id)).toEqual(['console key.create', 'console key.rotate']);
  });

  it('rotates once a form, with and without a grace period', async () => {
    const { id, secret } = await makeThroughForm({ username: 'rotating' });
    const page = await operator.read(`/admin/keys/${id}`);
    const revision = find(page, /name="revision" value="(\d+)"/);
    const first = await operator.send(`/admin/keys/${id}/rotate`, { revision, grace: '1h' });
    const second = secretIn(await first.text());
    expect(second).not.toBe(secret);
    expect([await chatStatus(secret), await chatStatus(second)]).toEqual([200, 200]);
    const repeated = await operator.send(`/admin/keys/${id}/rotate`, { revision, grace: '1h' });
    expect(repeated.headers.get('location')).toBe(`/admin/keys/${id}?done=stale`);
    expect(await chatStatus(second)).toBe(200);
    const wrong = await operator.send(`/admin/keys/${id}/rotate`, { revision, grace: 'soon' });
    expect(wrong.status).toBe(400);
    const newer = find(await operator.read(`/admin/keys/${id}`), /name="revision" value="(\d+)"/);
    const last = await operator.send(`/admin/keys/${id}/rotate`, { revision: newer, grace: '0s' });
    const third = secretIn(await last.text());
    expect([await chatStatus(secret), await chatStatus(second), await chatStatus(third)]).toEqual([401, 401, 200]);
  });

  it('revokes for good', async () => {
    const { id, secret } = await makeThroughForm({ username: 'leaving' });
    const response = await operator.send(`/admin/keys/${id}/revoke`);
    expect(response.headers.get('location')).toBe(`/admin/keys/${id}?done=revoked`);
    expect(await chatStatus(secret)).toBe(401);
    const enabled = await operator.send(`/admin/keys/${id}/enable`);
    expect(enabled.headers.get('location')).toBe(`/admin/keys/${id}?done=stale`);
    expect(await chatStatus(secret)).toBe(401);
    expect(await operator.read(`/admin/keys/${id}`)).toContain('This key is revoked');
  });

  it('disables a person with all their keys, and enables them', async () => {
    const { secret } = await makeThroughForm({ username: 'person' });
    expect((await operator.send('/admin/users/person/disable')).headers.get('location')).toContain('done=disabled');
    expect(await chatStatus(secret)).toBe(401);
    await operator.send('/admin/users/person/enable');
    expect(await chatStatus(secret)).toBe(200);
    expect(await auditOf('person')).toEqual(['console user.create', 'console user.disable', 'console user.enable']);
  });

  it('adds a person, but not twice and not under any name', async () => {
    expect((await operator.send('/admin/users', { username: 'fresh' })).headers.get('location')).toContain(
      'done=created',
    );
    const again = await operator.send('/admin/users', { username: 'fresh' });
    expect(again.status).toBe(400);
    expect(await again.text()).toContain('There is a user fresh already');
    expect((await operator.send('/admin/users', { username: 'two words' })).status).toBe(400);
    expect((await operator.send('/admin/users/nobody-at-all/disable')).status).toBe(404);
  });
});

describe('pages', () => {
  let keyId = '';
  let id = '';

  beforeAll(async () => {
    ({
      key: { id: keyId },
    } = await makeKey({ name: 'shown', budgetMonthUsd: 10, rpm: 5 }));
    id = requestId(Date.now());
    await logRequest({ request_id: id, key_id: keyId, owner: 'shown-owner' });
    await logRequest({ request_id: id, key_id: keyId, owner: 'shown-owner', kind: 'adjust', cost_nano_usd: -90_000 });
    await logRequest({
      request_id: requestId(Date.now()),
      key_id: keyId,
      owner: 'shown-owner',
      end: 'upstream_failed',
      error_code: 'upstream_overloaded',
      status: 503,
      attempts: 2,
      attempt_details: JSON.stringify([{ status: 503, code: 'upstream_overloaded', durationMs: 80 }]),
      first_token_ms: null,
    });
  });

  it.each(['en', 'zh'])('are whole in %s, with a strict policy and nothing inline', async (language) => {
    const reader = await newOperator(`language=${language}`);
    const paths = [...allPages(keyId, id), '/', '/usage', '/admin/nothing', '/admin/requests/req_none'];
    for (const path of paths) {
      const response = await reader.open(path);
      const html = await response.text();
      expect(response.status, path).toBe(/nothing|req_none/.test(path) ? 404 : 200);
      expect(html, path).toMatch(language === 'en' ? /<html lang="en"/ : /<html lang="zh-CN"/);
      expect(response.headers.get('content-security-policy'), path).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
          "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      );
      expect(response.headers.get('cache-control'), path).toBe('no-store');
      expect(response.headers.get('access-control-allow-origin'), path).toBeNull();
      expect(html, path).not.toMatch(/ style=| on[a-z]+=|javascript:|<script>|<style/);
      expect(html, path).not.toMatch(/undefined|NaN|\[object|Invalid Date/);
      expect(html.match(/<h1[ >]/g), path).toHaveLength(1);
      expect(html, path).toMatch(/<title>[^<]+<\/title>/);
    }
  });

  it('carry the policy on refusals too', async () => {
    for (const response of [await browse('/admin'), await submit('/admin/sign-in', {}), await submit('/usage', {})]) {
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('show what the log holds, exactly', async () => {
    const page = await operator.read(`/admin/requests/${id}`);
    expect(page).toContain('$0.00109');
    expect(page).toContain('−$0.00009');
    expect(page).toContain('test-2026-01-01');
    const list = await operator.read(`/admin/requests?key=${keyId}&end=failed`);
    expect(list.match(/upstream_overloaded/g)).toHaveLength(1);
    expect(await operator.read('/admin/requests?model=test%2Fnothing')).toContain('No request matches');
    expect(await operator.read('/admin/keys?q=shown')).toContain(keyId);
    expect(await operator.read('/admin/keys?q=no-such-key')).toContain('No key matches');
  });

  it('tell what could not be written and where sums differ, and what to do then', async () => {
    expect(await operator.read('/admin/ledger')).not.toContain('Dead letters');
    const { id: lost, secret } = await makeThroughForm({ username: 'lost' });
    expect(await chatStatus(secret)).toBe(200);
    await operator.send('/admin/ledger');
    await vi.waitFor(async () => expect(await operator.read(`/admin/requests?key=${lost}`)).toContain('completed'), {
      timeout: 10_000,
    });
    await env.DB.prepare('DELETE FROM request_logs WHERE key_id = ?').bind(lost).run();
    await env.DB.prepare("INSERT INTO dead_letters (id, body, reason) VALUES ('letter', '{}', 'D1 was full')").run();
    const page = await operator.read('/admin/ledger');
    await env.DB.prepare('DELETE FROM usage_daily WHERE key_id = ?').bind(lost).run();
    const later = await operator.read('/admin/ledger');
    await env.DB.prepare("DELETE FROM dead_letters WHERE id = 'letter'").run();
    expect(page).toContain('D1 was full');
    expect(page).toContain('npm run ledger -- dead-letters retry all');
    // A row sent again adds to both of D1's sums: where only one of them was emptied it is of no use.
    expect(page).toContain('edited by hand');
    expect(page).not.toContain('npm run ledger -- repair');
    expect(later).toContain('npm run ledger -- repair');
  });

  it('page through the log by cursor, each request once', async () => {
    const owner = `many-${Date.now()}`;
    const ids = Array.from({ length: 120 }, (_, index) => requestId(Date.now() - index * 1000));
    for (const each of ids) await logRequest({ request_id: each, key_id: keyId, owner });
    const seen: string[] = [];
    let path: string | undefined = `/admin/requests?owner=${owner}`;
    for (let page = 0; path !== undefined && page < 5; page += 1) {
      const html: string = await operator.read(path);
      seen.push(...Array.from(html.matchAll(/href="\/admin\/requests\/(req_[0-9a-z]+)"/g), (match) => match[1] ?? ''));
      path = /href="([^"]+)" rel="next"/.exec(html)?.[1]?.replaceAll('&amp;', '&');
    }
    expect(seen).toEqual(ids.toSorted().toReversed());
  });

  it('come in the language the browser asks for, until one is chosen', async () => {
    expect(await (await browse('/', { headers: { 'accept-language': 'zh-TW,en;q=0.8' } })).text()).toContain('zh-CN');
    expect(await (await browse('/', { headers: { 'accept-language': 'fr' } })).text()).toContain('lang="en"');
    const chosen = await submit('/preferences', { language: 'zh', back: '/usage?x=1' });
    expect(chosen.headers.get('location')).toBe('/usage?x=1');
    expect(chosen.headers.get('set-cookie')).toMatch(/^language=zh; .*HttpOnly/);
    const none = await submit('/preferences', { language: 'constructor', theme: '<script>', back: '/' });
    expect(none.headers.get('set-cookie')).toBeNull();
  });

  it('load files that may be kept for good', async () => {
    const html = await (await browse('/')).text();
    for (const [, path = ''] of html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)) {
      const file = await browse(path);
      expect(file.status, path).toBe(200);
      expect(file.headers.get('cache-control')).toContain('immutable');
      expect(file.headers.get('content-type')).toMatch(/^(text\/css|text\/javascript|image\/svg)/);
    }
    expect((await browse('/assets/nothing.js')).status).toBe(404);
  });

  it('answer odd bodies and addresses without a fault', async () => {
    const bodies = ['%', '%00=%ff', 'a'.repeat(1000), '{"a":1}', '\u0000', '__proto__=1&constructor=2&id=key_x'];
    const paths = [
      '/admin/sign-in',
      '/admin/keys',
      `/admin/keys/${keyId}`,
      `/admin/keys/${keyId}/rotate`,
      '/admin/users',
      '/usage',
      '/preferences',
    ];
    const types = ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain'];
    async function sendAll(path: string, first: number): Promise<void> {
      for (const [index, body] of bodies.entries()) {
        const headers = {
          origin: 'http://router.test',
          'content-type': types[(first + index) % types.length] ?? '',
          cookie: operator.cookie,
          'cf-connecting-ip': newAddress(),
        };
        const response = await browse(path, { method: 'POST', body, headers });
        expect(response.status, `${path} ${headers['content-type']} ${body.slice(0, 20)}`).toBeLessThan(500);
        await response.body?.cancel();
      }
    }
    await Promise.all(paths.map(sendAll));
    const large = await submit('/admin/users', { username: 'x'.repeat(70_000) }, { cookie: operator.cookie });
    expect(large.status).toBe(413);
    const odd = [
      '/admin/requests?cursor=%00&key=%27',
      '/admin/keys?cursor=x&owner=%22',
      '/admin/changes?cursor=-1',
      '/admin/users?cursor=%F0%9F%99%82',
      '/admin/keys/%2e%2e',
      '/admin/requests/%3Cscript%3E',
    ];
    for (const path of odd) expect((await operator.open(path)).status, path).toBeLessThan(500);
  });
});

describe('no stored text becomes markup', () => {
  const MARK = '"\'><img src=x onerror=alert(1)><script>alert(2)</script></textarea>';

  it('shows names, models, errors and changes as the text they are', async () => {
    const keyId = `key_${'0'.repeat(26)}`;
    const id = requestId(Date.now() + 1000);
    await env.DB.prepare('INSERT INTO users (name, created_at) VALUES (?, ?)').bind(MARK.slice(0, 64), MARK).run();
    await env.DB.prepare(
      "INSERT INTO api_keys (id, owner, purpose, name, hash, prefix, last4, models, budget_day_usd, reasoning) VALUES (?, ?, ?, ?, 'h', ?, ?, ?, 1.0, 'think')",
    )
      .bind(keyId, MARK.slice(0, 64), MARK, MARK, MARK, MARK, MARK)
      .run();
    const texts = [
      'owner',
      'purpose',
      'provider',
      'model',
      'requested_model',
      'source',
      'price_revision',
      'finish_reason',
      'vendor_finish_reason',
      'error_code',
      'colo',
    ];
    const details = JSON.stringify([{ status: 500, code: MARK, durationMs: 1 }]);
    const marked = Object.fromEntries(texts.map((column) => [column, MARK]));
    await logRequest({ ...marked, request_id: id, key_id: keyId, end: 'upstream_failed', attempt_details: details });
    await env.DB.prepare("INSERT INTO audit (at, actor, action, target, details) VALUES (?, 'cli', ?, ?, ?)")
      .bind(new Date().toISOString(), `key.${MARK}`, MARK, MARK)
      .run();
    await env.DB.prepare('INSERT INTO dead_letters (id, body, reason) VALUES (?, ?, ?)').bind(MARK, '{}', MARK).run();
    const query = encodeURIComponent(MARK);
    const paths = [
      ...allPages(keyId, id),
      `/admin/keys?q=${query}`,
      `/admin/keys?owner=${query}`,
      `/admin/requests?owner=${query}&model=${query}&key=${query}&end=${query}`,
      `/admin/requests/${query}`,
      `/admin/keys/${keyId}?done=${query}`,
      `/admin/${query}`,
      `/admin/sign-in?next=${query}`,
    ];
    let shown = 0;
    for (const path of paths) {
      const html = await operator.read(path);
      expect(html, path).not.toMatch(/<img|<script>|onerror=alert\(1\)>|"'>/);
      shown += html.split('&lt;img src=x onerror=alert(1)&gt;').length - 1;
    }
    expect(shown).toBeGreaterThan(20);
    expect((await operator.open(`/admin/keys?q=${'%25_'.repeat(60)}`)).status).toBe(200);
    const refused = await operator.send('/admin/users', { username: MARK });
    expect(await refused.text()).not.toMatch(/<img|<script>/);
  });

  it('shows a model name that a client made up as text', async () => {
    const { secret, key } = await makeKey();
    await get('/api/v1/chat/completions', {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: MARK, messages: [{ role: 'user', content: 'hi' }] }),
    });
    await operator.send('/admin/ledger');
    const html = await operator.read(`/admin/keys/${key.id}`);
    expect(html).toContain('&lt;img src=x');
    expect(html).not.toMatch(/<img|<script>/);
  });
});

describe('a key holder', () => {
  it('sees limits, spend and last requests of the own key', async () => {
    const { secret, key } = await makeKey({ name: 'holder', budgetDayUsd: 5, rpm: 100 });
    expect(await chatStatus(secret)).toBe(200);
    await operator.send('/admin/ledger');
    const response = await submit('/usage', { key: ` ${secret} ` });
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(html).toContain('holder');
    expect(html).toContain('of $5.00');
    expect(html).toContain('begins anew');
    expect(html).toContain('completed');
    expect(html).not.toContain(secret);
    expect(html).not.toContain('/admin');
    expect(html).not.toContain(key.hash);
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  it('is told on the page, with an id, when the log cannot be read', async () => {
    const { secret } = await makeKey();
    await env.DB.prepare('ALTER TABLE request_logs RENAME TO unreadable').run();
    const response = await submit('/usage', { key: secret });
    await env.DB.prepare('ALTER TABLE unreadable RENAME TO request_logs').run();
    expect(response.status).toBe(500);
    const html = await response.text();
    expect(html).toContain('<h1>Usage of your key</h1>');
    expect(html).toContain(response.headers.get('x-request-id'));
    expect(html).not.toMatch(/no such table|request_logs|SELECT/i);
  });

  it('is told nothing about a key that may not be used', async () => {
    const { secret, key } = await makeKey();
    await operator.send(`/admin/keys/${key.id}/disable`);
    const unknown = `sk-${'a'.repeat(43)}`;
    for (const wrong of [secret, secret.slice(0, -1), unknown, '', 'sk-1']) {
      const response = await submit('/usage', { key: wrong });
      expect(response.status).toBe(401);
      expect(await response.text()).not.toContain(key.owner);
    }
  });
});
