import type { DatabaseSync } from 'node:sqlite';
import type { Router } from './router.ts';
import { insertRows, openDatabases, openLedgers } from './stores.ts';
import { type LogRow, monthOf, type TeamKey } from './team-month.ts';

/** A router with two months behind it. */
export interface Filled {
  /** The key that is looked at most closely, and its secret. */
  keyId: string;
  key: string;
  requestId: string;
}

/** The first one is used after its month too, so its budget is more than the fullest month costs. */
const KEYS = [
  { username: 'maria', name: 'cursor', purpose: 'cursor', budget_month_usd: 15, share: 9 },
  { username: 'tomas', name: 'laptop', purpose: 'default', budget_week_usd: 2, max_concurrent: 4, share: 6 },
  { username: 'lin', name: 'notebook', purpose: 'default', budget_month_usd: 5, share: 3 },
  { username: 'maria', name: 'nightly-ci', purpose: 'default', budget_day_usd: 0.5, rpm: 60, share: 2 },
  { username: 'lin', name: 'support-bot', purpose: 'reasoning', budget_total_usd: 25, share: 4 },
] as const;

/** Keys of three people, each used once, so that each has its ledger. */
export async function makeTeam(router: Router): Promise<TeamKey[]> {
  const team: TeamKey[] = [];
  for (const { share, ...settings } of KEYS) {
    const made = await fetch(`${router.url}/internal/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${router.secret()}` },
      body: JSON.stringify(settings),
    });
    if (made.status !== 201) throw new Error(await made.text());
    const { id, key, owner, purpose } = (await made.json()) as Omit<TeamKey, 'share'>; // contract 7
    const used = await fetch(`${router.url}/api/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({ model: 'test/echo', messages: [{ role: 'user', content: 'hello' }] }),
    });
    if (!used.ok) throw new Error(await used.text());
    team.push({ id, key, owner, purpose, share });
  }
  await router.settle();
  return team;
}

/** The same sums in the key's own ledger, so that the check agrees. */
function insertSpend(database: DatabaseSync, rows: readonly LogRow[]): void {
  const policy = database.prepare('SELECT key FROM policy').get();
  if (policy === undefined) return;
  const { id } = JSON.parse(String(policy['key']));
  const add = database.prepare(
    `INSERT INTO costs (day, owner, team, cost) VALUES (?, ?, '', ?)
     ON CONFLICT DO UPDATE SET cost = cost + excluded.cost`,
  );
  database.exec('BEGIN');
  for (const row of rows.filter((each) => each.key_id === id)) add.run(row.day, row.owner, row.cost_nano_usd);
  database.exec('COMMIT');
}

/** Writes two months of requests into the database and the ledgers of a router that is stopped. */
export function fill(router: Router, team: readonly TeamKey[]): Filled {
  const rows = monthOf(team, Date.now());
  const stores = openDatabases(router);
  for (const store of stores) insertRows(store, rows);
  const ledgers = openLedgers(router);
  for (const ledger of ledgers) insertSpend(ledger, rows);
  for (const database of [...stores, ...ledgers]) database.close();
  const [first] = team;
  const retried = rows.findLast((row) => row.attempts === 2);
  if (first === undefined || retried === undefined) throw new Error('The month holds no request that was retried.');
  return { keyId: first.id, key: first.key, requestId: retried.request_id };
}
