import type { Config } from '../config.ts';
import type { FoundKey } from '../keys/find-key.ts';

type UsableKey = Extract<FoundKey, { kind: 'found' }>;

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
  };
}
