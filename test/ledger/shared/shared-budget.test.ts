import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
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
