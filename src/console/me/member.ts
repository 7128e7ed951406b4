import type { Context } from 'hono';
import { type SignedIn, signInMember } from '../../keys/members.ts';
import type { ActorEnv } from '../../middleware/app-env.ts';
import { readAsker } from '../../middleware/person.ts';
import type { UserWithKeys } from '../../store/users.ts';
import { deskOf } from '../kit/desk-of.ts';

/** What the handlers of a member's pages find in their context. */
export interface MemberEnv {
  Bindings: ActorEnv['Bindings'];
  Variables: ActorEnv['Variables'] & { member: UserWithKeys };
}

/** Who stands before the door, and why they may not come in. */
export type Standing =
  | Extract<SignedIn, { kind: 'member' }>
  | { kind: 'nobody' }
  | { kind: 'unreachable' }
  | { kind: 'disabled' | 'bad_name' | 'name_taken'; email: string };

/** Somebody who signed in, or tried to, and may not go on. */
export type Hindered = Exclude<Standing, { kind: 'member' } | { kind: 'nobody' }>;

/** Reads who asks, as a user; a first sign-in makes one. */
export async function standingOf(c: Context<MemberEnv>): Promise<Standing> {
  const asker = await readAsker(c);
  if (asker.kind !== 'person') return asker;
  const { email } = asker.person;
  c.set('person', asker.person);
  c.set('actor', `console:${email}`);
  const signedIn = await signInMember(deskOf(c), email);
  return signedIn.kind === 'member' ? signedIn : { ...signedIn, email };
}
