import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { clock, type Ledger, SECOND, settlement } from '../../support/ledger.ts';
import { internal } from '../../support/router.ts';
import { chat, makeTeam, sharedBudget } from '../../support/team.ts';
import { ask, fresh, openUser, set, spend, watchDraws } from '../../support/user.ts';

beforeAll(() => void clock.start());
afterAll(() => void vi.restoreAllMocks());

const USD = 1e9;

/** A user with one key and a budget of so much a day. */
async function openPurse(budget: number) {
  const { owner, ledgers } = await openUser(1);
  const [ledger] = ledgers as [Ledger];
  await set(owner, { budget_day_usd: budget });
  return { owner, ledger, budget: await sharedBudget('user', owner) };
}

describe('what a draw is granted', () => {
  it.each([
    // A budget, what is asked, and what stands reserved then.
    ['a usual grant, two in a hundred of what is left', 10, 0.01, 0.2],
    ['what is asked where that is more', 10, 0.5, 0.5],
    ['no more than a dollar unasked', 1_000, 0.01, 1],
  ])('I13 is %s', async (_, limit, hold, reserved) => {
    const { budget, ledger } = await openPurse(limit);
    expect((await ask(ledger, hold * USD)).answer.kind).toBe('admitted');
    expect((await budget.sums()).reserved).toBe(reserved * USD);
  });

  it('I13 stays drawn from one level where the other refuses, and nothing is opened', async () => {
    const { owner, ledger } = await openPurse(1);
    const team = `short-${owner}`;
    const body = JSON.stringify({ name: team, budget_day_usd: 0.000_001 });
    expect((await internal('/internal/teams', { method: 'POST', body })).status).toBe(201);
    await set(owner, { team });
    const { answer } = await ask(ledger, 5_000);
    expect(answer).toMatchObject({ kind: 'refused', reason: 'budget', level: { kind: 'team', name: team } });
    expect((await (await sharedBudget('user', owner)).sums()).reserved).toBeGreaterThan(0);
    expect((await (await sharedBudget('team', team)).sums()).reserved).toBe(0);
    expect(await ledger.stub.sums()).toMatchObject({ openLeases: 0, heldNanoUsd: 0 });
  });
});

describe('how often a ledger asks', () => {
  it('I13 one message is on its way at a time: forty who wait behind it cost a few', async () => {
    const { ledger } = await openPurse(1);
    const draws = await watchDraws(ledger);
    const key = await fresh(ledger);
    // Together they hold more than a usual grant.
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(ledger, 5_000_000, key)));
    expect(new Set(answers.map(({ answer }) => answer.kind))).toEqual(new Set(['admitted']));
    // Two where all have come before the first is sent; on a busy machine some come later.
    expect(draws.length).toBeLessThan(6);
  });

  it('I13 a no is kept for a second, for what asks for as much, and no longer', async () => {
    const { ledger } = await openPurse(1_000 / USD);
    const draws = await watchDraws(ledger);
    const refuse = async (hold: number) => expect((await ask(ledger, hold)).answer.kind).toBe('refused');
    await refuse(2_000);
    const asked = draws.length;
    for (const hold of [2_000, 3_000]) await refuse(hold);
    expect(draws.length).toBe(asked);
    // Less may fit, and does.
    expect((await ask(ledger, 1_000)).answer.kind).toBe('admitted');
    await refuse(2_000);
    const again = draws.length;
    clock.pass(SECOND);
    await refuse(2_000);
    expect(draws.length).toBeGreaterThan(again);
  });

  it('I13 what cost more than its ceiling lets is told at once, and what is spent below it is not', async () => {
    const { budget, ledger } = await openPurse(1);
    await spend(ledger, 100);
    const draws = await watchDraws(ledger);
    await spend(ledger, 100, 50);
    expect(draws).toEqual([]);
    const { id } = await ask(ledger, 100);
    await ledger.stub.settle(await fresh(ledger), settlement({ requestId: id, costNanoUsd: 900_000_000 }));
    await vi.waitFor(() => expect(draws.length).toBeGreaterThan(0));
    await vi.waitFor(async () => expect((await budget.sums()).totals[ledger.key.id]).toBe(900_000_150));
  });
});

describe('a key without limits of its own whose team has a budget', () => {
  it('I13 counts as one with limits: it waits for its ledger, and may call no model without a price', async () => {
    const { keys } = await makeTeam(1, 1, {}, { budget_total_usd: 1 });
    const [key] = keys;
    await (await chat(key?.secret ?? '')).text();
    const put = (catalog: object) => internal('/internal/catalog', { method: 'PUT', body: JSON.stringify(catalog) });
    expect((await put({ models: [{ provider: 'test', id: 'gift' }] })).status).toBeLessThan(300);
    const refused = await chat(key?.secret ?? '', 'one', { model: 'test/gift' });
    expect(await refused.json()).toMatchObject({ error: { code: 'unpriced_model' } });
    const { secret } = (await makeTeam(1, 1)).keys[0] ?? { secret: '' };
    expect((await chat(secret, 'one', { model: 'test/gift' })).status).not.toBe(400);
    await env.DB.prepare("DELETE FROM models WHERE id = 'gift'").run();
  });
});
