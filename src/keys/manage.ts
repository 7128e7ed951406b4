import { type UnknownName, unknownIn } from '../catalog/allow-list.ts';
import type { Catalog } from '../catalog/lookup.ts';
import type { Database } from '../store/database.ts';
import { describeKey } from '../store/describe-key.ts';
import * as keys from '../store/keys.ts';
import type { Actor, ApiKey } from '../store/schema.ts';
import * as teams from '../store/teams.ts';
import * as users from '../store/users.ts';
import { isPast, keyState } from './key-state.ts';
import type { NewSecret } from './secret.ts';

/*
 * The desk where keys, users and teams are made and changed, for the console, /internal and the command line alike.
 * What they ask for has been checked by then (limits.ts); what only the desk can know is decided here.
 */

/** When a change holds: from the next request on, or once the caches have run out. */
export type Effect = 'at_once' | 'within_a_minute';

/** Who asks, and what their work needs. */
export interface Desk {
  database: Database;
  /** For the audit. */
  actor: Actor;
  /** Milliseconds since 1970. */
  now: number;
  newSecret(prefix: string): Promise<NewSecret>;
  /** Every model there is; read where a key's list has to be checked. */
  catalog(): Promise<Catalog>;
  /** Tells all places of a key that was changed; `droppedHashes` are secrets that it no longer has. Never throws. */
  tellOfKey(id: string, droppedHashes: readonly string[]): Promise<Effect>;
  /** The same for all keys of a person. */
  tellOfOwner(name: string): Promise<Effect>;
  /** The same for all keys of a team's members. */
  tellOfTeam(name: string): Promise<Effect>;
}

/** What an expiry must be; there is no use in a key that has ended. */
export const EXPIRY_RULE = 'must be a time that is still to come, or "none"';

/** A key that was asked for. The one time that its secret is known. */
export type MadeKey = { kind: 'made'; key: ApiKey; secret: string } | { kind: 'id_taken' } | WrongSetting;

/** A setting that its form does not give away as wrong. */
export type WrongSetting = { kind: 'past_expiry' } | { kind: 'unknown_model'; unknown: UnknownName };

/** What is wrong with settings; `before` is the list of models that the key has. */
async function wrongIn(desk: Desk, settings: keys.KeySettings, before: string | null): Promise<WrongSetting | null> {
  if (isPast(settings.expiresAt ?? null, desk.now)) return { kind: 'past_expiry' };
  const { models = null } = settings;
  const unknown = models === null ? null : unknownIn(models, before, await desk.catalog());
  return unknown === null ? null : { kind: 'unknown_model', unknown };
}

/** Makes a key, and its owner where that is a new one. */
export async function makeKey(
  desk: Desk,
  asked: { id: string; owner: string; prefix: string; settings: keys.KeySettings },
): Promise<MadeKey> {
  const { id, owner, prefix, settings } = asked;
  const wrong = await wrongIn(desk, settings, null);
  if (wrong !== null) return wrong;
  const { secret, ...stored } = await desk.newSecret(prefix);
  const key = await keys.createKey(desk.database, { id, owner, ...stored, ...settings }, desk.actor);
  // Nobody has seen the key before, so nobody needs to be told.
  return key === null ? { kind: 'id_taken' } : { kind: 'made', key, secret };
}

export type ChangedKey = { kind: 'changed'; key: ApiKey; effect: Effect } | WrongSetting | keys.Unchanged;

async function told(desk: Desk, change: keys.KeyChange): Promise<Exclude<ChangedKey, WrongSetting>> {
  if (change.kind !== 'changed') return change;
  return { kind: 'changed', key: change.key, effect: await desk.tellOfKey(change.key.id, []) };
}

/** Sets limits, name, purpose or status. With a revision only where the key still has it. */
export async function changeKey(
  desk: Desk,
  id: string,
  change: Parameters<typeof keys.updateKey>[2],
  revision?: number,
): Promise<ChangedKey> {
  const before = typeof change.models === 'string' ? await keys.getKey(desk.database, id) : null;
  const wrong = await wrongIn(desk, change, before?.models ?? null);
  if (wrong !== null) return wrong;
  return await told(desk, await keys.updateKey(desk.database, id, change, desk.actor, revision));
}

/** Ends a key for good. Revoking twice is no mistake. */
export async function revokeKey(desk: Desk, id: string): Promise<Exclude<ChangedKey, WrongSetting>> {
  return await told(desk, await keys.revokeKey(desk.database, id, desk.actor));
}

export type RotatedKey = { kind: 'rotated'; key: ApiKey; secret: string; effect: Effect } | keys.Unchanged;

/**
 * Gives a key a new secret; the old one works for `grace` ms more. With a revision only where the key still has it.
 * A key that is disabled or has ended may be rotated, and stays so: `stateNotice` says it.
 */
export async function rotateKey(desk: Desk, id: string, grace: number, revision?: number): Promise<RotatedKey> {
  const before = await keys.getKey(desk.database, id);
  if (before === null) return { kind: 'missing' };
  if (before.status === 'revoked') return { kind: 'revoked', key: before };
  const { secret, ...stored } = await desk.newSecret(before.prefix);
  const until = new Date(desk.now + grace).toISOString();
  const seen = { id, revision: revision ?? before.revision };
  const change = await keys.rotateKey(desk.database, seen, stored, until, desk.actor);
  if (change.kind !== 'changed') return change;
  const dropped = before.previousHash === null ? [] : [before.previousHash];
  return { kind: 'rotated', key: change.key, secret, effect: await desk.tellOfKey(id, dropped) };
}

/** Why a key's secret is of no use now though it is the right one, and what would help; null where it works. */
function stateNotice(key: Pick<ApiKey, 'status' | 'ownerStatus' | 'expiresAt'>, now: number): string | null {
  switch (keyState(key, now)) {
    case 'disabled':
      return 'The key is disabled and stays so: it works once it is enabled.';
    case 'owner_disabled':
      return 'The owner is disabled, and so is the key: it works once the owner is enabled.';
    case 'expired':
      return 'The key has expired: it works once it gets a later expiry.';
    case 'revoked':
      return 'The key is revoked for good.';
    case 'active':
      return null;
  }
}

/** A key as JSON shows it this once: with its secret, and where that is of no use yet, why. */
export function describeSecret(key: ApiKey, secret: string, now: number) {
  const notice = stateNotice(key, now);
  return { ...describeKey(key), ...(notice === null ? {} : { notice }), key: secret };
}

/** Makes a person; `exists` where the name is taken, `email_taken` where the address is somebody else's. */
export async function makeUser(desk: Desk, name: string, email: string | null = null): Promise<users.CreatedUser> {
  return await users.createUser(desk.database, { name, email }, desk.actor);
}

export type ChangedUser = { kind: 'changed'; user: users.UserWithKeys; effect: Effect } | users.UnchangedUser;

/** Sets team, budgets or status of a person: a disabled one is disabled with all their keys. */
export async function changeUser(
  desk: Desk,
  name: string,
  settings: users.UserSettings,
  revision?: number,
): Promise<ChangedUser> {
  const change = await users.updateUser(desk.database, name, settings, desk.actor, revision);
  if (change.kind !== 'changed') return change;
  const effect = change.keyIds.length === 0 ? 'at_once' : await desk.tellOfOwner(name);
  return { kind: 'changed', user: change.user, effect };
}

/** Makes a team; `exists` where the name is taken. */
export async function makeTeam(
  desk: Desk,
  name: string,
  budgets: teams.BudgetSettings,
): ReturnType<typeof teams.createTeam> {
  return await teams.createTeam(desk.database, name, budgets, desk.actor);
}

export type ChangedTeam =
  | { kind: 'changed'; team: teams.TeamWithMembers; effect: Effect }
  | { kind: 'missing' }
  | { kind: 'stale' };

/** Sets budgets of a team. With a revision only where the team still has it. */
export async function changeTeam(
  desk: Desk,
  name: string,
  budgets: teams.BudgetSettings,
  revision?: number,
): Promise<ChangedTeam> {
  const change = await teams.updateTeam(desk.database, name, budgets, desk.actor, revision);
  if (change.kind !== 'changed') return change;
  const effect = change.team.members === 0 ? 'at_once' : await desk.tellOfTeam(name);
  return { kind: 'changed', team: change.team, effect };
}

/** Takes a team away that has no members. */
export async function removeTeam(desk: Desk, name: string): Promise<teams.RemovedTeam> {
  return await teams.removeTeam(desk.database, name, desk.actor);
}
