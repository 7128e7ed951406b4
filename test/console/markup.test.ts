import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { requestId } from '../../src/protocol/request-id.ts';
import { makeKey } from '../support/keys.ts';
import { get } from '../support/router.ts';
import type { Operator } from './key-form.ts';
import { allPages, logRequest, newOperator } from './operator.ts';

let operator: Operator;

beforeAll(async () => {
  operator = await newOperator();
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
