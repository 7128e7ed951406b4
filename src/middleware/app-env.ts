import type { Config } from '../config.ts';
import type { FoundKey } from '../keys/find-key.ts';
import type { Offered } from '../offer/offered.ts';
import type { Actor } from '../store/schema.ts';

type UsableKey = Extract<FoundKey, { kind: 'found' }>;

/** Somebody who signed in with Cloudflare Access. */
export interface Person {
  /** In small letters. */
  email: string;
  isAdmin: boolean;
}

/** What every handler finds in its context. */
export interface AppEnv {
  Bindings: Cloudflare.Env;
  Variables: {
    requestId: string;
    /** Milliseconds since 1970. */
    startedAt: number;
    config: Config;
    /** Behind `keyAuth` only. */
    key: UsableKey['key'];
    /** SHA-256 of the secret that was presented; behind `keyAuth` only. */
    keyHash: UsableKey['keyHash'];
    /** What there is to ask for; behind `keyAuth` only. */
    offered: Offered;
    /** Who signed in with Cloudflare Access; on the pages of /admin and /me only. */
    person?: Person;
  };
}

/** What handlers find where somebody has signed in and may change things. */
export interface ActorEnv {
  Bindings: AppEnv['Bindings'];
  /** Who it is, for the audit. */
  Variables: AppEnv['Variables'] & { actor: Actor };
}
