import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openLedgerBooks } from '../../src/ledger/ledger-books.ts';
import { createTables } from '../../src/ledger/tables.ts';
import { openDatabase } from '../../src/store/database.ts';
import { getKey } from '../../src/store/keys.ts';
import { clock, drain, lease, MINUTE, openLedger, settlement } from '../support/ledger.ts';

const TERMS = { leaseTtlMs: MINUTE, budgetUtcOffset: '+00:00', alertWebhook: null };

beforeAll(() => void clock.start());
afterAll(() => void vi.restoreAllMocks());

it('what a request costs counts for the owner and the team that it began under, whoever has left since', async () => {
  const ledger = await openLedger();
  const { stub } = ledger;
  const read = async () => {
    const key = await getKey(openDatabase(env.DB), ledger.key.id);
    if (key === null) throw new Error('The key is gone.');
    return key;
  };
  const join = (team: string | null) =>
    env.DB.prepare('UPDATE users SET team = ? WHERE name = ?').bind(team, ledger.key.owner).run();
  const names = ['one', 'two'].map((name) => `${name}-${ledger.key.id}`);
  for (const name of names) await env.DB.prepare('INSERT INTO teams (name) VALUES (?)').bind(name).run();
  const [one = '', two = ''] = names;
  await join(one);
  const early = lease(await read(), { inputCostNanoUsd: 5 });
  await stub.begin(await read(), early);
  await join(two);
  clock.pass(1_000);
  await stub.settle(await read(), settlement({ requestId: early.requestId, costNanoUsd: 100 }));
  const late = lease(await read());
  await stub.begin(await read(), late);
  await join(null);
  clock.pass(1_000);
  await stub.settle(await read(), settlement({ requestId: late.requestId, costNanoUsd: 20 }));
  await stub.settle(await read(), settlement({ costNanoUsd: 3 }));
  await drain(ledger);
  const rows = (await ledger.rows()).map(({ team, costNanoUsd }) => [team, costNanoUsd]);
  expect(rows).toEqual([
    [one, 100],
    [two, 20],
    [null, 3],
  ]);
  const { results } = await env.DB.prepare(
    'SELECT team, cost_nano_usd AS cost FROM usage_daily WHERE key_id = ? ORDER BY cost DESC',
  )
    .bind(ledger.key.id)
    .all();
  expect(results).toEqual([
    { team: one, cost: 100 },
    { team: two, cost: 20 },
    { team: '', cost: 3 },
  ]);
  await ledger.evict();
  await runInDurableObject(stub, (_instance, { storage: { sql } }) => {
    const { spend: book } = openLedgerBooks(sql, TERMS, clock.now());
    const totals = (['user', 'team'] as const).map(
      (kind) => book.spentBy({ kind, name: kind === 'user' ? ledger.key.owner : one }).total,
    );
    expect(totals).toEqual([123, 100]);
  });
});

it("a ledger of the version before keeps its sums: they were the owner's", async () => {
  const { key, stub } = await openLedger();
  await stub.sync(key);
  await runInDurableObject(stub, (_instance, { storage: { sql } }) => {
    sql.exec("DROP TABLE costs; UPDATE marks SET value = '1' WHERE name = 'tables'");
    sql.exec("INSERT INTO spend (day, cost) VALUES ('2026-11-01', 7), ('2026-11-02', 5)");
    createTables(sql);
    createTables(sql);
    expect(openLedgerBooks(sql, TERMS, clock.now()).spend.spentBy({ kind: 'user', name: key.owner })).toEqual({
      total: 12,
      days: new Map([
        ['2026-11-01', 7],
        ['2026-11-02', 5],
      ]),
    });
  });
});
