import { describe, expect, test } from 'vitest';
import { audited, call, echo, makeKey, someone } from './call.ts';

/** What one types that no mail program would take, and a sign-in would never bring. */
const SLIPS = ['<ann@example.com>', 'mailto:ann@example.com', '*@example.com', 'ann@example.com,', '"ann"@example.com'];

describe('/internal/users', () => {
  test('are made once, listed by page, and disabled with all their keys', async () => {
    const username = someone();
    expect(await call('POST', '/users', { username })).toMatchObject({
      status: 201,
      body: { name: username, status: 'active' },
    });
    expect(await call('POST', '/users', { username })).toMatchObject({
      status: 409,
      body: { error: { param: 'username' } },
    });
    const keys = [await makeKey({ username }), await makeKey({ username })];
    expect(await call('GET', `/users/${username}`)).toMatchObject({ status: 200, body: { name: username, keys: 2 } });
    for (const { key } of keys) expect(await echo(key)).toBe(200);
    expect(await call('PATCH', `/users/${username}`, { status: 'disabled' })).toMatchObject({
      body: { status: 'disabled' },
    });
    for (const { key } of keys) expect(await echo(key)).toBe(401);
    expect((await call('PATCH', `/users/${username}`, { status: 'active' })).status).toBe(200);
    for (const { key } of keys) expect(await echo(key)).toBe(200);
    expect(await audited(username)).toEqual(['api user.create', 'api user.disable', 'api user.enable']);
  });

  test('have an address in small letters, which is nobody else’s', async () => {
    const [one, other] = [someone(), someone()];
    const made = await call('POST', '/users', { username: one, email: `${one}@Example.COM` });
    expect(made).toMatchObject({ status: 201, body: { email: `${one}@example.com` } });
    const taken = { status: 409, body: { error: { code: 'conflict', param: 'email' } } };
    expect(await call('POST', '/users', { username: other, email: `${one}@example.com` })).toMatchObject(taken);
    expect(await call('GET', `/users/${other}`)).toMatchObject({ status: 404 });
    await call('POST', '/users', { username: other });
    expect(await call('PATCH', `/users/${other}`, { email: `${one}@EXAMPLE.com` })).toMatchObject(taken);
    expect(await call('PATCH', `/users/${one}`, { email: `${one}@example.com` })).toMatchObject({ status: 200 });
    expect(await call('PATCH', `/users/${one}`, { email: null })).toMatchObject({ status: 200, body: { email: null } });
    const moved = await call('PATCH', `/users/${other}`, { email: `${one}@example.com` });
    expect(moved).toMatchObject({ status: 200, body: { name: other, email: `${one}@example.com` } });
    for (const email of ['ann', 'a b@example.com', '@example.com', `${'x'.repeat(250)}@example.com`, 7, ...SLIPS]) {
      const refused = await call('PATCH', `/users/${other}`, { email });
      expect(refused).toMatchObject({ status: 400, body: { error: { param: 'email' } } });
    }
  });

  test('that are not there are 404, names that cannot be are 400', async () => {
    expect(await call('GET', '/users/nobody')).toMatchObject({ status: 404 });
    expect(await call('PATCH', '/users/nobody', { status: 'disabled' })).toMatchObject({ status: 404 });
    for (const username of ['', 'a b', 'ü', 'x'.repeat(65), 7, null]) {
      expect(await call('POST', '/users', { username })).toMatchObject({
        status: 400,
        body: { error: { param: 'username' } },
      });
    }
  });

  test('page by cursor without gaps or repeats', async () => {
    for (let index = 0; index < 5; index += 1) await call('POST', '/users', { username: `paged${index}` });
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await call('GET', `/users?limit=2&cursor=${cursor}`);
      expect(body.data.length).toBeLessThanOrEqual(2);
      seen.push(...body.data.map((user: { name: string }) => user.name));
      cursor = body.next_cursor ?? '';
    } while (cursor !== '');
    const { body } = await call('GET', '/users?limit=200');
    expect(seen).toEqual(body.data.map((user: { name: string }) => user.name));
    expect(await call('GET', '/users?limit=0')).toMatchObject({ status: 400, body: { error: { param: 'limit' } } });
  });

  test.each([
    ['/users', '%00'],
    ['/keys', 'abc'],
    ['/logs', 'req_abc'],
    ['/audit', 'last'],
    ['/ledger/dead-letters', 'a%20b'],
  ])('a cursor that %s never gave is refused: the list would seem to be at its end', async (path, cursor) => {
    const answer = await call('GET', `${path}?cursor=${cursor}`);
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'invalid_value', param: 'cursor' } } });
  });
});
