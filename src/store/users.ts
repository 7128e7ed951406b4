import { and, asc, eq, exists, getTableColumns, gt, isNull, ne, notExists, type SQL, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import { type AuditEntry, auditWhere } from './audit.ts';
import type { Database } from './database.ts';
import { type Page, pageOf } from './page.ts';
import { type Actor, apiKeys, type Budgets, teams, type User, users } from './schema.ts';

/** A person with the number of their keys that are not revoked. */
export interface UserWithKeys extends User {
  keys: number;
}

/** Budgets as JSON shows them: by column name. */
export function describeBudgets(budgets: Budgets) {
  return {
    budget_day_usd: budgets.budgetDayUsd,
    budget_week_usd: budgets.budgetWeekUsd,
    budget_month_usd: budgets.budgetMonthUsd,
    budget_total_usd: budgets.budgetTotalUsd,
  };
}

/** A person as JSON shows them. */
export function describeUser(user: UserWithKeys) {
  return {
    name: user.name,
    status: user.status,
    email: user.email,
    team: user.team,
    ...describeBudgets(user),
    keys: user.keys,
    revision: user.revision,
    created_at: user.createdAt,
    updated_at: user.updatedAt,
  };
}

/** What is read of a person. */
export const userColumns = {
  ...getTableColumns(users),
  keys: sql<number>`(SELECT count(*) FROM api_keys WHERE api_keys.owner = users.name AND status <> 'revoked')`.as(
    'keys',
  ),
};

function selectUsers(database: Database) {
  return database.select(userColumns).from(users).$dynamic();
}

/** A person by name; null where there is none. */
export async function getUser(database: Database, name: string): Promise<UserWithKeys | null> {
  const rows = await selectUsers(database).where(eq(users.name, name)).limit(1);
  return rows[0] ?? null;
}

/** People by their names; those who are not there are left out. */
export async function usersOfNames(database: Database, names: readonly string[]): Promise<UserWithKeys[]> {
  return await selectUsers(database).where(
    sql`${users.name} IN (SELECT value FROM json_each(${JSON.stringify(names)}))`,
  );
}

/** The person who signs in with an address; null where it is nobody's. */
export async function getUserByEmail(database: Database, email: string): Promise<UserWithKeys | null> {
  const rows = await selectUsers(database).where(eq(users.email, email)).limit(1);
  return rows[0] ?? null;
}

/**
 * Makes the person of a first sign-in, named by the address. One who is there under that name without any gets it.
 * Null where the name belongs to somebody with another address.
 */
export async function welcomeUser(database: Database, email: string, actor: Actor): Promise<UserWithKeys | null> {
  const isNameless = and(eq(users.name, email), isNull(users.email));
  const entry: AuditEntry = { actor, action: 'user.update', target: email, details: { email } };
  const [, , , , rows] = await database.batch([
    database.insert(users).values({ name: email, email }).onConflictDoNothing(),
    auditNewUser(database, email, actor),
    auditWhere(database, entry, users, isNameless),
    database.update(users).set({ email }).where(isNameless),
    selectUsers(database).where(eq(users.email, email)),
  ]);
  return rows[0] ?? null;
}

/** People by name, all or those of a team. `cursor` is a name. */
export async function listUsers(
  database: Database,
  page: { limit: number; cursor?: string | null; team?: string },
): Promise<Page<UserWithKeys>> {
  const behind = page.cursor ? gt(users.name, page.cursor) : undefined;
  const rows = await selectUsers(database)
    .where(and(behind, page.team === undefined ? undefined : eq(users.team, page.team)))
    .orderBy(asc(users.name))
    .limit(page.limit + 1);
  return pageOf(rows, page.limit, (row) => row.name);
}

/** The statement behind one that inserts a person: writes the audit row if that one did, as its changes() tells. */
export function auditNewUser(database: Database, name: string, actor: Actor) {
  const entry: AuditEntry = { actor, action: 'user.create', target: name };
  return auditWhere(database, entry, users, and(eq(users.name, name), sql`changes() > 0`));
}

export type CreatedUser = { kind: 'created' | 'exists'; user: UserWithKeys } | { kind: 'email_taken' };

/** Makes a person; `exists` where the name is taken, `email_taken` where the address is somebody else's. */
export async function createUser(
  database: Database,
  { name, email = null }: { name: string; email?: string | null },
  actor: Actor,
): Promise<CreatedUser> {
  const [created, , rows] = await database.batch([
    database.insert(users).values({ name, email }).onConflictDoNothing().returning(),
    auditNewUser(database, name, actor),
    selectUsers(database).where(eq(users.name, name)),
  ]);
  const user = rows[0];
  if (user !== undefined) return { kind: created.length > 0 ? 'created' : 'exists', user };
  if (email !== null) return { kind: 'email_taken' };
  throw new Error('The database took a new user but did not return it.');
}

/** What may be set of a person; what is left out stays, null lifts it. */
export type UserSettings = { [Column in 'status' | 'email' | 'team' | keyof Budgets]?: User[Column] | undefined };

/** What a change of a person came to: the person, and the keys that it reaches. */
export type UserChange = { kind: 'changed'; user: UserWithKeys; keyIds: string[] } | UnchangedUser;

/**
 * Why a person stays as they are: not there, changed by another first, given the address of somebody else, or put into
 * a team that is not there.
 */
export type UnchangedUser = { kind: 'missing' | 'stale' | 'email_taken' | 'unknown_team' };

const STATUS_ACTIONS = { active: 'user.enable', disabled: 'user.disable' } as const;

/** The audit's entry, and whom it is written of: setting only the status that a person has changes nothing. */
function auditedChange(name: string, set: Partial<User>, actor: Actor): { entry: AuditEntry; differs?: SQL } {
  const { status, ...others } = set;
  if (status === undefined || Object.keys(others).length > 0) {
    return { entry: { actor, action: 'user.update', target: name, details: set } };
  }
  return { entry: { actor, action: STATUS_ACTIONS[status], target: name }, differs: ne(users.status, status) };
}

/**
 * Sets address, team, budgets or status of a person. At least one of them must be given. With a revision only of one who still
 * has it: what was decided by an older state is `stale`.
 */
export async function updateUser(
  database: Database,
  name: string,
  settings: UserSettings,
  actor: Actor,
  revision?: number,
): Promise<UserChange> {
  const set = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const { entry, differs } = auditedChange(name, set, actor);
  const { email = null, team = null } = settings;
  const other = alias(users, 'other');
  const taken = database
    .select({ name: other.name })
    .from(other)
    .where(and(eq(other.email, email ?? ''), ne(other.name, name)));
  const isThere = exists(
    database
      .select({ name: teams.name })
      .from(teams)
      .where(eq(teams.name, team ?? '')),
  );
  const changeable = and(
    eq(users.name, name),
    revision === undefined ? undefined : eq(users.revision, revision),
    email === null ? undefined : notExists(taken),
    team === null ? undefined : isThere,
  );
  const [, written, rows, others, keys] = await database.batch([
    auditWhere(database, entry, users, and(changeable, differs)),
    database.update(users).set(set).where(changeable).returning(),
    selectUsers(database).where(eq(users.name, name)),
    taken,
    database
      .select({ id: apiKeys.id })
      .from(apiKeys)
      .where(and(eq(apiKeys.owner, name), ne(apiKeys.status, 'revoked'))),
  ]);
  const user = rows[0];
  if (user === undefined) return { kind: 'missing' };
  if (written.length > 0) return { kind: 'changed', user, keyIds: keys.map(({ id }) => id) };
  if (revision !== undefined && user.revision !== revision) return { kind: 'stale' };
  return { kind: email !== null && others.length > 0 ? 'email_taken' : 'unknown_team' };
}
