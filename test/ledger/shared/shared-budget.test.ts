import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { call, settleAll } from '../../api/internal/call.ts';
import { get } from '../../support/router.ts';
import { chat, makeTeam, sharedBudget } from '../../support/team.ts';

/** What an answer of the test provider costs: 4 words in and out. */
const costOf = (response: Response) => Number(response.headers.get('x-llm-cost-usd'));

describe('a budget over all keys of a user', () => {
  it('I13 lets each key spend, and refuses all of them once it is used up, with whose it is and when it resets', async () => {
    const team = await makeTeam(1, 3, { budget_day_usd: 1 });
    const first = await chat(team.keys[0]?.secret ?? '');
    expect(first.status).toBe(200);
    const cost = costOf(first);
    expect(cost).toBeGreaterThan(0);
    await first.text();
    // Two more fit, and what a fourth holds does not.
    await team.setUser({ budget_day_usd: Number((cost * 3.2).toFixed(9)) });
    const statuses: number[] = [];
    let last: Response | null = null;
    for (let turn = 1; turn < 8; turn += 1) {
      last = await chat(team.keys[turn % 3]?.secret ?? '', 'one two three four', { max_tokens: 4 });
      statuses.push(last.status);
      if (turn < 7) await last.text();
    }
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(0);
    expect(statuses.at(-1)).toBe(402);
    expect(last?.headers.get('x-should-retry')).toBe('false');
    const { error } = await (last as Response).json<{ error: { code: string; message: string } }>();
    expect(error.code).toBe('budget_exceeded');
    expect(error.message).toContain(`the user ${team.owner}'s`);
    expect(error.message).toMatch(/It begins anew at \d{4}-\d\d-\d\dT00:00:00\.000Z/);
    const budget = await sharedBudget('user', team.owner);
    const { spent } = await budget.state();
    expect(spent.day).toBeLessThanOrEqual(cost * 3.2 * 1e9);
  });

  it('I13 a user without a budget, and without a team with one, has no shared budget at all', async () => {
    const team = await makeTeam(1, 1);
    expect((await chat(team.keys[0]?.secret ?? '')).status).toBe(200);
    const rows = await env.DB.prepare('SELECT count(*) AS count FROM shared_budgets WHERE name IN (?, ?)')
      .bind(team.owner, team.name)
      .first<{ count: number }>();
    expect(rows?.count).toBe(0);
  });
});

describe('GET /key', () => {
  it("shows a key's holder what user and team may spend, have spent and hold, as the ledgers know it now", async () => {
    const team = await makeTeam(1, 2, { budget_day_usd: 1, budget_total_usd: 5 }, { budget_month_usd: 3 });
    const costs: number[] = [];
    for (const { secret } of team.keys) {
      const answer = await chat(secret);
      costs.push(costOf(answer));
      await answer.text();
    }
    const total = Number(costs.reduce((sum, cost) => sum + cost, 0).toFixed(9));
    const response = await get('/api/v1/key', { headers: { authorization: `Bearer ${team.keys[0]?.secret}` } });
    const { data } = await response.json<{ data: { shared: { usage: Record<string, string>; reserved: string }[] } }>();
    expect(data.shared).toMatchObject([
      { level: 'user', name: team.owner, limits: { budget_day_usd: 1, budget_week_usd: null, budget_total_usd: 5 } },
      { level: 'team', name: team.name, limits: { budget_month_usd: 3, budget_day_usd: null } },
    ]);
    for (const { usage, reserved } of data.shared) {
      expect(Object.values(usage).map(Number)).toEqual([total, total, total, total]);
      expect(Number(reserved)).toBeGreaterThan(0);
    }
  });

  it('says nothing of user and team where neither has a budget', async () => {
    const team = await makeTeam(1, 1);
    const response = await get('/api/v1/key', { headers: { authorization: `Bearer ${team.keys[0]?.secret}` } });
    expect((await response.json<{ data: object }>()).data).not.toHaveProperty('shared');
  });
});

describe('the check of the ledger', () => {
  it('I13 compares shared sums too, and is content once quiet', async () => {
    const team = await makeTeam(1, 2, { budget_day_usd: 1 });
    const costs: number[] = [];
    for (const { secret } of team.keys) {
      const answer = await chat(secret);
      costs.push(costOf(answer) * 1e9);
      await answer.text();
    }
    await settleAll();
    const rows: { name: string; shared_nano_usd: number; daily_nano_usd: number }[] = [];
    let isOk = true;
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await call('GET', `/ledger/check?cursor=${cursor}`);
      rows.push(...body.shared);
      isOk &&= body.ok;
      cursor = body.next_cursor;
    }
    const total = Math.round(costs.reduce((sum, cost) => sum + cost, 0));
    expect(rows.find(({ name }) => name === team.owner)).toMatchObject({
      shared_nano_usd: total,
      daily_nano_usd: total,
    });
    expect(isOk).toBe(true);
    // Somebody edits D1: that is told.
    await env.DB.prepare('UPDATE usage_daily SET cost_nano_usd = cost_nano_usd - 1 WHERE owner = ? AND key_id = ?')
      .bind(team.owner, team.keys[0]?.key.id)
      .run();
    expect((await call('GET', '/ledger/check')).body.ok).toBe(false);
    await env.DB.prepare('UPDATE usage_daily SET cost_nano_usd = cost_nano_usd + 1 WHERE owner = ? AND key_id = ?')
      .bind(team.owner, team.keys[0]?.key.id)
      .run();
  });
});
