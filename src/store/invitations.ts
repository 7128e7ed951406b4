import { and, desc, eq, getTableColumns, isNull, lt, type SQL, sql } from 'drizzle-orm';
import { type AuditEntry, auditWhere } from './audit.ts';
import type { Database } from './database.ts';
import { insertKeyWhere, type NewKey, selectKeys } from './keys.ts';
import { type Page, pageOf } from './page.ts';
import { type Actor, type ApiKey, apiKeys, type InvitationRow, invitations, type User, users } from './schema.ts';

/** An invitation with its person's state. */
export interface Invitation extends InvitationRow {
  ownerStatus: User['status'];
}

/** What an invitation comes to now. */
export type InvitationState = 'open' | 'used' | 'revoked' | 'expired' | 'owner_disabled';

/** What an invitation comes to. `now` is ms since 1970. */
export function invitationState(invitation: Invitation, now: number): InvitationState {
  if (invitation.usedAt !== null) return 'used';
  if (invitation.revokedAt !== null) return 'revoked';
  if (!(Date.parse(invitation.expiresAt) > now)) return 'expired';
  return invitation.ownerStatus === 'active' ? 'open' : 'owner_disabled';
}

function selectInvitations(database: Database) {
  return database
    .select({ ...getTableColumns(invitations), ownerStatus: users.status })
    .from(invitations)
    .innerJoin(users, eq(users.name, invitations.owner))
    .$dynamic();
}

/** Stores an invitation of somebody who is active; null where nobody is. `hash` is of the link's secret. */
export async function createInvitation(
  database: Database,
  invitation: Pick<InvitationRow, 'id' | 'owner' | 'hash' | 'createdAt' | 'expiresAt'>,
  actor: Actor,
): Promise<Invitation | null> {
  const { id, owner, hash, createdAt, expiresAt } = invitation;
  const isActive = and(eq(users.name, owner), eq(users.status, 'active'));
  const entry: AuditEntry = {
    actor,
    action: 'invitation.create',
    target: owner,
    details: { id, expires_at: expiresAt },
  };
  const row = sql`SELECT ${id}, ${owner}, ${hash}, ${createdAt}, ${expiresAt}, NULL, NULL, NULL FROM ${users} WHERE ${isActive}`;
  const [, , rows] = await database.batch([
    database.insert(invitations).select(row),
    auditWhere(database, entry, users, isActive),
    selectInvitations(database).where(eq(invitations.id, id)),
  ]);
  return rows[0] ?? null;
}

/** The invitation of a link, in any state, by the SHA-256 of its secret; null where there is none. */
export async function findInvitation(database: Database, hash: string): Promise<Invitation | null> {
  const rows = await selectInvitations(database).where(eq(invitations.hash, hash)).limit(1);
  return rows[0] ?? null;
}

/** Invitations, newest first, of all or of one person. `cursor` is an id. */
export async function listInvitations(
  database: Database,
  page: { limit: number; cursor: string | null; owner?: string },
): Promise<Page<Invitation>> {
  const rows = await selectInvitations(database)
    .where(
      and(
        page.owner === undefined ? undefined : eq(invitations.owner, page.owner),
        page.cursor === null ? undefined : lt(invitations.id, page.cursor),
      ),
    )
    .orderBy(desc(invitations.id))
    .limit(page.limit + 1);
  return pageOf(rows, page.limit, ({ id }) => id);
}

/** ISO text of the database's own clock. */
const NOW: SQL = sql`strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`;

/** Takes an invitation back that nobody has used yet. Null where that person has no such invitation. */
export async function revokeInvitation(
  database: Database,
  id: string,
  owner: string,
  actor: Actor,
): Promise<Invitation | null> {
  const own = and(eq(invitations.id, id), eq(invitations.owner, owner));
  const open = and(own, isNull(invitations.usedAt), isNull(invitations.revokedAt));
  const entry: AuditEntry = { actor, action: 'invitation.revoke', target: owner, details: { id } };
  const [, , rows] = await database.batch([
    auditWhere(database, entry, invitations, open),
    database.update(invitations).set({ revokedAt: NOW }).where(open),
    selectInvitations(database).where(own),
  ]);
  return rows[0] ?? null;
}

/**
 * Makes the key of an invitation and marks it used, both or neither; null where it is open no more, or another was a
 * moment faster. `now` is ISO UTC.
 */
export async function spendInvitation(
  database: Database,
  invitation: Pick<Invitation, 'id' | 'owner'>,
  key: NewKey,
  now: string,
  actor: Actor,
): Promise<ApiKey | null> {
  const isOpen = sql`EXISTS (SELECT 1 FROM ${invitations} WHERE id = ${invitation.id}
    AND used_at IS NULL AND revoked_at IS NULL AND datetime(expires_at) > datetime(${now}))`;
  const isMade = sql`EXISTS (SELECT 1 FROM ${apiKeys} WHERE hash = ${key.hash})`;
  const details = { id: invitation.id, key_id: key.id };
  const entry: AuditEntry = { actor, action: 'invitation.use', target: invitation.owner, details };
  const unused = and(eq(invitations.id, invitation.id), isNull(invitations.usedAt), isMade);
  const [, , , , rows] = await database.batch([
    ...insertKeyWhere(database, key, actor, isOpen),
    auditWhere(database, entry, invitations, unused),
    database.update(invitations).set({ usedAt: now, keyId: key.id }).where(unused),
    selectKeys(database).where(eq(apiKeys.hash, key.hash)),
  ]);
  return rows[0] ?? null;
}

/** An invitation as JSON shows it. `now` is ms since 1970. */
export function describeInvitation(invitation: Invitation, now: number) {
  return {
    id: invitation.id,
    owner: invitation.owner,
    status: invitationState(invitation, now),
    created_at: invitation.createdAt,
    expires_at: invitation.expiresAt,
    used_at: invitation.usedAt,
    revoked_at: invitation.revokedAt,
    key_id: invitation.keyId,
  };
}
