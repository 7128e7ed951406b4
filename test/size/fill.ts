import { createHmac, hash } from 'node:crypto';
import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { keyId } from '../../src/keys/secret.ts';
import { requestId } from '../../src/protocol/request-id.ts';
import { costOf, DAYS, type Group, groupsOf, KEYS_A_USER, type Size, totalCost, USERS_A_TEAM } from './plan.ts';

/*
 * Data by SQL, straight into the files of a router that is stopped: a million rows through its door would take a day.
 */

const DAY_MS = 86_400_000;

interface Stores {
  database: string;
  /** The folder of the keys' ledgers. */
  ledgers: string;
  /** The file of the one ledger that is there, which the others are copies of. */
  ledger: string;
}

function databaseIn(folder: string): string {
  const [name, ...others] = readdirSync(folder).filter((each) => /^[0-9a-f]{64}\.sqlite$/.test(each));
  if (name === undefined || others.length > 0) throw new Error(`There is not one database in ${folder}.`);
  return join(folder, name);
}

/** The files of a router whose one key has been used once. */
export function findStores(folder: string): Stores {
  const state = join(folder, '.wrangler/state/v3');
  const ledgers = join(state, 'do/llm-router-KeyLedger');
  return { database: databaseIn(join(state, 'd1/miniflare-D1DatabaseObject')), ledgers, ledger: databaseIn(ledgers) };
}

/**
 * The file of a named object, as the runtime derives it.
 * https://github.com/cloudflare/workerd/blob/main/src/workerd/server/actor-id-impl.c++
 */
function objectFile(folder: string, name: string): string {
  const key = hash('sha256', 'llm-router-KeyLedger', 'buffer');
  const start = createHmac('sha256', key).update(name).digest().subarray(0, 16);
  const end = createHmac('sha256', key).update(start).digest().subarray(0, 16);
  return join(folder, `${Buffer.concat([start, end]).toString('hex')}.sqlite`);
}

const PEOPLE = `
INSERT INTO teams (name, budget_month_usd) SELECT DISTINCT team, 1000.0 FROM made;
INSERT INTO users (name, team, email, budget_total_usd)
SELECT DISTINCT owner, team, owner || '@example.com', 500.0 FROM made;
INSERT INTO api_keys (id, owner, name, hash, prefix, last4, budget_month_usd, budget_day_usd, budget_week_usd, budget_total_usd)
SELECT id, owner, 'key ' || number, printf('%064x', number), 'sk', printf('%04d', number % 10000), 100.0,
  iif(number % 2 = 0, 10.0, NULL), iif(number % 4 = 0, 50.0, NULL), iif(number % 8 = 0, 1000.0, NULL)
FROM made;
INSERT INTO ledgers (key_id) SELECT id FROM made WHERE true ON CONFLICT DO NOTHING;
INSERT INTO audit (actor, action, target, details) SELECT 'cli', 'key.create', id, '{"rpm":60}' FROM made;
INSERT INTO invitations (id, owner, hash, expires_at)
SELECT 'inv_' || number, owner, 'invitation ' || number, '2099-01-01T00:00:00.000Z' FROM made WHERE number % 5 = 0;
`;

const NUMBERS = `
CREATE TEMP TABLE numbers (value INTEGER PRIMARY KEY);
WITH RECURSIVE count(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM count LIMIT (SELECT max(requests) FROM made))
INSERT INTO numbers SELECT value FROM count;
`;

const LOGS = `
INSERT INTO request_logs (
  request_id, kind, key_id, owner, team, purpose, endpoint, provider, model, requested_model, stream, status, "end",
  source, input_tokens, cached_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_nano_usd,
  price_revision, attempts, finish_reason, started_at, first_token_ms, duration_ms, colo, day, session, summed
)
SELECT request_id(at), 'settle', id, owner, team, 'default', 'chat', 'test', 'model-' || (request % 5), 'test/model-' || (request % 5),
  1, iif(request % 50 = 7, 502, 200), iif(request % 50 = 7, 'upstream_failed', 'completed'),
  'reported', 4000, 3000, 0, 300, 100, cost(request),
  'size', 1, 'stop', iso(at), 400 + request % 800, 4000, 'FRA', substr(iso(at), 1, 10), 's-' || (request / 20), 1
FROM (
  SELECT made.*, value AS request,
    :from + CAST((value + (number % 97) / 97.0) / requests * (:until - :from) AS INTEGER) AS at
  FROM made JOIN numbers ON value < requests
)`;

const SUMS = `
INSERT INTO usage_daily (
  day, key_id, provider, model, owner, team, endpoint, requests, errors,
  input_tokens, cached_tokens, output_tokens, reasoning_tokens, cost_nano_usd
)
SELECT day, key_id, provider, model, owner, team, endpoint, count(*), sum("end" = 'upstream_failed'),
  sum(input_tokens), sum(cached_tokens), sum(output_tokens), sum(reasoning_tokens), sum(cost_nano_usd)
FROM request_logs WHERE summed = 1 AND price_revision = 'size' GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7;
INSERT INTO usage_monthly (month, key_id, owner, team, cost_nano_usd)
SELECT substr(day, 1, 7), key_id, owner, team, sum(cost_nano_usd)
FROM usage_daily WHERE provider = 'test' AND model <> 'echo' GROUP BY 1, 2, 3, 4;
`;

interface MadeKey {
  id: string;
  requests: number;
}

/** Names the keys, the busiest first; ids rise with the time at which keys were made. */
function nameKeys(database: DatabaseSync, groups: readonly Group[], from: number): MadeKey[] {
  database.exec(
    'CREATE TEMP TABLE made (number INTEGER PRIMARY KEY, id TEXT, owner TEXT, team TEXT, requests INTEGER)',
  );
  const insert = database.prepare('INSERT INTO made VALUES (?, ?, ?, ?, ?)');
  return groups.flatMap(({ first, keys, requests }) =>
    Array.from({ length: keys }, (_, index) => {
      const number = first + index;
      const id = keyId(from + number * 1_000);
      const user = Math.floor(number / KEYS_A_USER);
      insert.run(number, id, `user${user}`, `team${Math.floor(user / USERS_A_TEAM)}`, requests);
      return { id, requests };
    }),
  );
}

function fillDatabase(file: string, size: Size, now: number): MadeKey[] {
  const database = new DatabaseSync(file);
  const from = now - DAYS * DAY_MS;
  database.function('request_id', (at) => requestId(Number(at)));
  database.function('iso', (at) => new Date(Number(at)).toISOString());
  database.function('cost', (request) => costOf(Number(request)));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY; BEGIN');
  const made = nameKeys(database, groupsOf(size), from - DAY_MS);
  database.exec(PEOPLE);
  database.exec(NUMBERS);
  database.prepare(LOGS).run({ from, until: now });
  database.exec(SUMS);
  database.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  return made;
}

/** A ledger that holds this sum alone, made of one that was really used. */
function emptyLedger(from: string, to: string, cost: number): void {
  const source = new DatabaseSync(from);
  source.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  source.close();
  copyFileSync(from, to);
  const ledger = new DatabaseSync(to);
  ledger.exec('DELETE FROM requests; DELETE FROM policy; DELETE FROM costs; DELETE FROM spend');
  ledger.prepare("INSERT INTO costs (day, owner, team, cost) VALUES ('2026-01-01', '', '', ?)").run(cost);
  ledger.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  ledger.close();
}

function makeLedgers({ ledgers, ledger }: Stores, keys: readonly MadeKey[]): void {
  const byCost = new Map<number, string>();
  for (const { id, requests } of keys) {
    const to = objectFile(ledgers, id);
    const cost = totalCost(requests);
    const like = byCost.get(cost);
    if (like === undefined) {
      emptyLedger(ledger, to, cost);
      byCost.set(cost, to);
    } else copyFileSync(like, to);
  }
}

/** Fills a router that is stopped; answers the ids of its keys, the busiest first. */
export function fill(stores: Stores, size: Size): string[] {
  const made = fillDatabase(stores.database, size, Date.now());
  makeLedgers(stores, made);
  return made.map(({ id }) => id);
}
