import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/store/database.ts';
import { getKey } from '../../../src/store/keys.ts';
import { audited, call, makeKey, someone } from './call.ts';

const NOTHING = { budget_day_usd: null, budget_week_usd: null, budget_month_usd: null, budget_total_usd: null };

describe('/internal/teams', () => {
  test('are made once with their budgets, listed, shown, changed and removed, and the audit says so', async () => {
    const name = `team-of-${someone()}`;
    const made = await call('POST', '/teams', { name, budget_month_usd: 20.5, budget_day_usd: '2' });
    const shown = { ...NOTHING, name, budget_month_usd: 20.5, budget_day_usd: 2, members: 0, revision: 1 };
    expect(made).toMatchObject({ status: 201, body: shown });
    expect(await call('POST', '/teams', { name })).toMatchObject({ status: 409, body: { error: { param: 'name' } } });
    const { body } = await call('GET', '/teams?limit=200');
    expect(body.data).toContainEqual(made.body);
    expect(await call('GET', `/teams/${name}`)).toEqual({ status: 200, body: made.body });
    expect(await call('PATCH', `/teams/${name}`, { budget_day_usd: null, budget_total_usd: 9 })).toMatchObject({
      status: 200,
      body: { ...NOTHING, budget_month_usd: 20.5, budget_total_usd: 9, revision: 2 },
    });
    expect(await call('DELETE', `/teams/${name}`)).toEqual({ status: 200, body: { removed: name } });
    expect((await call('GET', `/teams/${name}`)).status).toBe(404);
    expect(await audited(name)).toEqual(['api team.create', 'api team.update', 'api team.remove']);
  });

  test('that have members stay', async () => {
    const name = `team-of-${someone()}`;
    await call('POST', '/teams', { name });
    const { owner } = await makeKey();
    await call('PATCH', `/users/${owner}`, { team: name });
    const refused = await call('DELETE', `/teams/${name}`);
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'conflict', param: 'name' } } });
    expect(await call('GET', `/teams/${name}`)).toMatchObject({ body: { members: 1 } });
    expect((await call('PATCH', `/users/${owner}`, { team: null })).status).toBe(200);
    expect((await call('DELETE', `/teams/${name}`)).status).toBe(200);
    expect(await audited(name)).toEqual(['api team.create', 'api team.remove']);
  });

  test.each([
    [{ name: 'none' }, 'name'],
    [{ name: '.' }, 'name'],
    [{ name: 'fine', budget_total_usd: 1e-10 }, 'budget_total_usd'],
    [{ name: 'a b' }, 'name'],
    [{}, 'name'],
    [{ name: 'fine', budget_day_usd: -1 }, 'budget_day_usd'],
    [{ name: 'fine', budget_month_usd: 'much' }, 'budget_month_usd'],
    [{ name: 'fine', rpm: 5 }, 'rpm'],
  ])('%j is refused with the name of what is wrong', async (body, param) => {
    expect(await call('POST', '/teams', body)).toMatchObject({ status: 400, body: { error: { param } } });
  });

  test('that are not there are 404, and a change of nothing is 400', async () => {
    for (const [method, body] of [['GET'], ['DELETE'], ['PATCH', { budget_day_usd: 1 }]] as const) {
      expect((await call(method, '/teams/nobodys', body)).status, method).toBe(404);
    }
    await call('POST', '/teams', { name: 'unchanged' });
    expect((await call('PATCH', '/teams/unchanged', {})).status).toBe(400);
  });
});

describe('a user', () => {
  test('gets a team and budgets, loses them again, and each change raises the revision', async () => {
    const team = `team-of-${someone()}`;
    const { owner } = await makeKey();
    await call('POST', '/teams', { name: team });
    const { body: before } = await call('GET', `/users/${owner}`);
    expect(before).toMatchObject({ ...NOTHING, team: null, status: 'active' });
    const set = await call('PATCH', `/users/${owner}`, { team, budget_week_usd: 3 });
    expect(set).toMatchObject({ status: 200, body: { team, budget_week_usd: 3, revision: before.revision + 1 } });
    const lifted = await call('PATCH', `/users/${owner}`, { team: null, budget_week_usd: 'none', status: 'disabled' });
    expect(lifted).toMatchObject({ status: 200, body: { ...NOTHING, team: null, status: 'disabled' } });
    expect(await audited(owner)).toEqual(['api user.create', 'api user.update', 'api user.update']);
  });

  test('is not put into a team that is not there', async () => {
    const { owner } = await makeKey();
    const refused = await call('PATCH', `/users/${owner}`, { team: 'nobodys' });
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'invalid_value', param: 'team' } } });
    expect(await call('GET', `/users/${owner}`)).toMatchObject({ body: { team: null } });
    expect(await audited(owner)).toEqual(['api user.create']);
  });

  test('rides along with each key, and so does the team: read in the same query, by hand or not', async () => {
    const { id, owner } = await makeKey();
    const team = `team-of-${someone()}`;
    await env.DB.batch([
      env.DB.prepare('INSERT INTO teams (name, budget_day_usd) VALUES (?, 4)').bind(team),
      env.DB.prepare('UPDATE users SET team = ?, budget_total_usd = 0.25 WHERE name = ?').bind(team, owner),
    ]);
    const key = await getKey(openDatabase(env.DB), id);
    expect(key?.user).toMatchObject({ name: owner, budgetTotalUsd: 0.25, budgetDayUsd: null, revision: 2 });
    expect(key?.team).toMatchObject({ name: team, budgetDayUsd: 4, budgetMonthUsd: null });
    const ids = [key?.user?.id, key?.team?.id];
    expect(ids).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}$/)]);
    await env.DB.prepare('UPDATE teams SET budget_day_usd = 5 WHERE name = ?').bind(team).run();
    const later = await getKey(openDatabase(env.DB), id);
    expect(later?.team?.revision).toBe((key?.team?.revision ?? 0) + 1);
    expect(later?.team?.id).toBe(key?.team?.id);
  });
});
