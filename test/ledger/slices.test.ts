import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { refreshKeysOf } from '../../src/keys/refresh-key.ts';
import { checkLedger, repairLedgers } from '../../src/ledger/check.ts';
import { compareNext, readLight } from '../../src/ledger/light.ts';
import { checkShared } from '../../src/ledger/shared/check-shared.ts';
import { settleNow, sweep } from '../../src/ledger/sweep.ts';
import { openDatabase } from '../../src/store/database.ts';
import { watchDatabase } from '../support/watched-database.ts';

/*
 * Thousands of ledgers, of which each answers at once: what counts is who is asked, and how many calls an invocation
 * makes. Cloudflare allows some thousand; we keep to 500.
 */

const MOST_CALLS = 500;
const HOUR = 3_600_000;
const MINUTE = 60_000;
/** On the hour, when the comparison is due. */
const FULL_HOUR = Math.ceil(Date.now() / HOUR) * HOUR;

const nameOf = (number: number) => `key_${String(number).padStart(6, '0')}`;

/** What each ledger says that it has spent; what is not here is 0. */
const spent = new Map<string, number>();
/** Rows that D1 does not have yet. */
const unsent = new Map<string, number>();
let silent = new Set<string>();
/** What each shared budget says that its one key has spent; what is not here is 0. */
const sharedSpent = new Map<string, number>();
let calls = 0;
let asked: { id: string; what: string }[] = [];

function ledgerDouble(id: string) {
  const answer = <T>(what: string, value: () => T) => {
    return async () => {
      calls += 1;
      asked.push({ id, what });
      if (silent.has(id)) throw new Error('the ledger does not answer');
      return value();
    };
  };
  const outbox = () => unsent.get(id) ?? 0;
  return {
    sums: answer('sums', () => ({
      ledgerNanoUsd: spent.get(id) ?? 0,
      heldNanoUsd: 0,
      openLeases: 0,
      outbox: outbox(),
      counting: 0,
    })),
    nudge: answer('nudge', () => ({ sent: 0, unacknowledged: outbox(), openLeases: 0, counting: 0 })),
    confirmed: answer('confirmed', () => 0),
    wake: answer('wake', () => undefined),
    resend: answer('resend', () => undefined),
    sync: answer('sync', () => undefined),
  };
}

function budgetDouble(id: string) {
  return {
    async check() {
      calls += 1;
      asked.push({ id, what: 'check' });
      if (silent.has(id)) throw new Error('the shared budget does not answer');
      return { reserved: 0, totals: { [nameOf(0)]: sharedSpent.get(id) ?? 0 } };
    },
  };
}

const many = {
  ...env,
  DB: watchDatabase(env.DB, () => {
    calls += 1;
  }),
  KEY_LEDGER: { getByName: ledgerDouble },
  SHARED_BUDGET: { getByName: budgetDouble },
  KEY_CACHE: {
    async get() {
      calls += 1;
      return null;
    },
    async put() {
      calls += 1;
    },
  },
} as unknown as Cloudflare.Env; // of a ledger only what is called here

async function addLedgers(numbers: readonly number[]): Promise<void> {
  await env.DB.prepare('INSERT INTO ledgers (key_id) SELECT value FROM json_each(?)')
    .bind(JSON.stringify(numbers.map(nameOf)))
    .run();
}

const budgetOf = (number: number) => `budget_${String(number).padStart(6, '0')}`;

/** Users with a budget that has been drawn from. */
async function addBudgets(count: number): Promise<void> {
  const numbers = JSON.stringify(Array.from({ length: count }, (_, index) => budgetOf(index)));
  const insert = (sql: string) => env.DB.prepare(`${sql} FROM json_each(?)`).bind(numbers);
  await env.DB.batch([
    insert('INSERT INTO users (name, id, updated_at, budget_day_usd) SELECT value, value, value, 1.0'),
    insert("INSERT INTO shared_budgets (id, kind, name) SELECT value, 'user', value"),
  ]);
}

async function addDay(id: string, cost: number): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO usage_daily (day, key_id, provider, model, owner, requests, errors, input_tokens, cached_tokens,
       output_tokens, reasoning_tokens, cost_nano_usd) VALUES ('2026-11-01', ?1, '', '', '', 1, 0, 0, 0, 0, 0, ?2)`,
  )
    .bind(id, cost)
    .run();
  await env.DB.prepare('INSERT INTO pruned_logs (key_id, cost_nano_usd) VALUES (?1, ?2)').bind(id, cost).run();
}

async function callsOf(job: () => Promise<unknown>): Promise<number> {
  calls = 0;
  await job();
  return calls;
}

const askedFor = (what: string) => asked.filter((each) => each.what === what).map(({ id }) => id);

beforeEach(async () => {
  spent.clear();
  unsent.clear();
  silent = new Set();
  sharedSpent.clear();
  asked = [];
  await env.DB.batch(
    ['ledgers', 'usage_daily', 'pruned_logs', 'shared_budgets'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  );
  await env.DB.prepare("DELETE FROM users WHERE name LIKE 'budget%'").run();
  await env.DB.prepare("DELETE FROM deployment WHERE name IN ('ledger_round', 'wake_cursor')").run();
  await addLedgers(Array.from({ length: 1_000 }, (_, index) => 2 * index));
});

describe('with a thousand keys no invocation makes more than 500 calls', () => {
  it('a slice of the check, whose sums all differ', async () => {
    for (let number = 0; number < 2_000; number += 2) spent.set(nameOf(number), 7);
    expect(await callsOf(() => checkLedger(many))).toBeLessThanOrEqual(MOST_CALLS);
    expect(askedFor('sums').length).toBeGreaterThan(100);
  });

  it('a slice of the repair, where D1 has lost the rows of every key', async () => {
    for (let number = 0; number < 2_000; number += 2) spent.set(nameOf(number), 7);
    expect(await callsOf(() => repairLedgers(many))).toBeLessThanOrEqual(MOST_CALLS);
    expect(askedFor('resend').length).toBeGreaterThan(0);
  });

  it('a slice of the settlement, where every ledger has rows', async () => {
    for (let number = 0; number < 2_000; number += 2) unsent.set(nameOf(number), 1);
    expect(await callsOf(() => settleNow(many))).toBeLessThanOrEqual(MOST_CALLS);
    expect(askedFor('nudge').length).toBeGreaterThan(100);
  });

  it('a slice of shared budgets, in the check and in the cron’s minute, where every one differs', async () => {
    await addBudgets(120);
    for (let number = 0; number < 120; number += 1) sharedSpent.set(budgetOf(number), 7);
    const slice = await callsOf(() => checkShared(many, ''));
    expect(slice).toBeGreaterThan(100);
    // Behind the last key the same answer has a slice of budgets.
    expect(slice + (await callsOf(() => checkLedger(many)))).toBeLessThanOrEqual(MOST_CALLS);
    const minutes: number[] = [];
    for (let minute = 0; minute < 15; minute += 1)
      minutes.push(await callsOf(() => sweep(many, FULL_HOUR + minute * MINUTE)));
    expect(new Set(askedFor('check')).size).toBe(120);
    expect(Math.max(...minutes) + 20).toBeLessThanOrEqual(MOST_CALLS);
  });

  it('the cron’s minute, with a comparison in which D1 has lost the rows of every key, and old logs', async () => {
    for (let number = 0; number < 2_000; number += 2) spent.set(nameOf(number), 7);
    const took = await callsOf(() => sweep(many, FULL_HOUR));
    expect(took).toBeGreaterThan(300);
    // Log rows to prune cost twenty batches at most.
    expect(took + 20).toBeLessThanOrEqual(MOST_CALLS);
  });
});

describe('a change of a person with hundreds of keys', () => {
  /** The even ones have a ledger. */
  async function addKeys(owner: string, count: number): Promise<void> {
    await env.DB.prepare('INSERT INTO users (name) VALUES (?)').bind(owner).run();
    const keys = Array.from({ length: count }, (_, index) => nameOf(index));
    await env.DB.prepare('DELETE FROM api_keys').run();
    await env.DB.prepare(
      `INSERT INTO api_keys (id, owner, hash, prefix, last4) SELECT value, ?2, 'hash ' || value, 'sk', 'last'
       FROM json_each(?1)`,
    )
      .bind(JSON.stringify(keys), owner)
      .run();
  }

  it('is told to all ledgers at once, as far as an invocation’s calls go', async () => {
    await addKeys('crowd', 800);
    expect(await callsOf(() => refreshKeysOf(many, { owner: 'crowd' }))).toBeLessThanOrEqual(MOST_CALLS);
    expect(new Set(askedFor('sync'))).toEqual(new Set(Array.from({ length: 400 }, (_, index) => nameOf(2 * index))));
  });

  it('is said to hold within a minute where there are more', async () => {
    await addKeys('throng', 1_200);
    const refreshed = refreshKeysOf(many, { owner: 'throng' });
    expect(await callsOf(() => refreshed.catch(() => {}))).toBeLessThanOrEqual(MOST_CALLS);
    await expect(refreshed).rejects.toMatchObject({ code: 'ledger_unavailable' });
    expect(askedFor('sync')).toHaveLength(450);
  });
});

describe('slices go over every key', () => {
  it('the check, those without a ledger too, though keys are made meanwhile', async () => {
    await addDay('key_000003', 5);
    const seen: string[] = [];
    let cursor: string | null = null;
    let slices = 0;
    do {
      const check: Awaited<ReturnType<typeof checkLedger>> = await checkLedger(many, cursor);
      seen.push(...check.data.map((row) => row.key_id));
      cursor = check.nextCursor;
      slices += 1;
      // Before where the check is, and behind it.
      if (slices <= 3) await addLedgers([2 * slices + 1, 2_000 + slices]);
    } while (cursor !== null);
    const visited = new Set(askedFor('sums'));
    expect(askedFor('sums')).toHaveLength(visited.size);
    for (let number = 0; number < 2_000; number += 2) expect(visited.has(nameOf(number))).toBe(true);
    for (const late of [2_001, 2_002, 2_003]) expect(visited.has(nameOf(late))).toBe(true);
    // Nothing was spent by the others.
    expect(seen).toEqual(['key_000003']);
  });

  it('the settlement, and each once', async () => {
    for (let number = 0; number < 2_000; number += 2) unsent.set(nameOf(number), 1);
    let [flushed, slices] = [0, 0];
    let cursor: string | null = null;
    do {
      const slice: Awaited<ReturnType<typeof settleNow>> = await settleNow(many, cursor);
      expect(slice.pending).toBe(0);
      flushed += slice.flushed;
      cursor = slice.nextCursor;
      slices += 1;
    } while (cursor !== null);
    expect(flushed).toBe(1_000);
    expect(slices).toBeGreaterThan(2);
  });

  it('the cron wakes all of them within minutes, and begins again', async () => {
    const woken = new Set<string>();
    for (let minute = 1; woken.size < 1_000; minute += 1) {
      expect(minute).toBeLessThan(12);
      asked = [];
      await sweep(many, FULL_HOUR + minute * MINUTE);
      for (const id of askedFor('wake')) woken.add(id);
    }
    asked = [];
    await sweep(many, FULL_HOUR + 20 * MINUTE);
    expect(askedFor('wake')).toContain(nameOf(0));
  });
});

describe('the light', () => {
  const light = () => readLight(openDatabase(env.DB));
  async function runRound(from: number): Promise<number> {
    for (let minute = 0; minute < 59; minute += 1) {
      await sweep(many, from + minute * MINUTE);
      const kept = await light();
      if (kept !== null && kept.at === from) return minute + 1;
    }
    throw new Error('The round has no end.');
  }

  it('is there after a round of slices, with the age of its first, and not before', async () => {
    for (let number = 0; number < 2_000; number += 2) {
      spent.set(nameOf(number), 3);
      await addDay(nameOf(number), 3);
    }
    await sweep(many, FULL_HOUR);
    expect(await light()).toBeNull();
    expect(await runRound(FULL_HOUR)).toBeGreaterThan(3);
    expect(await light()).toEqual({ light: 'ok', keys: 1_000, budgets: 0, at: FULL_HOUR });
  });

  it('is bad as soon as one slice is, and good again only after a round that is', async () => {
    await runRound(FULL_HOUR);
    spent.set(nameOf(0), 9);
    await sweep(many, FULL_HOUR + HOUR);
    expect(await light()).toMatchObject({ light: 'bad' });
    spent.clear();
    for (let minute = 1; minute < 30; minute += 1) await sweep(many, FULL_HOUR + HOUR + minute * MINUTE);
    expect(await light()).toMatchObject({ light: 'bad' });
    await runRound(FULL_HOUR + 2 * HOUR);
    expect(await light()).toMatchObject({ light: 'ok' });
  });

  it('holds the shared budgets too, behind the keys, whatever becomes of the Worker meanwhile', async () => {
    await addBudgets(70);
    const minutes = await runRound(FULL_HOUR);
    expect(await light()).toEqual({ light: 'ok', keys: 0, budgets: 70, at: FULL_HOUR });
    expect(askedFor('check')).toHaveLength(70);
    sharedSpent.set(budgetOf(69), 7);
    // The cursor is in D1, and nowhere else.
    for (let minute = 0; minute < minutes; minute += 1) {
      const database = openDatabase(env.DB);
      await compareNext(many, database, { now: FULL_HOUR + HOUR + minute * MINUTE, isDue: minute === 0 });
    }
    expect(await light()).toEqual({ light: 'bad', keys: 0, budgets: 70, at: FULL_HOUR + HOUR });
  });

  it('knows of a shared budget that differs whether rows are on their way, and of one that does not answer', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    await addBudgets(2);
    sharedSpent.set(budgetOf(0), 7);
    unsent.set(nameOf(0), 3);
    expect((await checkShared(many, '')).data).toMatchObject([
      { shared_nano_usd: 7, outbox: 3 },
      { shared_nano_usd: 0 },
    ]);
    await runRound(FULL_HOUR);
    expect(await light()).toMatchObject({ light: 'lag' });
    sharedSpent.clear();
    silent = new Set([budgetOf(1)]);
    expect(await checkShared(many, '')).toMatchObject({ data: [{}], unanswered: [`user ${budgetOf(1)}`] });
    await runRound(FULL_HOUR + HOUR);
    expect(await light()).toMatchObject({ light: 'lag' });
    silent.clear();
    await runRound(FULL_HOUR + 2 * HOUR);
    expect(await light()).toMatchObject({ light: 'ok' });
  });

  it('goes on past a ledger that does not answer, and is not green then', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    silent = new Set([nameOf(4)]);
    await runRound(FULL_HOUR);
    expect(await light()).toMatchObject({ light: 'lag' });
    expect(askedFor('sums')).toContain(nameOf(1_998));
  });
});
