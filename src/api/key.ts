import { Hono } from 'hono';
import { readOwnState } from '../ledger/client.ts';
import { levelsOf } from '../ledger/shared/level-book.ts';
import { readLevelNow } from '../ledger/shared/level-now.ts';
import type { LedgerState } from '../ledger/state.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import { methodNotAllowed } from '../middleware/error-response.ts';
import { nanoToUsd } from '../protocol/money.ts';
import { describeKey } from '../store/describe-key.ts';
import type { ApiKey } from '../store/schema.ts';
import { describeBudgets } from '../store/users.ts';
import { confirmedKey } from './client-key.ts';

function inUsd(amounts: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(amounts).map(([window, nano]) => [window, nanoToUsd(nano)]));
}

/** A key as its holder sees it. Usage is the ledger's, settled only; USD are decimal texts. */
function describeOwnKey(key: ApiKey, state: LedgerState) {
  const { id, name, owner, purpose, prefix, last4, expires_at, models, created_at, reasoning, provider_tools, ...all } =
    describeKey(key);
  const { rpm, tpm, max_concurrent, budget_day_usd, budget_week_usd, budget_month_usd, budget_total_usd } = all;
  const limits = { rpm, tpm, max_concurrent, budget_day_usd, budget_week_usd, budget_month_usd, budget_total_usd };
  return {
    ...{ id, name, owner, purpose, prefix, last4, expires_at, models, reasoning, provider_tools, created_at, limits },
    usage: inUsd(state.spent),
    held: nanoToUsd(state.held),
    remaining: inUsd(state.remaining),
    running: state.openLeases,
    rate_limits: state.rateLimits,
    reset_at: state.resetAt,
  };
}

/** What the key's user and team may spend and have spent, where they have budgets. */
async function describeShared(env: Cloudflare.Env, key: ApiKey, offset: string) {
  return await Promise.all(
    levelsOf(key).map(async (level) => {
      const { spent, reserved } = await readLevelNow(env, level, Date.now(), offset);
      const known = { level: level.kind, name: level.name, limits: describeBudgets(level), usage: inUsd(spent) };
      return { ...known, reserved: reserved === null ? null : nanoToUsd(reserved) };
    }),
  );
}

/** `GET /key`: what a key may do and what it has cost, for its holder. */
export const key = new Hono<AppEnv>()
  .get('/key', confirmedKey(null), async (c) => {
    const own = c.get('key');
    const state = await readOwnState(c.env, own);
    const shared = await describeShared(c.env, own, c.get('config').budgetUtcOffset);
    return c.json({ data: { ...describeOwnKey(own, state), ...(shared.length === 0 ? {} : { shared }) } });
  })
  .all('/key', methodNotAllowed('GET', 'OPTIONS'));
