import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { groupedSpend } from '../../src/store/grouped-spend.ts';
import { USAGE_GROUPS, usageBy } from '../../src/store/usage.ts';
import { keepTotals } from '../../src/store/usage-totals.ts';

const database = openDatabase(env.DB);
const TODAY = '2026-11-10';

async function add(day: string, key: string, model: string, cost: number): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO usage_daily (day, key_id, provider, model, owner, team, endpoint, requests, errors, input_tokens,
       cached_tokens, output_tokens, reasoning_tokens, cost_nano_usd)
     VALUES (?1, ?2, 'test', ?3, 'ann', ?2, 'chat', 1, 0, 10, 5, 3, 1, ?4)
     ON CONFLICT DO UPDATE SET requests = requests + 1, cost_nano_usd = cost_nano_usd + excluded.cost_nano_usd`,
  )
    .bind(day, key, model, cost)
    .run();
}

/** All that reports and the overview say. */
async function everything() {
  const reports = await Promise.all(USAGE_GROUPS.map((group) => usageBy(database, group, '2026-11-02', TODAY)));
  return { reports, days: await groupedSpend(database, 'model', { from: '2026-11-02', to: '9999-12-31' }) };
}

async function keptDays(): Promise<unknown[]> {
  const { results } = await env.DB.prepare('SELECT DISTINCT day FROM usage_totals ORDER BY day').all();
  return results.map(({ day }) => day);
}

async function keepAll(): Promise<void> {
  for (let minute = 0; minute < 5; minute += 1) await keepTotals(database, TODAY);
}

beforeEach(async () => {
  await env.DB.prepare('DELETE FROM usage_daily').run();
  for (const [index, day] of ['2026-11-01', '2026-11-02', '2026-11-05', '2026-11-09', TODAY].entries()) {
    await add(day, 'key_a', 'one', 100 + index);
    await add(day, 'key_b', 'one', 10 + index);
    await add(day, 'key_b', 'two', 1 + index);
  }
});

it('reports say the same before a day’s sums are kept and after', async () => {
  const before = await everything();
  expect(before.days).toContainEqual({
    day: '2026-11-09',
    label: 'test/one',
    requests: 2,
    errors: 0,
    ownErrors: 0,
    providerErrors: 0,
    costNanoUsd: 116,
  });
  await keepAll();
  expect(await keptDays()).toEqual(['2026-11-01', '2026-11-02', '2026-11-05', '2026-11-09']);
  expect(await everything()).toEqual(before);
});

it('days that are over are kept, two a minute, the newest first, and today is not', async () => {
  await keepTotals(database, TODAY);
  expect(await keptDays()).toEqual(['2026-11-05', '2026-11-09']);
  await keepTotals(database, TODAY);
  await keepTotals(database, TODAY);
  expect(await keptDays()).toEqual(['2026-11-01', '2026-11-02', '2026-11-05', '2026-11-09']);
});

it('what comes late, is edited or deleted by hand is in the next report, and kept again', async () => {
  await keepAll();
  await add('2026-11-05', 'key_a', 'one', 1_000);
  await env.DB.prepare("UPDATE usage_daily SET day = '2026-11-04' WHERE day = '2026-11-02' AND model = 'two'").run();
  await env.DB.prepare("DELETE FROM usage_daily WHERE day = '2026-11-09' AND key_id = 'key_b'").run();
  const costs = (await usageBy(database, 'day', '2026-11-01', TODAY)).map((row) => [row.day, row.cost_nano_usd]);
  expect(costs).toEqual([
    ['2026-11-01', 111],
    ['2026-11-02', 112],
    ['2026-11-04', 2],
    ['2026-11-05', 1_117],
    ['2026-11-09', 103],
    [TODAY, 123],
  ]);
  const before = await everything();
  await keepAll();
  expect(await keptDays()).toHaveLength(5);
  expect(await everything()).toEqual(before);
});
