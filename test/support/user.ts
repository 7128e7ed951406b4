import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import type { Admission } from '../../src/ledger/calls.ts';
import type { BudgetDoor, LevelMessage } from '../../src/ledger/shared/calls.ts';
import { openDatabase } from '../../src/store/database.ts';
import { getKey } from '../../src/store/keys.ts';
import type { ApiKey } from '../../src/store/schema.ts';
import { type Ledger, lease, openLedger, settlement } from './ledger.ts';
import { internal } from './router.ts';

/** A user's keys, each with its ledger. */
export async function openUser(keys: number): Promise<{ owner: string; ledgers: Ledger[] }> {
  const ledgers: Ledger[] = [];
  for (let each = 0; each < keys; each += 1) ledgers.push(await openLedger());
  const owner = ledgers[0]?.key.owner ?? '';
  for (const { key } of ledgers) {
    await env.DB.prepare('UPDATE api_keys SET owner = ? WHERE id = ?').bind(owner, key.id).run();
  }
  return { owner, ledgers };
}

/** Changes a user through /internal. */
export async function set(owner: string, budgets: object): Promise<void> {
  const response = await internal(`/internal/users/${owner}`, { method: 'PATCH', body: JSON.stringify(budgets) });
  expect(response.status, await response.text()).toBe(200);
}

/** The key as D1 has it now. */
export async function fresh({ key }: Pick<Ledger, 'key'>): Promise<ApiKey> {
  const found = await getKey(openDatabase(env.DB), key.id);
  if (found === null) throw new Error('The key is gone.');
  return found;
}

/** Lets a request of a key begin, with its money set aside. */
export async function ask(ledger: Ledger, hold: number, key?: ApiKey): Promise<{ id: string; answer: Admission }> {
  const given = key ?? (await fresh(ledger));
  const request = lease(given, { holdNanoUsd: hold });
  return { id: request.requestId, answer: await ledger.stub.begin(given, request) };
}

/** The same, and lets it end. */
export async function spend(ledger: Ledger, hold: number, cost = hold): Promise<string> {
  const { id, answer } = await ask(ledger, hold);
  if (answer.kind !== 'admitted') return 'refused';
  await ledger.stub.settle(await fresh(ledger), settlement({ requestId: id, costNanoUsd: cost }));
  return 'served';
}

/** What a ledger says to shared budgets from now on, in the order in which it does. */
export async function watchDraws({ stub }: Pick<Ledger, 'stub'>): Promise<LevelMessage[]> {
  const messages: LevelMessage[] = [];
  await runInDurableObject(stub, (instance) => {
    const inner: Cloudflare.Env = Reflect.get(instance, 'env');
    const getByName = (id: string): BudgetDoor => ({
      draw(...args) {
        messages.push(structuredClone(args[0]));
        return env.SHARED_BUDGET.getByName(id).draw(...args);
      },
    });
    Object.defineProperty(instance, 'env', { value: { ...inner, SHARED_BUDGET: { getByName } }, configurable: true });
  });
  return messages;
}
