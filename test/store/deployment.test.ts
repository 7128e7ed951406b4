import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { sweep } from '../../src/ledger/sweep.ts';

test('the router keeps by which offset it counts its days, for those who cannot read its variables', async () => {
  const kept = async () =>
    (await env.DB.prepare("SELECT name, value FROM deployment WHERE name = 'budget_utc_offset'").all()).results;
  expect(await kept()).toEqual([]);
  for (const value of ['+08:00', '+08:00', '-03:30']) {
    await sweep({ ...env, BUDGET_UTC_OFFSET: value }, Date.now());
    expect(await kept()).toEqual([{ name: 'budget_utc_offset', value }]);
  }
});
