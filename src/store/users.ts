import { and, asc, eq, gt, ne, sql } from 'drizzle-orm';
import { type AuditEntry, auditWhere } from './audit.ts';
import type { Database } from './database.ts';
import { type Page, pageOf } from './page.ts';
import { type Actor, apiKeys, type User, users } from './schema.ts';

/** A person with the number of their keys that are not revoked. */
export interface UserWithKeys extends User {
  keys: number;
}

/** A person as JSON shows them. */
export function describeUser(user: UserWithKeys) {
  return { name: user.name, status: user.status, keys: user.keys, created_at: user.createdAt };
}

function selectUsers(database: Database) {
  return database
    .select({
      name: users.name,
      status: users.status,
      createdAt: users.createdAt,
      keys: sql<number>`(SELECT count(*) FROM api_keys WHERE api_keys.owner = users.name AND status <> 'revoked')`.as(
        'keys',
      ),
    })
    .from(users)
    .$dynamic();
}

/** A person by name; null where there is none. */
export async function getUser(database: Database, name: string): Promise<UserWithKeys | null> {
  const rows = await selectUsers(database).where(eq(users.name, name)).limit(1);
  return rows[0] ?? null;
}

/** People by name. `cursor` is a name. */
export async function listUsers(
  database: Database,
  page: { limit: number; cursor?: string | null },
): Promise<Page<UserWithKeys>> {
  const rows = await selectUsers(database)
    .where(page.cursor ? gt(users.name, page.cursor) : undefined)
    .orderBy(asc(users.name))
    .limit(page.limit + 1);
  return pageOf(rows, page.limit, (row) => row.name);
}

/** The statement behind one that inserts a person: writes the audit row if that one did, as its changes() tells. */
export function auditNewUser(database: Database, name: string, actor: Actor) {
  const entry: AuditEntry = { actor, action: 'user.create', target: name };
  return auditWhere(database, entry, users, and(eq(users.name, name), sql`changes() > 0`));
}

/** Makes a person; `exists` where the name is taken. */
export async function createUser(
  database: Database,
  name: string,
  actor: Actor,
): Promise<{ kind: 'created' | 'exists'; user: UserWithKeys }> {
  const [created, , rows] = await database.batch([
    database.insert(users).values({ name }).onConflictDoNothing().returning(),
    auditNewUser(database, name, actor),
    selectUsers(database).where(eq(users.name, name)),
  ]);
  const user = rows[0];
  if (user === undefined) throw new Error('The database took a new user but did not return it.');
  return { kind: created.length > 0 ? 'created' : 'exists', user };
}

/** What a change of a person came to: the person, and the keys that it reaches. */
export interface UserChange {
  user: UserWithKeys;
  keyIds: string[];
}

/** Disables a person with all their keys, or enables them again. Null where there is no such person. */
export async function setUserStatus(
  database: Database,
  name: string,
  status: User['status'],
  actor: Actor,
): Promise<UserChange | null> {
  const action = status === 'active' ? 'user.enable' : 'user.disable';
  const [, , rows, keys] = await database.batch([
    auditWhere(database, { actor, action, target: name }, users, and(eq(users.name, name), ne(users.status, status))),
    database.update(users).set({ status }).where(eq(users.name, name)),
    selectUsers(database).where(eq(users.name, name)),
    database
      .select({ id: apiKeys.id })
      .from(apiKeys)
      .where(and(eq(apiKeys.owner, name), ne(apiKeys.status, 'revoked'))),
  ]);
  const user = rows[0];
  return user === undefined ? null : { user, keyIds: keys.map(({ id }) => id) };
}
