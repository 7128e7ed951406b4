import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { app } from '../../src/app.ts';
import { sweep } from '../../src/ledger/sweep.ts';
import { makeKey } from '../support/keys.ts';
import { get, internal } from '../support/router.ts';
import { chat, makeTeam } from '../support/team.ts';
import { newOperator, ORIGIN } from './operator.ts';

const HOUR = 3_600_000;
/** On the hour, when the cron compares. */
const FULL_HOUR = Math.ceil(Date.now() / HOUR) * HOUR;

async function settleAll(): Promise<void> {
  await vi.waitFor(
    async () => {
      const response = await internal('/worker/settle', { method: 'POST' });
      expect(await response.json()).toMatchObject({ pending: 0 });
    },
    { timeout: 20_000, interval: 200 },
  );
}

async function settledRequest(): Promise<string> {
  const { key, secret } = await makeKey();
  const body = JSON.stringify({ model: 'test/echo', messages: [{ role: 'user', content: 'hi' }] });
  const headers = { authorization: `Bearer ${secret}` };
  await (await get('/api/v1/chat/completions', { method: 'POST', headers, body })).text();
  await settleAll();
  return key.id;
}

describe('the ledger’s light on the overview', () => {
  it('is red where the budget of a user and D1 differ, and the ledger’s page names it in both languages', async () => {
    const operator = await newOperator();
    const { keys, name, owner } = await makeTeam(1, 1, { budget_day_usd: 1 }, { budget_total_usd: 5 });
    await (await chat(keys[0]?.secret ?? '')).text();
    await settleAll();
    const agreeing = await operator.read('/admin/ledger');
    expect(agreeing).toMatch(/Shared budgets.*What users and teams have spent/s);
    for (const path of [`/admin/users/${owner}`, `/admin/teams/${name}`]) expect(agreeing).toContain(`href="${path}"`);
    const rows = agreeing.slice(agreeing.indexOf('id="budgets"'));
    expect(rows).not.toContain('differs');
    // Somebody has moved a day to another person: no key's sum has changed.
    const move = (from: string, to: string) => {
      const moving = (table: string) =>
        env.DB.prepare(`UPDATE ${table} SET owner = ?2 WHERE owner = ?1`).bind(from, to);
      return env.DB.batch(['usage_daily', 'usage_monthly'].map(moving));
    };
    await move(owner, `${owner}-moved`);
    try {
      const differing = await operator.read('/admin/ledger');
      expect(differing).toContain('A shared budget and D1 differ, and no row is on its way.');
      expect(differing.slice(differing.indexOf('id="budgets"'))).toContain('differs');
      const chinese = await (await newOperator('language=zh')).read('/admin/ledger');
      expect(chinese).toMatch(/共用预算.*不一致/s);
      await env.DB.prepare("DELETE FROM deployment WHERE name = 'ledger_round'").run();
      for (let minute = 0; minute < 3; minute += 1) await sweep(env, FULL_HOUR + 10 * HOUR + minute * 60_000);
      const overview = await operator.read('/admin');
      expect(overview).toContain('The ledger and D1 differ');
      expect(overview).toMatch(/\d+ shared budgets?/);
    } finally {
      await move(`${owner}-moved`, owner);
      for (const rest of ["deployment WHERE name = 'ledger_round'", 'shared_budgets'])
        await env.DB.prepare(`DELETE FROM ${rest}`).run();
    }
  });

  it('is what the cron found last: not checked yet, agreeing, differing', async () => {
    const operator = await newOperator();
    const keyId = await settledRequest();
    expect(await operator.read('/admin')).toContain('has not been checked yet');
    // Not on the hour: a router that has no light yet is compared at once.
    await sweep(env, FULL_HOUR + 60_000);
    const agreeing = await operator.read('/admin');
    expect(agreeing).toContain('agrees with D1 to the last nano-dollar');
    expect(agreeing).toContain('Checked');
    await env.DB.prepare('DELETE FROM usage_daily WHERE key_id = ?').bind(keyId).run();
    await sweep(env, FULL_HOUR + 2 * 60_000);
    expect(await operator.read('/admin')).toContain('agrees with D1');
    await sweep(env, FULL_HOUR + HOUR);
    expect(await operator.read('/admin')).toContain('The ledger and D1 differ');
    expect(await operator.read('/admin/ledger')).toContain('edited by hand');
  });

  it('is newer where somebody has looked at the ledger’s own page', async () => {
    const operator = await newOperator();
    await env.DB.prepare("DELETE FROM deployment WHERE name = 'ledger_round'").run();
    await operator.read('/admin/ledger');
    expect(await operator.read('/admin')).toMatch(/Checked <time [^>]*>just now/);
  });

  it('asks no key’s ledger: the page is there while none answers, and while KV fails', async () => {
    const { cookie } = await newOperator();
    await makeKey();
    const deaf = {
      getByName: () => {
        throw new Error('nobody should be asked');
      },
    };
    const open = (bindings: object) => {
      const request = new Request(`${ORIGIN}/admin`, { headers: { cookie } });
      return app.fetch(request, { ...env, ...bindings } as Cloudflare.Env, createExecutionContext()); // a test's double
    };
    expect((await open({ KEY_LEDGER: deaf })).status).toBe(200);
    const broken = { get: (name: string) => (name.startsWith('session') ? null : Promise.reject(new Error('KV'))) };
    const page = await open({ KEY_CACHE: broken });
    expect(page.status).toBe(200);
  });
});
