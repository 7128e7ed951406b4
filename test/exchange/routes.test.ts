import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { KeySettings } from '../../src/store/keys.ts';
import { putRows } from '../support/catalog.ts';
import { routerWith } from '../support/impatient-router.ts';
import { makeKey } from '../support/keys.ts';
import { ledgerRow } from '../support/ledger-row.ts';
import type { SeenRequest } from '../support/provider.ts';
import { ask, type DoorName, FIRST, playRoute, type Reply, SECOND, says, THIRD } from '../support/routes.ts';
import { makeTeam } from '../support/team.ts';

/* Names of the catalogue that stand for several targets. */

const broken: Reply = () => Response.json({ error: { message: 'no' } }, { status: 503 });

beforeAll(async () => {
  await putRows({
    models: [
      { provider: 'zai', id: 'glm-free', context_length: 100_000, max_output: 1_000 },
      { provider: 'moonshot', id: 'kimi-embed', kind: 'embedding', context_length: 8_000 },
    ],
    prices: [{ provider: 'moonshot', model: 'kimi-embed', valid_from: '2026-01-01', input: 2 }],
    routes: [
      { name: 'team', targets: [{ model: FIRST, parameters: { temperature: 0.3 } }, { model: SECOND }] },
      { name: 'spread', targets: [{ model: FIRST, weight: 3 }, { model: SECOND }, { model: THIRD }], spread: 1 },
      { name: 'thrifty', targets: [{ model: 'zai/glm-free' }, { model: SECOND }] },
      { name: 'vectors', targets: [{ model: 'zai/embedding-3' }, { model: 'moonshot/kimi-embed' }] },
      { name: 'mixed', targets: [{ model: 'zai/embedding-3' }, { model: SECOND }] },
      { name: 'sonnet-*', targets: [{ model: FIRST }, { model: SECOND }] },
    ],
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(['chat', 'messages', 'responses'] as const)('a route at the door %s', (door: DoorName) => {
  it.each([false, true])('serves with the target that is well, by its own parameters (stream: %s)', async (stream) => {
    const { asked, seen } = await playRoute({ zai: broken, moonshot: says('hello') });
    const { header, row, said } = await ask({ door, models: ['team'], stream });
    expect(said).toBe('hello');
    expect(asked).toEqual(['zai', 'moonshot']);
    expect(seen[0]?.json).toMatchObject({ model: 'glm-5.3-flash', temperature: 0.3 });
    expect(seen[1]?.json).not.toHaveProperty('temperature');
    expect([header('provider'), header('attempts')]).toEqual(['moonshot', '2']);
    expect(row).toMatchObject({ requestedModel: 'team', model: 'kimi-k2.6' });
  });

  it('is found by a name that begins so', async () => {
    await playRoute({ zai: broken, moonshot: says('hello') });
    expect(await ask({ door, models: ['sonnet-7-20270101'] })).toMatchObject({ said: 'hello' });
  });

  it('drops the targets of the wrong kind', async () => {
    const { asked } = await playRoute({ moonshot: says('hello') });
    expect(await ask({ door, models: ['mixed'] })).toMatchObject({ said: 'hello' });
    expect(asked).toEqual(['moonshot']);
  });
});

describe('who may use a route', () => {
  it.each([
    ['team', ['zai', 'moonshot']],
    ['zai/*,moonshot/*', ['zai', 'moonshot']],
    [`team,${FIRST}`, ['zai', 'moonshot']],
    ['moonshot/*', ['moonshot']],
    [SECOND, ['moonshot']],
  ])('a key for %s is served by those it may use', async (models, hosts) => {
    const key = await makeKey({ models });
    const { asked } = await playRoute({ zai: broken, moonshot: says('hello') });
    expect(await ask({ key, models: ['team'] })).toMatchObject({ said: 'hello' });
    expect(asked).toEqual(hosts);
  });

  it('a key for the route may not ask its targets by their own names; one for others may not ask it', async () => {
    await playRoute({});
    const through = await makeKey({ models: 'team' });
    expect((await ask({ key: through, models: [SECOND] })).status).toBe(403);
    const others = await makeKey({ models: THIRD });
    expect((await ask({ key: others, models: ['team'] })).status).toBe(403);
  });

  it('a list that has just become shorter holds for each target, in whichever isolate', async () => {
    const { key, secret } = await makeKey({ models: 'zai/*,moonshot/*' });
    const stub = env.KEY_LEDGER.getByName(key.id);
    const begin = async (_key: unknown, lease: Parameters<typeof stub.begin>[1]) =>
      stub.begin({ ...key, models: 'zai/*', revision: key.revision + 1 }, lease);
    const settle = (...args: Parameters<typeof stub.settle>) => stub.settle(...args);
    const router = routerWith({ KEY_LEDGER: { getByName: () => ({ begin, settle }) } });
    await playRoute({ zai: says('hello'), moonshot: says('hello') });
    const response = await router.fetch('http://router.test/v1/chat/completions', {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}` },
      body: JSON.stringify({ model: 'team', messages: [{ role: 'user', content: 'Hi' }] }),
    });
    await response.text();
    await router.settled();
    expect(await ledgerRow(key.id, response)).toMatchObject({ end: 'rejected', costNanoUsd: 0 });
  });
});

describe('a route that spreads', () => {
  it('has the same target for the same session, and falls back like any', async () => {
    const key = await makeKey();
    const answer: Reply = says('ok');
    const { asked, restore } = await playRoute({ zai: answer, moonshot: answer, deepseek: answer });
    const visit = async (session: string) => {
      const before = asked.length;
      await ask({ key, models: ['spread'], headers: { 'x-session-id': session } });
      expect(asked.length).toBe(before + 1);
      return asked.at(-1);
    };
    const sessions = Array.from({ length: 24 }, (_, index) => `s${index}`);
    const first = [];
    for (const session of sessions) first.push(await visit(session));
    expect(new Set(first).size).toBe(3);
    for (const [index, session] of sessions.entries()) expect(await visit(session)).toBe(first[index]);
    restore();
    const outage = await playRoute({ zai: broken, moonshot: answer, deepseek: answer });
    for (const session of sessions) {
      const { said } = await ask({ key, models: ['spread'], headers: { 'x-session-id': session } });
      expect(said).toBe('ok');
    }
    // Three failures, and nobody meets it for a while.
    expect(outage.asked.filter((host) => host === 'zai')).toHaveLength(3);
  });
});

describe('a target without a price', () => {
  it('serves a key without a budget at cost 0, and the row says unpriced', async () => {
    await playRoute({ zai: says('free') });
    const { row, said } = await ask({ models: ['thrifty'] });
    expect(said).toBe('free');
    expect(row).toMatchObject({ costNanoUsd: 0, priceRevision: 'unpriced', usage: { inputTokens: 100 } });
  });

  it.each([
    ['key', () => makeKey({ budgetDayUsd: 1 })],
    ['user', async () => (await makeTeam(1, 1, { budget_day_usd: 5 })).keys[0]],
    ['team', async () => (await makeTeam(1, 1, {}, { budget_day_usd: 5 })).keys[0]],
  ] as const)('is passed over where the %s has a budget, and refused where it is the only one', async (_, make) => {
    const key = await make();
    if (key === undefined) throw new Error('no key was made');
    const { asked } = await playRoute({ moonshot: says('priced') });
    expect(await ask({ key, models: ['thrifty'] })).toMatchObject({ said: 'priced' });
    expect(asked).toEqual(['moonshot']);
    const { row, status } = await ask({ key, models: ['zai/glm-free'] });
    expect([status, row.errorCode]).toEqual([400, 'unpriced_model']);
  });
});

describe('embeddings through a route', () => {
  const vectors: Reply = ({ json }) => {
    const inputs: unknown[] = Array.isArray(json['input']) ? json['input'] : [json['input']];
    const data = inputs.map((_, index) => ({ object: 'embedding', index, embedding: [0.25, 0.5] }));
    return Response.json({ object: 'list', model: 'm', data, usage: { prompt_tokens: 7, total_tokens: 7 } });
  };

  async function embed(body: object) {
    const { key, secret } = await makeKey();
    const router = routerWith({});
    const response = await router.fetch('http://router.test/v1/embeddings', {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}` },
      body: JSON.stringify({ model: 'vectors', input: ['one', 'two'], encoding_format: 'float', ...body }),
    });
    const json: unknown = await response.json();
    await router.settled();
    return { status: response.status, headers: response.headers, json, row: await ledgerRow(key.id, response) };
  }

  it('the next target serves where one fails, at its own price', async () => {
    const { asked, seen } = await playRoute({ zai: broken, moonshot: vectors });
    const { headers, json, row } = await embed({});
    expect(json).toMatchObject({ data: [{ embedding: [0.25, 0.5] }, { index: 1 }] });
    expect(asked).toEqual(['zai', 'moonshot']);
    expect(seen[1]?.json).toEqual({ model: 'kimi-embed', input: ['one', 'two'] });
    expect(headers.get('x-llm-attempts')).toBe('2');
    expect(row).toMatchObject({ endpoint: 'embeddings', model: 'kimi-embed', costNanoUsd: 7 * 2_000 });
    expect(row?.attempts.map(({ provider }) => provider)).toEqual(['zai', 'moonshot']);
  });

  it('a body that is no vectors passes on, too', async () => {
    await playRoute({ zai: () => new Response('<html></html>'), moonshot: vectors });
    expect((await embed({})).status).toBe(200);
  });

  it('a target that does not take what is wanted is passed over, and all of them are a clear error', async () => {
    const { asked, restore } = await playRoute({ moonshot: vectors });
    expect((await embed({ dimensions: 7 })).status).toBe(200);
    expect(asked).toEqual(['moonshot']);
    restore();
    await playRoute({});
    const refused = await embed({ model: 'zai/embedding-3', dimensions: 7 });
    expect(refused).toMatchObject({ status: 400, json: { error: { param: 'dimensions' } } });
    expect(await embed({ model: 'team' })).toMatchObject({
      status: 400,
      json: { error: { code: 'unsupported_model' } },
    });
  });
});

describe('CACHE_SCOPE', () => {
  const seenBy = async (key: Awaited<ReturnType<typeof makeKey>>, variables: Record<string, string>, own?: string) => {
    let sent: SeenRequest | null = null;
    const { restore } = await playRoute({
      deepseek: (request) => {
        sent = request;
        return says('ok')(request);
      },
    });
    await ask({ key, models: [THIRD], variables, body: own === undefined ? {} : { user_id: own } });
    restore();
    return String(Reflect.get(Object(sent), 'json')?.user_id);
  };

  async function ownedBy(owner: string, team: string | null) {
    // The helper's own person gives way.
    const made = await makeKey({ owner } as KeySettings);
    if (team !== null) {
      await env.DB.batch([
        env.DB.prepare('INSERT OR IGNORE INTO teams (name) VALUES (?)').bind(team),
        env.DB.prepare('UPDATE users SET team = ? WHERE name = ?').bind(team, owner),
      ]);
    }
    return made;
  }

  it('says whose requests share what a provider keeps: a key’s, a user’s, a team’s', async () => {
    const one = await ownedBy('scope-ann', 'scope-blue');
    const two = await ownedBy('scope-ann', 'scope-blue');
    const mate = await ownedBy('scope-bob', 'scope-blue');
    const lone = await ownedBy('scope-cy', null);
    const keys = [one, two, mate, lone];
    const groupsIn = async (variables: Record<string, string>) => {
      const hashes: string[] = [];
      for (const key of keys) hashes.push(await seenBy(key, variables));
      expect(hashes.every((hash) => /^[0-9a-f]{64}$/.test(hash))).toBe(true);
      return hashes.map((hash) => hashes.indexOf(hash));
    };
    expect(await groupsIn({ CACHE_SCOPE: 'key' })).toEqual([0, 1, 2, 3]);
    expect(await groupsIn({})).toEqual([0, 0, 2, 3]);
    expect(await groupsIn({ CACHE_SCOPE: 'team' })).toEqual([0, 0, 0, 3]);
  });

  it('hashes a client’s own user_id in, and never sends it', async () => {
    const key = await makeKey();
    const [first, second, again] = [
      await seenBy(key, {}, 'alice@example.com'),
      await seenBy(key, {}, 'bob'),
      await seenBy(key, {}, 'alice@example.com'),
    ];
    expect(first).toBe(again);
    expect(new Set([first, second, await seenBy(key, {})]).size).toBe(3);
    expect(first).not.toContain('alice');
  });

  it('is key, user or team', async () => {
    const response = await routerWith({ CACHE_SCOPE: 'everybody' }).fetch('http://router.test/worker/ping');
    expect(response.status).toBe(500);
    expect(await response.text()).toContain('CACHE_SCOPE must be key, user or team');
  });
});
