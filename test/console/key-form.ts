import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import { get } from '../support/router.ts';
import type { newOperator } from './operator.ts';

/** Somebody signed in at the console. */
export type Operator = Awaited<ReturnType<typeof newOperator>>;

/** The value of a hidden field or the text of an element with an id. */
export function find(html: string, pattern: RegExp): string {
  return pattern.exec(html)?.[1] ?? '';
}

/** The secret that a page shows. */
export function secretIn(html: string): string {
  return find(html, /id="key">([^<]+)</);
}

/** A key made as an operator makes it. */
export async function makeThroughForm(
  operator: Operator,
  fields: Record<string, string>,
): Promise<{ id: string; secret: string; html: string }> {
  const form = await operator.read('/admin/keys/new');
  const id = find(form, /name="id" value="([^"]+)"/);
  const response = await operator.send('/admin/keys', { id, prefix: 'sk', purpose: 'default', ...fields });
  const html = await response.text();
  expect(response.status, html.slice(0, 300)).toBe(200);
  return { id, secret: secretIn(html), html };
}

/** The status of a chat with a key. */
export async function chatStatus(secret: string): Promise<number> {
  const response = await get('/api/v1/chat/completions', {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'test/echo', messages: [{ role: 'user', content: 'hi' }] }),
  });
  await response.text();
  return response.status;
}

/** The settings of a key's form as they stand, with changes. */
export async function save(operator: Operator, id: string, changes: Record<string, string>): Promise<Response> {
  const settings = { name: '', expires_at: '', models: '', purpose: 'default', reasoning: 'think', ...changes };
  return await operator.send(`/admin/keys/${id}`, settings);
}

/** Who did what to a key or user, in order. */
export async function auditOf(target: string): Promise<string[]> {
  const rows = await env.DB.prepare('SELECT actor, action, details FROM audit WHERE target = ? ORDER BY id')
    .bind(target)
    .all();
  return rows.results.map((row) => `${row['actor']} ${row['action']}`);
}
