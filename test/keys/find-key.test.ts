import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { findKey, type KeyPorts } from '../../src/keys/find-key.ts';
import { type KeyRecord, newKeyMemory } from '../../src/keys/key-memory.ts';
import { hashSecret, makeSecret } from '../../src/keys/secret.ts';
import type { ApiKey } from '../../src/store/schema.ts';
import { mistyped } from '../support/keys.ts';

const secret = makeSecret('sk');
const hash = await hashSecret(secret);

function apiKey(changes: Partial<ApiKey> = {}): ApiKey {
  return {
    id: 'key_1',
    owner: 'admin',
    purpose: 'default',
    name: '',
    status: 'active',
    hash,
    prefix: 'sk',
    last4: secret.slice(-4),
    previousHash: null,
    previousExpiresAt: null,
    expiresAt: null,
    models: null,
    rpm: null,
    tpm: null,
    maxConcurrent: null,
    budgetDayUsd: null,
    budgetWeekUsd: null,
    budgetMonthUsd: null,
    budgetTotalUsd: null,
    reasoning: 'think',
    providerTools: false,
    revision: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    ownerStatus: 'active',
    ledgerSince: '2026-11-24T00:00:00.000Z',
    ledgerJurisdiction: null,
    ledgerLocation: null,
    ...changes,
  };
}

/** A D1, a KV and a clock that the test holds in its hands. */
function makeWorld() {
  const jobs: Promise<unknown>[] = [];
  const world = {
    time: Date.parse('2026-11-23T12:00:00Z'),
    row: apiKey() as ApiKey | null,
    cache: new Map<string, KeyRecord>(),
    databaseFails: false,
    cacheFails: false,
    reads: 0,
    cacheReads: 0,
    cacheWrites: 0,
    settle: () => Promise.all(jobs.splice(0)),
    isolate(): KeyPorts {
      return {
        memory: newKeyMemory(),
        now: () => world.time,
        async readCache(name) {
          world.cacheReads += 1;
          if (world.cacheFails) throw new Error('KV is down');
          return structuredClone(world.cache.get(name) ?? null);
        },
        async writeCache(name, record) {
          if (world.cacheFails) throw new Error('KV is down');
          world.cacheWrites += 1;
          world.cache.set(name, structuredClone(record));
        },
        async readDatabase(name) {
          world.reads += 1;
          if (world.databaseFails) throw new Error('D1 is down');
          const found = world.row?.hash === name || world.row?.previousHash === name;
          return found ? structuredClone(world.row) : null;
        },
        runAfter: (_name, job) => jobs.push(job.catch(() => undefined)),
      };
    },
  };
  return world;
}

let world = makeWorld();
let isolate = world.isolate();
beforeEach(() => {
  world = makeWorld();
  isolate = world.isolate();
});

/** What a request with the secret meets after some seconds. */
async function ask(seconds = 0, ports = isolate, presented = secret): Promise<string> {
  world.time += seconds * 1000;
  const found = await findKey(presented, ports);
  await world.settle();
  return found.kind === 'refused' ? found.reason : found.kind;
}

describe('finding a key', () => {
  test('a bad checksum is refused with no I/O at all', async () => {
    for (const text of ['', 'sk-x', mistyped(secret), 'x'.repeat(10_000)]) {
      expect(await ask(0, isolate, text)).toBe('malformed');
    }
    expect([world.reads, world.cacheReads]).toEqual([0, 0]);
  });

  test('a warm key needs no awaited I/O: it is served while no storage ever answers', async () => {
    expect(await ask()).toBe('found');
    const never = new Promise<never>(() => undefined);
    const stuck: KeyPorts = {
      ...isolate,
      readCache: () => never,
      readDatabase: () => never,
      runAfter: () => undefined,
    };
    for (const age of [1, 20, 30, 49]) {
      world.time = Date.parse('2026-11-23T12:00:00Z') + age * 1000;
      expect((await findKey(secret, stuck)).kind).toBe('found');
    }
  });

  test('a busy key is read again beside its requests, and no request waits for it', async () => {
    for (let second = 0; second < 300; second += 1) expect(await ask(1)).toBe('found');
    // About one read each 25 s, not one a request.
    expect(world.reads).toBeGreaterThan(8);
    expect(world.reads).toBeLessThan(16);
  });

  test('KV is asked by an isolate that is new, beside the request, and by nobody else', async () => {
    for (let minute = 0; minute < 100; minute += 1) expect(await ask(60)).toBe('found');
    expect([world.cacheReads, world.cacheWrites]).toEqual([1, 1]);
    expect(await ask(10, world.isolate())).toBe('found');
    expect([world.cacheReads, world.cacheWrites]).toEqual([2, 1]);
  });

  test('KV is written when it says something new, and once a day', async () => {
    await ask();
    world.row = apiKey({ rpm: 5, revision: 2 });
    await ask(60);
    expect(world.cacheWrites).toBe(2);
    expect(await ask(60, world.isolate())).toBe('found');
    expect(world.cacheWrites).toBe(2);
    for (let hour = 0; hour < 72; hour += 1) await ask(3_600);
    expect(world.cacheWrites).toBe(5);
  });

  test('KV is not written for a key that was never used: while D1 fails nobody serves it', async () => {
    world.row = apiKey({ ledgerSince: null });
    expect(await ask()).toBe('found');
    expect([world.cacheReads, world.cacheWrites]).toEqual([0, 0]);
    world.databaseFails = true;
    expect(await ask(0, world.isolate())).toBe('unavailable');
  });

  test('a write of KV that failed is made up for', async () => {
    world.cacheFails = true;
    await ask();
    world.cacheFails = false;
    await ask(60);
    world.databaseFails = true;
    expect(await ask(0, world.isolate())).toBe('found');
  });

  test('a revoked key is not read again with each second, as one that may be enabled is', async () => {
    world.row = apiKey({ status: 'revoked' });
    for (let second = 0; second < 20; second += 1) expect(await ask(1)).toBe('revoked');
    expect(world.reads).toBe(1);
    world = makeWorld();
    world.row = apiKey({ status: 'disabled' });
    const other = world.isolate();
    for (let second = 0; second < 20; second += 1) expect(await ask(1.1, other)).toBe('disabled');
    expect(world.reads).toBe(20);
  });

  test('an unknown key is remembered briefly, in memory only, and found once it is there', async () => {
    world.row = null;
    expect(await ask()).toBe('unknown');
    expect(await ask(0.5)).toBe('unknown');
    expect(world.reads).toBe(1);
    expect(world.cache.size).toBe(0);
    world.row = apiKey();
    expect(await ask(1)).toBe('found');
  });
});

describe('a change by plain SQL', () => {
  const CHANGES: [string, Partial<ApiKey> | null][] = [
    ['revoked', { status: 'revoked' }],
    ['disabled', { status: 'disabled' }],
    ['owner_disabled', { ownerStatus: 'disabled' }],
    ['expired', { expiresAt: '2026-11-23T11:00:00.000Z' }],
    ['expired', { expiresAt: 'no time at all' }],
    ['unknown', null],
    ['unknown', { hash: 'f'.repeat(64) }],
  ];

  /** Plays requests at three isolates; from `changeAt` on the row is another. No answer may be a minute behind. */
  async function play(
    requests: { pause: number; isolate: number }[],
    changeAt: number,
    row: ApiKey | null,
    verdict: string,
  ) {
    world = makeWorld();
    const isolates = [world.isolate(), world.isolate(), world.isolate()];
    let deadline = Number.POSITIVE_INFINITY;
    for (const [index, request] of requests.entries()) {
      if (index === changeAt) {
        world.row = row;
        deadline = world.time + 60_000;
      }
      const answer = await ask(request.pause, isolates[request.isolate]);
      if (index < changeAt) expect(answer).toBe('found');
      if (world.time >= deadline) expect(answer).toBe(verdict);
    }
  }

  test.each(CHANGES)(
    'that makes it %s counts within 60 s on warm isolates, whatever they were doing',
    async (verdict, change) => {
      const request = fc.record({ pause: fc.integer({ min: 0, max: 20 }), isolate: fc.nat(2) });
      const requests = fc.array(request, { minLength: 1, maxLength: 60 });
      const row = change === null ? null : apiKey(change);
      const property = fc.asyncProperty(requests, fc.nat(60), (list, changeAt) => play(list, changeAt, row, verdict));
      await fc.assert(property, { numRuns: 60 });
    },
  );

  test('that enables it again counts at once', async () => {
    world.row = apiKey({ status: 'disabled' });
    expect(await ask()).toBe('disabled');
    world.row = apiKey();
    expect(await ask(1.1)).toBe('found');
  });

  test('that changes a limit counts within 60 s', async () => {
    await ask();
    world.row = apiKey({ rpm: 5, revision: 2 });
    world.time += 60_000;
    const found = await findKey(secret, isolate);
    expect(found).toMatchObject({ kind: 'found', key: { rpm: 5 } });
  });
});

describe('while storage fails', () => {
  test('a key seen before is served, by other isolates too, and a refusal stays one', async () => {
    await ask();
    world.databaseFails = true;
    for (let minute = 0; minute < 10; minute += 1) expect(await ask(60)).toBe('found');
    const other = world.isolate();
    expect(await ask(0, other)).toBe('found');
    world.databaseFails = false;
    world.row = apiKey({ status: 'disabled' });
    expect(await ask(60)).toBe('disabled');
    world.databaseFails = true;
    expect(await ask(600)).toBe('disabled');
  });

  test('an outage is not met on each request', async () => {
    await ask();
    world.databaseFails = true;
    await ask(60);
    const before = world.reads;
    for (let index = 0; index < 50; index += 1) await ask(0.05);
    expect(world.reads - before).toBeLessThanOrEqual(1);
  });

  test('a key that nobody has seen is "unavailable", not "unknown"', async () => {
    world.databaseFails = true;
    expect(await ask()).toBe('unavailable');
  });

  test('KV failing costs speed only', async () => {
    world.cacheFails = true;
    expect(await ask()).toBe('found');
    expect(await ask(60)).toBe('found');
    expect(await ask(0, world.isolate())).toBe('found');
  });

  test('a key that D1 forgot is not served out of KV later', async () => {
    await ask();
    world.row = null;
    expect(await ask(60)).toBe('unknown');
    world.databaseFails = true;
    expect(await ask(0, world.isolate())).toBe('unknown');
  });
});

describe('rotation', () => {
  const next = makeSecret('sk');

  test('the old secret works until its grace is over, the new one at once', async () => {
    await ask();
    const previousExpiresAt = new Date(world.time + 3_600_000).toISOString();
    world.row = apiKey({ hash: await hashSecret(next), previousHash: hash, previousExpiresAt });
    expect(await ask(0, isolate, next)).toBe('found');
    expect(await ask(3_500)).toBe('found');
    expect(await ask(100)).toBe('rotated_out');
    expect(await ask(0, isolate, next)).toBe('found');
  });

  test('memory does not stretch a grace', async () => {
    world.row = apiKey({
      hash: await hashSecret(next),
      previousHash: hash,
      previousExpiresAt: new Date(world.time + 5_000).toISOString(),
    });
    expect(await ask()).toBe('found');
    expect(await ask(5)).toBe('rotated_out');
  });
});
