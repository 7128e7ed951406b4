import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import { makeKey } from './keys.ts';
import { get, internal } from './router.ts';

/** USD by column name, as /internal takes them. */
type Usd = Partial<Record<`budget_${'day' | 'week' | 'month' | 'total'}_usd`, number | null>>;

let teams = 0;

async function change(method: string, path: string, body: object): Promise<void> {
  const response = await internal(path, { method, body: JSON.stringify(body) });
  expect(response.status, await response.text()).toBeLessThan(300);
}

/** A team of a few people with a key each, or one person with a few keys; with budgets, made through /internal. */
export async function makeTeam(people: number, keysEach: number, user: Usd = {}, team: Usd = {}) {
  teams += 1;
  const name = `team-${teams}-${crypto.randomUUID().slice(0, 8)}`;
  await change('POST', '/internal/teams', { name, ...team });
  const made: Awaited<ReturnType<typeof makeKey>>[] = [];
  for (let person = 0; person < people; person += 1) {
    const first = await makeKey();
    made.push(first);
    await change('PATCH', `/internal/users/${first.key.owner}`, { team: name, ...user });
    for (let more = 1; more < keysEach; more += 1) {
      const next = await makeKey();
      await env.DB.prepare('UPDATE api_keys SET owner = ? WHERE id = ?').bind(first.key.owner, next.key.id).run();
      made.push({ ...next, key: { ...next.key, owner: first.key.owner } });
    }
  }
  return {
    name,
    keys: made,
    owner: made[0]?.key.owner ?? '',
    setUser: (budgets: Usd) => change('PATCH', `/internal/users/${made[0]?.key.owner}`, budgets),
    setTeam: (budgets: Usd) => change('PATCH', `/internal/teams/${name}`, budgets),
  };
}

/** A chat with the test provider, whose bill is its words times its price. */
export function chat(secret: string, content = 'one two three four', more: object = {}): Promise<Response> {
  return get('/api/v1/chat/completions', {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}` },
    body: JSON.stringify({ model: 'test/echo', max_tokens: 10, messages: [{ role: 'user', content }], ...more }),
  });
}

/** A level's object; by its row's id. */
export async function sharedBudget(kind: 'user' | 'team', name: string) {
  const table = kind === 'user' ? 'users' : 'teams';
  const row = await env.DB.prepare(`SELECT id FROM ${table} WHERE name = ?`).bind(name).first<{ id: string }>();
  return env.SHARED_BUDGET.getByName(row?.id ?? '');
}
