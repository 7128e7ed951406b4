import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { requestId } from '../../src/protocol/request-id.ts';
import { makeThroughForm, type Operator } from './key-form.ts';
import { logRequest, newOperator } from './operator.ts';

describe('the pages of a user and of a team', () => {
  let operator: Operator;
  let first = '';
  const id = requestId(Date.now());

  beforeAll(async () => {
    operator = await newOperator('language=en');
    ({ id: first } = await makeThroughForm(operator, { username: 'paula', name: 'paula-laptop' }));
    await makeThroughForm(operator, { username: 'paula', name: 'paula-ci' });
    await makeThroughForm(operator, { username: 'quinn' });
    await operator.send('/admin/teams', { teamname: 'pages' });
    for (const name of ['paula', 'quinn']) await operator.send(`/admin/users/${name}`, { team: 'pages' });
    const row = { key_id: first, owner: 'paula', team: 'pages', cost_nano_usd: 2_500_000_000 };
    await logRequest({ request_id: id, ...row, error_code: '<script>alert(1)</script>' });
    await logRequest({
      request_id: requestId(Date.now()),
      key_id: 'key_gone',
      owner: 'left',
      team: 'pages',
      cost_nano_usd: 1_000_000_000,
    });
  });

  it('show a user’s keys, spend, team and last requests', async () => {
    const page = await operator.read('/admin/users/paula');
    for (const text of ['paula-laptop', 'paula-ci', '$2.50', id, 'href="/admin/teams/pages"'])
      expect(page).toContain(text);
    expect(page).not.toContain('<script>alert');
    expect(await operator.read('/admin/users/quinn')).toContain('Their keys have not been used yet.');
  });

  it('show a team’s members by what they have spent, and what all of it came to', async () => {
    const page = await operator.read('/admin/teams/pages');
    expect(page.indexOf('>paula<')).toBeLessThan(page.indexOf('>quinn<'));
    expect(page).toContain('$2.50');
    // Who has left has spent the team's money too.
    expect(page).toContain('$3.50');
  });

  it('show a team’s keys and last requests, and lead to all of them', async () => {
    const page = await operator.read('/admin/teams/pages');
    for (const text of ['Keys (3)', 'paula-laptop', 'paula-ci', id]) expect(page).toContain(text);
    for (const path of ['/admin/keys?team=pages', '/admin/users?team=pages', '/admin/requests?team=pages'])
      expect(page).toContain(`href="${path}"`);
    expect(page).not.toContain('<script>alert');
    expect(await operator.read('/admin/requests?team=pages')).toContain(id);
    expect(page).toMatch(/<details class="danger-zone"><summary[^>]*>Remove team …/);
  });

  it('show the last requests of a user of whatever many keys', async () => {
    await env.DB.batch(
      Array.from({ length: 30 }, (_, index) =>
        env.DB.prepare(
          `INSERT INTO api_keys (id, owner, hash, prefix, last4) VALUES (?, 'quinn', ?, 'sk', 'abcd')`,
        ).bind(`key_0quinn${index}`, `quinn-${index}`),
      ),
    );
    const oldest = requestId(Date.now());
    await logRequest({ request_id: oldest, key_id: 'key_0quinn0', owner: 'quinn' });
    expect(await operator.read('/admin/users/quinn')).toContain(oldest);
  });

  it('ask before a user is disabled, and say what stops; it can be undone', async () => {
    const list = await operator.read('/admin/users');
    expect(list).toContain('href="/admin/users/paula#status"');
    expect(list).not.toContain('action="/admin/users/paula/disable"');
    const page = await operator.read('/admin/users/paula');
    expect(page).toMatch(/<details class="danger-zone"><summary[^>]*>Disable …/);
    expect(page).toContain('Refuses all of their keys (2)');
    await operator.send('/admin/users/paula/disable');
    const after = await operator.read('/admin/users/paula');
    expect(after).toContain('action="/admin/users/paula/enable"');
    await operator.send('/admin/users/paula/enable');
    expect(await operator.read('/admin/users/paula')).toContain('Disable …');
  });
});
