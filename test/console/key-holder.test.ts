import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeKey } from '../support/keys.ts';
import { chatStatus, type Operator } from './key-form.ts';
import { newOperator, submit } from './operator.ts';

let operator: Operator;

beforeAll(async () => {
  operator = await newOperator();
});

describe('a key holder', () => {
  it('sees limits, spend and last requests of the own key', async () => {
    const { secret, key } = await makeKey({ name: 'holder', budgetDayUsd: 5, rpm: 100 });
    expect(await chatStatus(secret)).toBe(200);
    await operator.send('/admin/ledger');
    const response = await submit('/me', { key: ` ${secret} ` });
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(html).toContain('holder');
    expect(html).toContain('of $5.00');
    expect(html).toContain('Resets ');
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
