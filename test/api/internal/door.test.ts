import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import { app } from '../../../src/app.ts';
import { call } from './call.ts';

describe('the door of /internal', () => {
  test('opens for the secret alone, and speaks JSON', async () => {
    for (const authorization of [
      '',
      'Bearer ',
      'Bearer wrong',
      `Basic ${env.INTERNAL_SECRET}`,
      `Bearer ${env.INTERNAL_SECRET}x`,
    ]) {
      const answer = await call('GET', '/users', undefined, { authorization });
      expect(answer).toMatchObject({ status: 401, body: { error: { code: 'invalid_credentials', param: null } } });
    }
    expect((await call('GET', '/users')).status).toBe(200);
    expect(await call('GET', '/nothing')).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
    expect(await call('PUT', '/keys')).toMatchObject({ status: 405, body: { error: { code: 'method_not_allowed' } } });
  });
});

describe('without an INTERNAL_SECRET of 32 characters', () => {
  test.each(['', 'x'.repeat(31)])('(%j) there is nothing at /internal, for its bearer too', async (secret) => {
    for (const path of ['/internal/users', '/internal/keys', '/internal/nothing']) {
      const request = new Request(`https://router.test${path}`, { headers: { authorization: `Bearer ${secret}` } });
      const response = await app.fetch(request, { ...env, INTERNAL_SECRET: secret }, createExecutionContext());
      const unknown = await app.fetch(new Request('https://router.test/nothing'), { ...env }, createExecutionContext());
      expect(response.status).toBe(404);
      const message = JSON.stringify(await unknown.json()).replace('/nothing', path);
      expect(JSON.stringify(await response.json())).toBe(message);
    }
  });

  test.each(['x'.repeat(31), 'abcdefg'.repeat(9)])('(%j) the log says why, without it', async (secret) => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    await app.fetch(
      new Request('https://router.test/worker/ping'),
      { ...env, INTERNAL_SECRET: ` ${secret}\n` },
      createExecutionContext(),
    );
    const lines = printed.mock.calls.map(([line]) => String(line));
    printed.mockRestore();
    expect(lines).toEqual([expect.stringContaining('at least 32 characters, 8 of them different')]);
    expect(lines.join()).not.toContain(secret);
  });
});
