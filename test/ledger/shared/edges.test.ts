import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ledgerOf } from '../../../src/keys/ledger-of.ts';
import type { KeyLedger } from '../../../src/ledger/key-ledger.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { findLedger } from '../../../src/store/ledgers.ts';
import { routerWith } from '../../support/impatient-router.ts';
import { playProvider } from '../../support/provider.ts';
import { makeTeam, sharedBudget } from '../../support/team.ts';
import { asked, completion, pause } from '../asking.ts';

afterEach(() => void vi.restoreAllMocks());

// Each costs its hold to the last token: what is estimated of the input, 8, and all of max_tokens.
const reply = () => completion({ usage: { prompt_tokens: 8, completion_tokens: 50, total_tokens: 58 } });
const LIMIT = 0.000_4;

async function spentBy(keyIds: readonly string[]): Promise<number> {
  let sum = 0;
  for (const id of keyIds) {
    const address = await findLedger(openDatabase(env.DB), id);
    if (address === null) continue;
    sum += (await ledgerOf<DurableObjectStub<KeyLedger>>(env.KEY_LEDGER, address).sums()).ledgerNanoUsd;
  }
  return sum;
}

describe('two hundred requests at once over seven keys', () => {
  it.each([
    ['a user', 'user', 1, 7, { budget_day_usd: LIMIT }, {}],
    ['a team', 'team', 7, 1, {}, { budget_month_usd: LIMIT }],
    ['both, the user sooner', 'user', 1, 7, { budget_day_usd: LIMIT }, { budget_total_usd: 2 * LIMIT }],
    ['both, the team sooner', 'team', 1, 7, { budget_total_usd: 2 * LIMIT }, { budget_day_usd: LIMIT }],
  ] as const)('I13 never pass the budget of %s', { timeout: 60_000 }, async (_, kind, people, keysEach, user, team) => {
    const made = await makeTeam(people, keysEach, user, team);
    const router = routerWith({});
    // Their objects are awake, and nothing is spent.
    playProvider(() => completion({ usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } }));
    for (const { secret } of made.keys) await (await router.fetch(...asked(secret, { max_tokens: 50 }))).text();
    await router.settled();
    const provider = playProvider(async () => {
      await pause(100);
      return reply();
    });
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, turn) =>
        router.fetch(...asked(made.keys[turn % 7]?.secret ?? '', { max_tokens: 50 })),
      ),
    );
    const statuses = new Set(answers.map(({ status }) => status));
    await Promise.all(answers.map((answer) => answer.text()));
    await router.settled();
    // On a machine with much else to do the ledger's word may come too late: that is a no (503), too.
    for (const status of statuses) expect([200, 402, 503]).toContain(status);
    expect(provider.seen.length).toBeGreaterThan(1);
    expect(provider.seen.length).toBeLessThan(200);
    // One after the other now, until not one more fits, whichever key asks.
    for (let turn = 0, noes = 0; noes < 7 && turn < 100; turn += 1) {
      const answer = await router.fetch(...asked(made.keys[turn % 7]?.secret ?? '', { max_tokens: 50 }));
      await answer.text();
      noes = answer.status === 200 ? 0 : noes + 1;
    }
    await router.settled();
    const spent = await spentBy(made.keys.map(({ key }) => key.id));
    expect(spent).toBeLessThanOrEqual(LIMIT * 1e9);
    expect(spent).toBeGreaterThan(LIMIT * 0.8e9);
    const state = await (await sharedBudget(kind, kind === 'user' ? made.owner : made.name)).state();
    expect(Math.max(...Object.values(state.spent))).toBe(spent);
  });
});
