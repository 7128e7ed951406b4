import { and, desc, eq, getTableColumns, is, isNotNull, isNull, lt, ne, or, SQL, sql } from 'drizzle-orm';
import type { SQLiteColumn, SQLiteUpdateSetSource } from 'drizzle-orm/sqlite-core';
import type { LedgerPlace } from '../protocol/ledger-place.ts';
import { type AuditEntry, auditWhere } from './audit.ts';
import type { Database } from './database.ts';
import { type Page, pageOf } from './page.ts';
import {
  type Actor,
  type ApiKey,
  type ApiKeyRow,
  apiKeys,
  type Level,
  ledgers,
  sharedBudgets,
  teams,
  type User,
  users,
} from './schema.ts';
import { auditNewUser } from './users.ts';

/** What people may set of a key; what is left out stays, null lifts a limit. */
export type KeySettings = {
  [Column in
    | 'purpose'
    | 'name'
    | 'expiresAt'
    | 'models'
    | 'rpm'
    | 'tpm'
    | 'maxConcurrent'
    | 'budgetDayUsd'
    | 'budgetWeekUsd'
    | 'budgetMonthUsd'
    | 'budgetTotalUsd'
    | 'reasoning'
    | 'providerTools']?: ApiKeyRow[Column] | undefined;
};

/** What is stored of a secret. */
export type StoredSecret = Pick<ApiKeyRow, 'hash' | 'prefix' | 'last4'>;

/** A time in any form SQLite knows, as ISO 8601 UTC: rows may be edited by hand. */
function isoTime(column: SQLiteColumn, name: string) {
  return sql<string | null>`strftime('%Y-%m-%dT%H:%M:%fZ', ${column})`.as(name);
}

/** A user or a team as it rides along with its keys: one column, whatever it holds. Null where there is no such row. */
function levelOf(table: typeof users | typeof teams, name: string) {
  const { budgetDayUsd, budgetWeekUsd, budgetMonthUsd, budgetTotalUsd } = table;
  const { jurisdiction, location } = sharedBudgets;
  return sql<Level | null>`iif(${table.id} IS NULL, NULL, json_object(
    'id', ${table.id}, 'name', ${table.name}, 'revision', ${table.revision}, 'updatedAt', ${table.updatedAt},
    'budgetDayUsd', ${budgetDayUsd}, 'budgetWeekUsd', ${budgetWeekUsd},
    'budgetMonthUsd', ${budgetMonthUsd}, 'budgetTotalUsd', ${budgetTotalUsd},
    'place', json((SELECT json_object('ledgerJurisdiction', ${jurisdiction}, 'ledgerLocation', ${location})
      FROM ${sharedBudgets} WHERE ${sharedBudgets.id} = ${table.id}))))`
    .mapWith(JSON.parse)
    .as(name);
}

/** Keys with their owner's state, what owner and team may spend, and their ledger's place. All reads go through here. */
export function selectKeys(database: Database) {
  return database
    .select({
      ...getTableColumns(apiKeys),
      expiresAt: isoTime(apiKeys.expiresAt, 'expires_at'),
      previousExpiresAt: isoTime(apiKeys.previousExpiresAt, 'previous_expires_at'),
      ownerStatus: sql<User['status']>`${users.status}`.as('owner_status'),
      user: levelOf(users, 'user'),
      team: levelOf(teams, 'team'),
      ledgerSince: sql<LedgerPlace['ledgerSince']>`${ledgers.since}`.as('ledger_since'),
      ledgerJurisdiction: sql<LedgerPlace['ledgerJurisdiction']>`${ledgers.jurisdiction}`.as('ledger_jurisdiction'),
      ledgerLocation: sql<LedgerPlace['ledgerLocation']>`${ledgers.location}`.as('ledger_location'),
    })
    .from(apiKeys)
    .innerJoin(users, eq(users.name, apiKeys.owner))
    .leftJoin(teams, eq(teams.name, users.team))
    .leftJoin(ledgers, eq(ledgers.keyId, apiKeys.id))
    .$dynamic();
}

/** The key whose present or replaced secret has this SHA-256, in any state; null where there is none. */
export async function findKeyByHash(database: Database, hash: string): Promise<ApiKey | null> {
  const rows = await selectKeys(database)
    .where(or(eq(apiKeys.hash, hash), eq(apiKeys.previousHash, hash)))
    .limit(1);
  return rows[0] ?? null;
}

/** A key by its id, in any state; null where there is none. */
export async function getKey(database: Database, id: string): Promise<ApiKey | null> {
  const rows = await selectKeys(database).where(eq(apiKeys.id, id)).limit(1);
  return rows[0] ?? null;
}

/** Keys by their ids, in any state; those that are not there are left out. */
export async function keysOfIds(database: Database, ids: readonly string[]): Promise<ApiKey[]> {
  return await selectKeys(database).where(sql`${apiKeys.id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`);
}

/** Up to `limit` keys of these people that are not revoked and have a ledger, person by person. */
export async function usedKeysOfOwners(
  database: Database,
  owners: readonly string[],
  limit: number,
): Promise<ApiKey[]> {
  const isTheirs = sql`${apiKeys.owner} IN (SELECT value FROM json_each(${JSON.stringify(owners)}))`;
  return await selectKeys(database)
    .where(and(isTheirs, ne(apiKeys.status, 'revoked'), isNotNull(ledgers.keyId)))
    .orderBy(apiKeys.owner, apiKeys.id)
    .limit(limit);
}

/** All keys of one person, in any state. */
export async function keysOfOwner(database: Database, owner: string): Promise<ApiKey[]> {
  return await selectKeys(database).where(eq(apiKeys.owner, owner)).orderBy(desc(apiKeys.id));
}

/** Up to `limit` keys that are not revoked, of a person or of all who are in a team: those that were used come first. */
export async function liveKeysOf(
  database: Database,
  whose: { owner: string } | { team: string },
  limit: number,
): Promise<ApiKey[]> {
  const isTheirs = 'owner' in whose ? eq(apiKeys.owner, whose.owner) : eq(users.team, whose.team);
  return await selectKeys(database)
    .where(and(isTheirs, ne(apiKeys.status, 'revoked')))
    .orderBy(isNull(ledgers.keyId), desc(apiKeys.id))
    .limit(limit);
}

/** Keys, newest first. `cursor` is a key's id; `search` looks into owner, name, id and the last four characters. */
export async function listKeys(
  database: Database,
  page: { limit: number; cursor?: string | null; owner?: string | null; search?: string | null },
): Promise<Page<ApiKey>> {
  // Not LIKE: D1 refuses patterns over 50 bytes, and % and _ are letters here.
  const contains = (column: SQLiteColumn) => sql`instr(lower(${column}), lower(${page.search})) > 0`;
  const rows = await selectKeys(database)
    .where(
      and(
        page.cursor ? lt(apiKeys.id, page.cursor) : undefined,
        page.owner ? eq(apiKeys.owner, page.owner) : undefined,
        page.search
          ? or(contains(apiKeys.owner), contains(apiKeys.name), contains(apiKeys.id), eq(apiKeys.last4, page.search))
          : undefined,
      ),
    )
    .orderBy(desc(apiKeys.id))
    .limit(page.limit + 1);
  return pageOf(rows, page.limit, (row) => row.id);
}

/** Stores a key, and its owner where that is a new one, in one transaction. Null where the id is taken by another. */
export async function createKey(
  database: Database,
  key: { id: string; owner: string } & StoredSecret & KeySettings,
  actor: Actor,
): Promise<ApiKey | null> {
  const { id, owner, hash, ...details } = key;
  const entry: AuditEntry = { actor, action: 'key.create', target: id, details: { owner, ...details } };
  const [, , , , rows] = await database.batch([
    database.insert(users).values({ name: owner }).onConflictDoNothing(),
    auditNewUser(database, owner, actor),
    database.insert(apiKeys).values(key).onConflictDoNothing(),
    auditWhere(database, entry, apiKeys, and(eq(apiKeys.id, id), sql`changes() > 0`)),
    selectKeys(database).where(eq(apiKeys.id, id)),
  ]);
  // By its secret: run twice because an answer was lost, the second time finds the first one's row.
  return rows.find((row) => row.hash === hash) ?? null;
}

/** A key that is to be stored for somebody who is there. */
export type NewKey = { id: string; owner: string } & StoredSecret & KeySettings;

/**
 * The statements that store a key with its audit row if its owner is active and `condition` holds at that moment: of
 * several at once each sees those before it. To be put behind each other in one batch.
 */
export function insertKeyWhere(database: Database, key: NewKey, actor: Actor, condition: SQL) {
  const given: Readonly<Record<string, unknown>> = key;
  const cells = Object.entries(getTableColumns(apiKeys)).map(([name, column]) => {
    const value = given[name] ?? column.default ?? column.defaultFn?.() ?? null;
    return is(value, SQL) ? value : sql`${sql.param(value, column)}`;
  });
  const isActive = sql`EXISTS (SELECT 1 FROM ${users} WHERE name = ${key.owner} AND status = 'active')`;
  const row = sql`SELECT ${sql.join(cells, sql`, `)} WHERE ${isActive} AND ${condition}`;
  const { id, owner, hash: _, ...details } = key;
  const entry: AuditEntry = { actor, action: 'key.create', target: id, details: { owner, ...details } };
  return [
    database.insert(apiKeys).select(row).onConflictDoNothing(),
    auditWhere(database, entry, apiKeys, and(eq(apiKeys.id, id), sql`changes() > 0`)),
  ] as const;
}

/** Stores a key if its owner may have one more. Null where it may not; the row of another where the id was taken. */
export async function createKeyWhere(
  database: Database,
  key: NewKey,
  actor: Actor,
  condition: SQL,
): Promise<ApiKey | null> {
  const [, , rows] = await database.batch([
    ...insertKeyWhere(database, key, actor, condition),
    selectKeys(database).where(eq(apiKeys.id, key.id)),
  ]);
  return rows[0] ?? null;
}

/** Why a key stays as it is: it is not there, revoked for good, or stale, since another change came first. */
export type Unchanged = { kind: 'revoked' | 'stale'; key: ApiKey } | { kind: 'missing' };

/** What a change of a key came to. */
export type KeyChange = { kind: 'changed'; key: ApiKey } | Unchanged;

async function changeKey(
  database: Database,
  id: string,
  changes: SQLiteUpdateSetSource<typeof apiKeys>,
  entry: AuditEntry,
  revision?: number,
): Promise<KeyChange> {
  const isCurrent = revision === undefined ? undefined : eq(apiKeys.revision, revision);
  const changeable = and(eq(apiKeys.id, id), ne(apiKeys.status, 'revoked'), isCurrent);
  const [written, , rows] = await database.batch([
    auditWhere(database, entry, apiKeys, changeable).returning(),
    database.update(apiKeys).set(changes).where(changeable),
    selectKeys(database).where(eq(apiKeys.id, id)),
  ]);
  const key = rows[0];
  if (key === undefined) return { kind: 'missing' };
  if (written.length > 0) return { kind: 'changed', key };
  return { kind: key.status === 'revoked' ? 'revoked' : 'stale', key };
}

/**
 * Sets limits, name, purpose or status of a key that is not revoked. At least one of them must be given.
 * With a revision only a key that still has it: what was decided by an older state is `stale`.
 */
export async function updateKey(
  database: Database,
  id: string,
  changes: KeySettings & { status?: ApiKeyRow['status'] | undefined },
  actor: Actor,
  revision?: number,
): Promise<KeyChange> {
  const set = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const action = changes.status === 'revoked' ? 'key.revoke' : 'key.update';
  return await changeKey(database, id, set, { actor, action, target: id, details: set }, revision);
}

/** Ends a key for good. Revoking twice is no mistake, and changes nothing. */
export async function revokeKey(database: Database, id: string, actor: Actor): Promise<KeyChange> {
  const change = await updateKey(database, id, { status: 'revoked' }, actor);
  return change.kind === 'revoked' ? { ...change, kind: 'changed' } : change;
}

/**
 * Gives a key a new secret. The old one works until `previousExpiresAt` (ISO UTC); the one before it ends now.
 * Of two rotations at once only one is made: the other would end, unasked, the secret that people use.
 */
export async function rotateKey(
  database: Database,
  { id, revision }: Pick<ApiKey, 'id' | 'revision'>,
  secret: StoredSecret,
  previousExpiresAt: string,
  actor: Actor,
): Promise<KeyChange> {
  const changes = { ...secret, previousHash: sql`${apiKeys.hash}`, previousExpiresAt };
  const details = { last4: secret.last4, previous_expires_at: previousExpiresAt };
  const change = await changeKey(database, id, changes, { actor, action: 'key.rotate', target: id, details }, revision);
  // Run twice because an answer was lost, the second time finds its own secret there.
  return change.kind === 'stale' && change.key.hash === secret.hash ? { ...change, kind: 'changed' } : change;
}
