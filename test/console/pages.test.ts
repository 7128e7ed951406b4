import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { requestId } from '../../src/protocol/request-id.ts';
import { makeKey } from '../support/keys.ts';
import { chatStatus, makeThroughForm, type Operator } from './key-form.ts';
import { allPages, browse, logRequest, newAddress, newOperator, submit } from './operator.ts';
import { wholeWords } from './whole-words.ts';

let operator: Operator;

beforeAll(async () => {
  operator = await newOperator();
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
    const paths = [...allPages(keyId, id), '/', '/me', '/admin/nothing', '/admin/requests/req_none'];
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

  it.each(['en', 'zh'])(
    'tell every time as an instant that a browser can show in another zone (%s)',
    async (language) => {
      const reader = await newOperator(`language=${language}`);
      let told = 0;
      for (const path of allPages(keyId, id)) {
        const html = await reader.read(path);
        told += html.match(/<time datetime="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/g)?.length ?? 0;
        // A chart's hours are parts of its scale.
        const text = html.replaceAll(/<(time|figure|script|textarea)\b.*?<\/\1>|<[^>]*>/gs, ' ');
        expect(text, path).not.toMatch(/\d\d-\d\d \d\d:\d\d/);
      }
      expect(told).toBeGreaterThan(10);
    },
  );

  it('call keys by their names and owners in the ledger and in the audit log, with the id on demand', async () => {
    const made = await makeThroughForm(operator, { username: 'named-owner', name: 'by-name' });
    expect(await chatStatus(made.secret)).toBe(200);
    const link = new RegExp(
      `<a href="/admin/keys/${made.id}" title="${made.id}">by-name</a><small>named-owner <span class="mono wide-only">${made.id}`,
    );
    expect(await operator.read('/admin/changes')).toMatch(link);
    await vi.waitFor(async () => expect(await operator.read('/admin/ledger')).toMatch(link), { timeout: 5_000 });
    await env.DB.prepare("INSERT INTO audit (actor, action, target) VALUES ('cli', 'key.create', 'key_gone')").run();
    expect(await operator.read('/admin/changes')).toContain('<a class="mono" href="/admin/keys/key_gone">key_gone</a>');
  });

  it('say of an embedding that it has no answer that could be long', async () => {
    const html = wholeWords(await operator.read('/admin/models'));
    const [, row = ''] = html.split('zai/embedding-3</span>');
    expect(row.slice(0, row.indexOf('</tr>'))).toMatch(/3\.1K<small>–<\/small>/);
    const [, chat = ''] = html.split('zai/glm-5.3</span>');
    expect(chat.slice(0, chat.indexOf('</tr>'))).toMatch(/1M<small>131K<\/small>/);
  });

  it('carry the policy on refusals too', async () => {
    for (const response of [await browse('/admin'), await submit('/admin/sign-in', {}), await submit('/usage', {})]) {
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('tell of each try of a request where it was, with which key, and what broke off', async () => {
    const tried = requestId(Date.now());
    const zai = { provider: 'zai', model: 'glm-5.3-flash', credential: 'team-a', ms: 12 };
    const details = [
      { ...zai, status: 200, code: 'upstream_error', cost_nano_usd: 1_350 },
      { provider: 'moonshot', model: 'kimi-k2.6', credential: '#1', status: 200, code: null, ms: 80 },
    ];
    await logRequest({
      ...{ request_id: tried, key_id: keyId, owner: 'shown-owner', attempts: 2 },
      attempt_details: JSON.stringify(details),
    });
    const page = await operator.read(`/admin/requests/${tried}`);
    const text = wholeWords(page).replaceAll(/(<[^>]*>)+/g, ' | ');
    expect(text).toMatch(/zai\/glm-5\.3-flash \| team-a \| 200 \| upstream_error \| 12\sms \| \$0\.00000135/);
    expect(text).toMatch(/moonshot\/kimi-k2\.6 \| #1 \| 200 \| served \| 80\sms/);
  });

  it('show what the log holds, exactly', async () => {
    const page = await operator.read(`/admin/requests/${id}`);
    expect(page).toContain('$0.00109');
    expect(page).toContain('−$0.00009');
    expect(page).toContain('test-2026-01-01');
    expect(page).not.toContain('Notice');
    const lost = requestId(Date.now());
    await logRequest({ request_id: lost, key_id: keyId, owner: 'shown-owner', notice: 'reasoning_lost' });
    expect(await operator.read(`/admin/requests/${lost}`)).toContain('A key with the purpose reasoning gives it back.');
    const list = wholeWords(await operator.read(`/admin/requests?key=${keyId}&end=failed`));
    expect(list.match(/upstream_overloaded/g)).toHaveLength(1);
    expect(await operator.read('/admin/requests?model=test%2Fnothing')).toContain('No request matches');
    expect(await operator.read('/admin/keys?q=shown')).toContain(keyId);
    expect(await operator.read('/admin/keys?q=no-such-key')).toContain('No key matches');
  });

  it('tell what could not be written and where sums differ, and what to do then', async () => {
    expect(await operator.read('/admin/ledger')).not.toContain('Dead letters');
    const { id: lost, secret } = await makeThroughForm(operator, { username: 'lost' });
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

  it('say of a row of refusals how many more it stands for, in the list and on its page', async () => {
    const each = requestId(Date.now());
    const row = { request_id: each, key_id: keyId, owner: `refused-${Date.now()}`, end: 'rejected', repeated: 1_234 };
    await logRequest(row);
    for (const path of [`/admin/requests?owner=${row.owner}`, `/admin/requests/${each}`])
      expect(await operator.read(path)).toContain('+ 1,234 refused');
    expect(await operator.read(`/admin/requests/${id}`)).not.toContain(' refused');
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
      '/admin/users/nobody',
      '/admin/teams',
      '/admin/teams/nobody',
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
