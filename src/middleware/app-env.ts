import type { Config } from '../config.ts';
import type { ApiKey } from '../store/schema.ts';

/** What every handler finds in its context. */
export interface AppEnv {
  Bindings: Cloudflare.Env;
  Variables: {
    requestId: string;
    /** Milliseconds since 1970. */
    startedAt: number;
    config: Config;
    /** Behind `keyAuth` only. */
    key: ApiKey;
    /** SHA-256 of the secret that was presented; behind `keyAuth` only. */
    keyHash: string;
  };
}
