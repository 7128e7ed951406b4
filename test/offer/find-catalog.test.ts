import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type CatalogPorts, type CatalogRecord, findCatalog, readCatalogNow } from '../../src/offer/find-catalog.ts';
import { NO_ROWS } from '../../src/offer/offered.ts';
import type { StoredCatalog } from '../../src/store/catalog.ts';
import { makeKey } from '../support/keys.ts';
import { get } from '../support/router.ts';

/** The world of an isolate: a clock that is set by hand, a cache, and a database that can fail. */
function world() {
  const jobs: Promise<unknown>[] = [];
  const state = {
    now: 1_000_000,
    revision: 'r1',
    isDown: false,
    cache: null as CatalogRecord | null,
    databaseReads: 0,
    cacheReads: 0,
  };
  const ports: CatalogPorts = {
    memory: { record: null, triedAt: 0 },
    now: () => state.now,
    async readCache() {
      state.cacheReads += 1;
      return state.cache;
    },
    async writeCache(record) {
      state.cache = record;
    },
    async readDatabase(known): Promise<StoredCatalog> {
      state.databaseReads += 1;
      if (state.isDown) throw new Error('D1 is down');
      return known?.revision === state.revision ? known : { ...NO_ROWS, revision: state.revision };
    },
    runAfter: (_name, job) => void jobs.push(job),
  };
  return {
    ...{ state, ports },
    find: async () => (await findCatalog(ports))?.revision ?? null,
    settle: async () => {
      for (const job of jobs.splice(0)) await job;
    },
    /** A second isolate on the same cache and database. */
    another: (): CatalogPorts => ({ ...ports, memory: { record: null, triedAt: 0 } }),
  };
}

describe('the catalogue is read as keys are', () => {
  it('from memory without any I/O, again in the background after 25 s, and never older than 50 s', async () => {
    const { find, settle, state } = world();
    expect(await find()).toBe('r1');
    await settle();
    expect(state).toMatchObject({ databaseReads: 1, cacheReads: 1, cache: { rows: { revision: 'r1' } } });
    state.revision = 'r2';
    state.now += 24_000;
    expect(await find()).toBe('r1');
    expect(state).toMatchObject({ databaseReads: 1, cacheReads: 1 });
    state.now += 2_000;
    // The one that finds it old is not kept waiting; the next has the new one.
    expect(await find()).toBe('r1');
    await settle();
    expect(await find()).toBe('r2');
    state.revision = 'r3';
    state.now += 51_000;
    expect(await find()).toBe('r3');
  });

  it('equal rows stay the same object, so that nothing is made of them anew', async () => {
    const { ports, settle, state } = world();
    const first = await findCatalog(ports);
    state.now += 30_000;
    await findCatalog(ports);
    await settle();
    expect(await findCatalog(ports)).toBe(first);
  });

  it('from the cache by an isolate that starts, where that is young enough', async () => {
    const { another, find, settle, state } = world();
    await find();
    await settle();
    state.revision = 'r2';
    state.now += 40_000;
    expect((await findCatalog(another()))?.revision).toBe('r1');
    expect(state.databaseReads).toBe(1);
    state.now += 11_000;
    expect((await findCatalog(another()))?.revision).toBe('r2');
  });

  it('while D1 fails what is known goes on, however old, and is read as soon as it answers', async () => {
    const { another, find, settle, state } = world();
    await find();
    await settle();
    Object.assign(state, { isDown: true, revision: 'r2' });
    for (let minute = 1; minute <= 10; minute += 1) {
      state.now += 60_000;
      expect(await find()).toBe('r1');
      expect((await findCatalog(another()))?.revision).toBe('r1');
    }
    state.isDown = false;
    state.now += 6_000;
    expect(await find()).toBe('r2');
  });

  it('nobody can tell where D1 fails and nothing was ever read', async () => {
    const { find, state } = world();
    state.isDown = true;
    expect(await find()).toBeNull();
  });

  it('a change of one’s own is not undone by a read that began before it', async () => {
    const { find, ports, state } = world();
    await find();
    const slow = Promise.withResolvers<void>();
    const late = readCatalogNow({
      ...ports,
      readDatabase: async () => {
        await slow.promise;
        return { ...NO_ROWS, revision: 'r1' };
      },
    });
    state.now += 10;
    state.revision = 'r2';
    await readCatalogNow(ports);
    slow.resolve();
    await late;
    expect(await find()).toBe('r2');
  });
});

describe('plain SQL, through the door', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('holds within a minute, though nobody was told', async () => {
    const { secret } = await makeKey();
    const ask = async (name: string) =>
      (await get(`/v1/models/${name}`, { headers: { authorization: `Bearer ${secret}` } })).status;
    expect(await ask('by-hand')).toBe(404);
    await env.DB.exec(`INSERT INTO routes (name, targets) VALUES ('by-hand', '[{"model":"test/echo"}]')`);
    const later = Date.now() + 51_000;
    vi.spyOn(Date, 'now').mockImplementation(() => later);
    expect(await ask('by-hand')).toBe(200);
  });
});
