import { and, asc, eq, getTableColumns, gt, notExists, sql } from 'drizzle-orm';
import { type AuditEntry, auditWhere } from './audit.ts';
import type { Database } from './database.ts';
import { type Page, pageOf } from './page.ts';
import { type Actor, type Budgets, type Team, teams, users } from './schema.ts';
import { describeBudgets } from './users.ts';

/** A team with the number of its members. */
export interface TeamWithMembers extends Team {
  members: number;
}

/** Budgets as they are set; what is left out stays, null lifts one. */
export type BudgetSettings = { [Column in keyof Budgets]?: Budgets[Column] | undefined };

/** A team as JSON shows it. */
export function describeTeam(team: TeamWithMembers) {
  return {
    name: team.name,
    ...describeBudgets(team),
    members: team.members,
    revision: team.revision,
    created_at: team.createdAt,
    updated_at: team.updatedAt,
  };
}

/** What is read of a team. */
export const teamColumns = {
  ...getTableColumns(teams),
  members: sql<number>`(SELECT count(*) FROM users WHERE users.team = teams.name)`.as('members'),
};

function selectTeams(database: Database) {
  return database.select(teamColumns).from(teams).$dynamic();
}

/** A team by name; null where there is none. */
export async function getTeam(database: Database, name: string): Promise<TeamWithMembers | null> {
  const rows = await selectTeams(database).where(eq(teams.name, name)).limit(1);
  return rows[0] ?? null;
}

/** Teams by their names, with the number of their members' keys that are not revoked; those not there are left out. */
export async function teamsOfNames(
  database: Database,
  names: readonly string[],
): Promise<(TeamWithMembers & { keys: number })[]> {
  const keys = sql<number>`(SELECT count(*) FROM users JOIN api_keys ON api_keys.owner = users.name
    WHERE users.team = teams.name AND api_keys.status <> 'revoked')`;
  return await database
    .select({ ...teamColumns, keys: keys.as('keys') })
    .from(teams)
    .where(sql`${teams.name} IN (SELECT value FROM json_each(${JSON.stringify(names)}))`);
}

/** Teams by name. `cursor` is a name. */
export async function listTeams(
  database: Database,
  page: { limit: number; cursor?: string | null },
): Promise<Page<TeamWithMembers>> {
  const rows = await selectTeams(database)
    .where(page.cursor ? gt(teams.name, page.cursor) : undefined)
    .orderBy(asc(teams.name))
    .limit(page.limit + 1);
  return pageOf(rows, page.limit, (row) => row.name);
}

/** Makes a team; `exists` where the name is taken. */
export async function createTeam(
  database: Database,
  name: string,
  budgets: BudgetSettings,
  actor: Actor,
): Promise<{ kind: 'created' | 'exists'; team: TeamWithMembers }> {
  const details = Object.fromEntries(Object.entries(budgets).filter(([, value]) => value !== undefined));
  const entry: AuditEntry = { actor, action: 'team.create', target: name, details };
  const [created, , rows] = await database.batch([
    database
      .insert(teams)
      .values({ name, ...details })
      .onConflictDoNothing()
      .returning(),
    auditWhere(database, entry, teams, and(eq(teams.name, name), sql`changes() > 0`)),
    selectTeams(database).where(eq(teams.name, name)),
  ]);
  const team = rows[0];
  if (team === undefined) throw new Error('The database took a new team but did not return it.');
  return { kind: created.length > 0 ? 'created' : 'exists', team };
}

/** What a change of a team came to. */
export type TeamChange = { kind: 'changed'; team: TeamWithMembers } | { kind: 'missing' | 'stale' };

/** Sets budgets of a team, at least one. With a revision only where the team still has it. */
export async function updateTeam(
  database: Database,
  name: string,
  budgets: BudgetSettings,
  actor: Actor,
  revision?: number,
): Promise<TeamChange> {
  const set = Object.fromEntries(Object.entries(budgets).filter(([, value]) => value !== undefined));
  const changeable = and(eq(teams.name, name), revision === undefined ? undefined : eq(teams.revision, revision));
  const [, written, rows] = await database.batch([
    auditWhere(database, { actor, action: 'team.update', target: name, details: set }, teams, changeable),
    database.update(teams).set(set).where(changeable).returning(),
    selectTeams(database).where(eq(teams.name, name)),
  ]);
  const team = rows[0];
  if (team === undefined) return { kind: 'missing' };
  return written.length > 0 ? { kind: 'changed', team } : { kind: 'stale' };
}

/** What taking a team away came to. */
export type RemovedTeam = { kind: 'removed' } | { kind: 'missing' } | { kind: 'has_members'; members: number };

/** Takes a team away that has no members. What it has spent stays in the sums. */
export async function removeTeam(database: Database, name: string, actor: Actor): Promise<RemovedTeam> {
  const members = database.select({ name: users.name }).from(users).where(eq(users.team, name));
  const removable = and(eq(teams.name, name), notExists(members));
  const [before, , removed] = await database.batch([
    selectTeams(database).where(eq(teams.name, name)),
    auditWhere(database, { actor, action: 'team.remove', target: name }, teams, removable),
    database.delete(teams).where(removable).returning(),
  ]);
  const team = before[0];
  if (team === undefined) return { kind: 'missing' };
  return removed.length > 0 ? { kind: 'removed' } : { kind: 'has_members', members: team.members };
}
