import { type UnknownName, unknownIn } from '../catalog/allow-list.ts';
import {
  createInvitation,
  findInvitation,
  type Invitation,
  type InvitationState,
  invitationState,
  spendInvitation,
} from '../store/invitations.ts';
import { createKeyWhere, getKey, type KeySettings } from '../store/keys.ts';
import { mayMakeOneMore, readTemplate, type TemplateSettings, updateTemplate } from '../store/member-template.ts';
import type { ApiKey, MemberTemplate } from '../store/schema.ts';
import { getUser, getUserByEmail, type UserWithKeys, welcomeUser } from '../store/users.ts';
import { parseDuration, userNameSchema } from './limits.ts';
import type { Desk } from './manage.ts';
import { hashSecret, isWellFormed, keyId, makeSecret } from './secret.ts';

/*
 * What people do by themselves: they sign in, make keys within the administrator's template, and take up invitations.
 * Their keys get what the template says and nothing that they send along.
 */

/** Who a person is that signed in. */
export type SignedIn =
  | { kind: 'member'; user: UserWithKeys }
  | { kind: 'disabled' }
  /** The address cannot be a user's name, or is the name of somebody with another address. */
  | { kind: 'bad_name' | 'name_taken' };

/** The user of an address, in small letters; a first sign-in makes one. */
export async function signInMember(desk: Desk, email: string): Promise<SignedIn> {
  let user = await getUserByEmail(desk.database, email);
  if (user === null) {
    if (!userNameSchema.safeParse(email).success) return { kind: 'bad_name' };
    user = await welcomeUser(desk.database, email, desk.actor);
  }
  if (user === null) return { kind: 'name_taken' };
  return user.status === 'active' ? { kind: 'member', user } : { kind: 'disabled' };
}

/** What a person chooses of a key: the rest is the template's. */
export type OwnChoice = Pick<KeySettings, 'purpose' | 'reasoning' | 'name'>;

function settingsBy(template: MemberTemplate, choice: OwnChoice, now: number): KeySettings {
  const { models, rpm, tpm, maxConcurrent, budgetDayUsd, budgetWeekUsd, budgetMonthUsd, budgetTotalUsd } = template;
  const lifetime = template.expiresAfter === null ? null : parseDuration(template.expiresAfter);
  return {
    ...choice,
    ...{ models, rpm, tpm, maxConcurrent, budgetDayUsd, budgetWeekUsd, budgetMonthUsd, budgetTotalUsd },
    expiresAt: lifetime === null ? null : new Date(now + lifetime).toISOString(),
  };
}

export type MadeOwnKey =
  | { kind: 'made'; key: ApiKey; secret: string }
  | { kind: 'id_taken' }
  /** Members may make none, or not one more. */
  | { kind: 'refused' };

/** Makes a member's own key, if the template allows one more at that moment. */
export async function makeOwnKey(
  desk: Desk,
  owner: string,
  asked: { id: string; choice: OwnChoice },
): Promise<MadeOwnKey> {
  const template = await readTemplate(desk.database);
  const { secret, ...stored } = await desk.newSecret('sk');
  const settings = settingsBy(template, asked.choice, desk.now);
  const key = { id: asked.id, owner, ...stored, ...settings };
  const kept = await createKeyWhere(desk.database, key, desk.actor, mayMakeOneMore(owner));
  if (kept === null) return { kind: 'refused' };
  return kept.hash === stored.hash ? { kind: 'made', key: kept, secret } : { kind: 'id_taken' };
}

/** A person's key; null where it is somebody else's, as where there is none. */
export async function ownKey(desk: Desk, owner: string, id: string): Promise<ApiKey | null> {
  const key = await getKey(desk.database, id);
  return key?.owner === owner ? key : null;
}

/** Sets what members may make. With a revision only where it still has it. */
export async function changeTemplate(
  desk: Desk,
  settings: TemplateSettings,
  revision?: number,
): Promise<{ kind: 'changed' | 'stale'; template: MemberTemplate } | { kind: 'unknown_model'; unknown: UnknownName }> {
  if (typeof settings.models === 'string') {
    const before = await readTemplate(desk.database);
    const unknown = unknownIn(settings.models, before.models, await desk.catalog());
    if (unknown !== null) return { kind: 'unknown_model', unknown };
  }
  return await updateTemplate(desk.database, settings, desk.actor, revision);
}

/** How long an invitation may be used. */
const INVITATION_DAYS = 7;
const DAY_MS = 86_400_000;

export type Invited =
  /** With the secret of its link, the one time that it is known. */
  | { kind: 'invited'; invitation: Invitation; secret: string }
  /** Nobody is called so. */
  | { kind: 'missing' }
  /** The person could make nothing of it. */
  | { kind: 'disabled' };

/** Makes an invitation of somebody who is there. */
export async function inviteUser(desk: Desk, owner: string): Promise<Invited> {
  const secret = makeSecret('inv');
  const row = {
    id: keyId(desk.now).replace(/^key_/, 'inv_'),
    owner,
    hash: await hashSecret(secret),
    createdAt: new Date(desk.now).toISOString(),
    expiresAt: new Date(desk.now + INVITATION_DAYS * DAY_MS).toISOString(),
  };
  const invitation = await createInvitation(desk.database, row, desk.actor);
  if (invitation !== null) return { kind: 'invited', invitation, secret };
  return (await getUser(desk.database, owner)) === null ? { kind: 'missing' } : { kind: 'disabled' };
}

/** The invitation of a link; null for a link that nobody was given. */
export async function invitationOf(desk: Pick<Desk, 'database'>, secret: string): Promise<Invitation | null> {
  return isWellFormed(secret) ? await findInvitation(desk.database, await hashSecret(secret)) : null;
}

export type Accepted =
  | { kind: 'made'; key: ApiKey; secret: string }
  | { kind: 'missing' }
  | { kind: 'closed'; state: Exclude<InvitationState, 'open'> };

/** Takes up an invitation: makes its one key, within the template, whether members may make more or not. */
export async function acceptInvitation(desk: Desk, link: string, choice: OwnChoice): Promise<Accepted> {
  const invitation = await invitationOf(desk, link);
  if (invitation === null) return { kind: 'missing' };
  const state = invitationState(invitation, desk.now);
  if (state !== 'open') return { kind: 'closed', state };
  const template = await readTemplate(desk.database);
  const { secret, ...stored } = await desk.newSecret('sk');
  const key = {
    id: keyId(desk.now),
    owner: invitation.owner,
    ...stored,
    ...settingsBy(template, choice, desk.now),
  };
  // Whose link it is has been shown by the link itself.
  const actor = `console:${invitation.owner}` as const;
  const now = new Date(desk.now).toISOString();
  const kept = await spendInvitation(desk.database, invitation, key, now, actor);
  return kept === null ? { kind: 'closed', state: 'used' } : { kind: 'made', key: kept, secret };
}
