import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { hashSecret } from '../../../src/keys/secret.ts';
import { internal } from '../../support/router.ts';

const TEMPLATE = '/internal/member-template';

function send(method: string, path: string, body?: unknown): Promise<Response> {
  return internal(path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

async function auditOf(target: string): Promise<string[]> {
  const { results } = await env.DB.prepare('SELECT actor, action FROM audit WHERE target = ? ORDER BY id')
    .bind(target)
    .all();
  return results.map(({ actor, action }) => `${actor} ${action}`);
}

describe('/internal/member-template', () => {
  it('is off until somebody switches it on, and tells what was set', async () => {
    expect(await (await internal(TEMPLATE)).json()).toMatchObject({
      enabled: false,
      models: null,
      expires_after: null,
    });
    const change = {
      enabled: true,
      max_keys: 2,
      models: ['test/*'],
      rpm: 60,
      budget_month_usd: 40,
      expires_after: '90d',
    };
    const changed = await send('PATCH', TEMPLATE, change);
    expect([changed.status, await changed.json()]).toMatchObject([200, change]);
    expect(await (await send('PATCH', TEMPLATE, { rpm: 'none', expires_after: null })).json()).toMatchObject({
      ...change,
      rpm: null,
      expires_after: null,
    });
    expect(await (await internal(TEMPLATE)).json()).toMatchObject({ max_keys: 2, rpm: null });
    const put = await (await send('PUT', TEMPLATE, { rpm: 5 })).json();
    expect(put).toMatchObject({ enabled: false, max_keys: 5, models: null, rpm: 5, budget_month_usd: null });
    expect(await auditOf('members')).toEqual(Array(3).fill('api template.update'));
  });

  it.each([
    [{ max_keys: 0 }, 'max_keys'],
    [{ max_keys: 1.5 }, 'max_keys'],
    [{ max_keys: null }, 'max_keys'],
    [{ expires_after: '0s' }, 'expires_after'],
    [{ expires_after: 'soon' }, 'expires_after'],
    [{ expires_after: 90 }, 'expires_after'],
    [{ models: 'deepseek/no-such-model' }, 'models'],
    [{ rpm: -1 }, 'rpm'],
    [{ budget_day_usd: 'much' }, 'budget_day_usd'],
    [{ enabled: 'perhaps' }, 'enabled'],
    [{ owner: 'ann' }, 'owner'],
    [{}, 'body'],
  ])('refuses %j and says what is wrong', async (change, param) => {
    const before = await (await internal(TEMPLATE)).json();
    const refused = await send('PATCH', TEMPLATE, change);
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: { code: 'invalid_value', param } }]);
    expect(await (await internal(TEMPLATE)).json()).toEqual(before);
  });

  it('may be edited by hand, and is off where its row was deleted', async () => {
    await env.DB.prepare('UPDATE member_template SET enabled = 1, rpm = 7').run();
    expect(await (await internal(TEMPLATE)).json()).toMatchObject({ enabled: true, rpm: 7 });
    await env.DB.prepare('DELETE FROM member_template').run();
    expect(await (await internal(TEMPLATE)).json()).toMatchObject({ enabled: false });
    expect((await send('PATCH', TEMPLATE, { enabled: true })).status).toBe(200);
    expect(await (await internal(TEMPLATE)).json()).toMatchObject({ enabled: true, max_keys: 5 });
  });

  it('says which methods it takes', async () => {
    const refused = await send('DELETE', TEMPLATE);
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, PUT, PATCH']);
  });
});

describe('/internal/users/{name}/invitations', () => {
  it('shows the link once and keeps its hash', async () => {
    await send('POST', '/internal/users', { username: 'invited' });
    const made = await send('POST', '/internal/users/invited/invitations');
    expect(made.status).toBe(201);
    const { id, url, expires_at, ...rest } = await made.json<Record<string, string>>();
    expect(rest).toMatchObject({ owner: 'invited', status: 'open', used_at: null, key_id: null });
    expect(url).toMatch(/^http:\/\/router\.test\/invitation\/inv-[0-9A-Za-z]{49}$/);
    expect((Date.parse(expires_at ?? '') - Date.now()) / 86_400_000).toBeCloseTo(7, 2);
    const row = await env.DB.prepare('SELECT hash FROM invitations WHERE id = ?')
      .bind(id ?? '')
      .first();
    const secret = url?.split('/').at(-1) ?? '';
    expect(row).toEqual({ hash: await hashSecret(secret) });
    const list = await (await internal('/internal/users/invited/invitations')).text();
    expect(list).toContain(id);
    expect(list).not.toContain(secret);
    expect(await auditOf('invited')).toEqual(['api user.create', 'api invitation.create']);
    const details = await env.DB.prepare('SELECT group_concat(details) AS all_of_them FROM audit').first();
    expect(JSON.stringify(details)).not.toContain(secret);
  });

  it('is refused for who is disabled, to whom it would be of no use', async () => {
    await send('POST', '/internal/users', { username: 'away' });
    await send('PATCH', '/internal/users/away', { status: 'disabled' });
    const refused = await send('POST', '/internal/users/away/invitations');
    expect([refused.status, await refused.json()]).toMatchObject([409, { error: { code: 'conflict', param: 'name' } }]);
    await send('PATCH', '/internal/users/away', { status: 'active' });
    expect((await send('POST', '/internal/users/away/invitations')).status).toBe(201);
    expect(await auditOf('away')).toEqual([
      'api user.create',
      'api user.disable',
      'api user.enable',
      'api invitation.create',
    ]);
  });

  it('can be taken back, by its own person’s name alone', async () => {
    for (const username of ['one', 'other']) await send('POST', '/internal/users', { username });
    const { id } = await (await send('POST', '/internal/users/one/invitations')).json<{ id: string }>();
    expect((await send('DELETE', `/internal/users/other/invitations/${id}`)).status).toBe(404);
    const taken = await send('DELETE', `/internal/users/one/invitations/${id}`);
    expect([taken.status, await taken.json()]).toMatchObject([200, { status: 'revoked' }]);
    expect((await send('DELETE', `/internal/users/one/invitations/${id}`)).status).toBe(200);
    expect(await auditOf('one')).toEqual(['api user.create', 'api invitation.create', 'api invitation.revoke']);
  });

  it('pages by cursor, and is not there for who is not there', async () => {
    await send('POST', '/internal/users', { username: 'many' });
    const ids: string[] = [];
    for (let each = 0; each < 3; each += 1) {
      ids.push((await (await send('POST', '/internal/users/many/invitations')).json<{ id: string }>()).id);
    }
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: { data: { id: string }[]; next_cursor: string | null } = await (
        await internal(`/internal/users/many/invitations?limit=2&cursor=${cursor}`)
      ).json();
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(ids.toSorted().toReversed());
    for (const method of ['GET', 'POST']) {
      expect((await send(method, '/internal/users/nobody/invitations')).status).toBe(404);
    }
    expect((await send('POST', '/internal/users/many/invitations', { rpm: 5 })).status).toBe(400);
  });
});
