import { env, exports } from 'cloudflare:workers';
import { expect, vi } from 'vitest';

let counter = 0;
/** A name that no other test uses. */
export function someone(): string {
  counter += 1;
  return `person${counter}`;
}

/** A request to /internal with the secret. */
export async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: ReturnType<typeof JSON.parse> }> {
  const response = await exports.default.fetch(`https://router.test/internal${path}`, {
    method,
    headers: { authorization: `Bearer ${env.INTERNAL_SECRET}`, ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
  return { status: response.status, body: JSON.parse(await response.text()) };
}

/** The status of a chat with a key. */
export async function echo(key: string): Promise<number> {
  const response = await exports.default.fetch('https://router.test/api/v1/chat/completions', {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'test/echo', messages: [{ role: 'user', content: 'hi' }] }),
  });
  await response.arrayBuffer();
  return response.status;
}

/** A key made through /internal, for a new user. */
export async function makeKey(more: Record<string, unknown> = {}) {
  const { status, body } = await call('POST', '/keys', { username: someone(), ...more });
  expect(status, JSON.stringify(body)).toBe(201);
  return body;
}

/** Who did what to a key, user or letter, in order. */
export async function audited(target: string): Promise<string[]> {
  const { results } = await env.DB.prepare('SELECT actor, action FROM audit WHERE target = ? ORDER BY id')
    .bind(target)
    .all();
  return results.map((row) => `${row['actor']} ${row['action']}`);
}

/** Runs the sweep until every row is in D1. */
export async function settleAll(): Promise<void> {
  await vi.waitFor(
    async () => {
      const response = await exports.default.fetch('https://router.test/worker/settle', {
        method: 'POST',
        headers: { authorization: `Bearer ${env.INTERNAL_SECRET}` },
      });
      expect(JSON.parse(await response.text())).toMatchObject({ pending: 0 });
    },
    { timeout: 20_000, interval: 200 },
  );
}
