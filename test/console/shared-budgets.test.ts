import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import { app } from '../../src/app.ts';
import { openDatabase } from '../../src/store/database.ts';
import { getKey } from '../../src/store/keys.ts';
import { lease, settlement } from '../support/ledger.ts';
import { chat, makeTeam, sharedBudget } from '../support/team.ts';
import { newOperator } from './operator.ts';

const NANO = 1e9;

/** A person with a budget in a team with one: 2 USD are spent, and 3 more run. */
async function spendSome() {
  const team = await makeTeam(1, 2, { budget_day_usd: 10 }, { budget_total_usd: 8 });
  const { id, secret } = { ...team.keys[0]?.key, secret: team.keys[0]?.secret ?? '' };
  await (await chat(secret)).text();
  const key = await getKey(openDatabase(env.DB), id ?? '');
  if (key === null) throw new Error('The key is gone.');
  const ledger = env.KEY_LEDGER.getByName(key.id);
  for (const cost of [2 * NANO, null]) {
    const request = lease(key, { holdNanoUsd: 3 * NANO });
    expect((await ledger.begin(key, request)).kind).toBe('admitted');
    if (cost !== null) await ledger.settle(key, settlement({ requestId: request.requestId, costNanoUsd: cost }));
  }
  return { ...team, keyId: key.id, otherId: team.keys[1]?.key.id ?? '' };
}

/** A page's text, without its tags. */
const textOf = (html: string) => html.replace(/^.*id="budgets"/s, '').replaceAll(/(<[^>]*>)+/g, ' ');

describe('budgets of a key’s user and team', () => {
  it('stand on the key’s page and on theirs: spent, reserved, left and when each resets, by level', async () => {
    const { keyId, name, otherId, owner } = await spendSome();
    const operator = await newOperator();
    for (const path of [keyId, otherId].map((id) => `/admin/keys/${id}`)) {
      const html = await operator.read(path);
      const text = textOf(html);
      expect(html).toContain(`href="/admin/users/${owner}"`);
      expect(html).toContain(`href="/admin/teams/${name}"`);
      const levels = `User ${owner} today \\$2\\.00 of \\$10\\.00 \\$([\\d.]+) left · Resets [\\d: -]+ Reserved for keys in use: \\$3\\.`;
      expect(text).toMatch(new RegExp(levels));
      expect(text).toMatch(
        new RegExp(`Team ${name} in total \\$2\\.00 of \\$8\\.00 \\$([\\d.]+) left · Never resets Reserved`),
      );
    }
    expect(textOf(await operator.read(`/admin/users/${owner}`))).toContain(`User ${owner}`);
    expect(textOf(await operator.read(`/admin/teams/${name}`))).toContain(`Team ${name}`);
  });

  it('add up: what is left is the limit without what is spent and reserved', async () => {
    const { keyId, owner } = await spendSome();
    const { spent, reserved } = await (await sharedBudget('user', owner)).state();
    const left = (10 * NANO - spent.day - reserved) / NANO;
    expect(left).toBeLessThan(5.01);
    const operator = await newOperator();
    expect(textOf(await operator.read(`/admin/keys/${keyId}`))).toContain(`$${left.toFixed(2)} left`);
  });

  it('are in Chinese, too', async () => {
    const { keyId, name, owner } = await spendSome();
    const reader = await newOperator('language=zh');
    const text = textOf(await reader.read(`/admin/keys/${keyId}`));
    expect(text).toMatch(new RegExp(`用户 ${owner} .*剩余 \\$[\\d.]+ · [\\d: -]+ 重置 为使用中的密钥预留: \\$3\\.`));
    expect(text).toMatch(new RegExp(`团队 ${name} .*剩余 \\$[\\d.]+ · 不重置`));
  });

  it('come from D1 while the shared budget does not answer, and say so', async () => {
    const { keyId } = await spendSome();
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const { cookie } = await newOperator();
    const deaf = { getByName: () => ({ state: () => Promise.reject(new Error('down')) }) };
    const request = new Request(`http://router.test/admin/keys/${keyId}`, { headers: { cookie } });
    const bindings = { ...env, SHARED_BUDGET: deaf } as unknown as Cloudflare.Env; // a test's double
    const page = await app.fetch(request, bindings, createExecutionContext());
    expect(await page.text()).toContain('The shared budget does not answer just now');
  });
});
