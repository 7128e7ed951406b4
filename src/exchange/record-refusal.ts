import type { Context } from 'hono';
import { settleRequest } from '../ledger/client.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import type { RefusedKey } from '../middleware/key-auth.ts';
import { runAfterIn } from '../middleware/run-after.ts';
import type { RouterError } from '../protocol/errors.ts';
import { tellRefusal } from './ask-ledger.ts';
import { atMost } from './at-most.ts';
import { LONGEST_WAIT_MS } from './settle-first.ts';
import { type Seen, unservedSettlement } from './unserved.ts';

/** Whether the ledger may hold a lease for the request: it has said yes, or its answer is not known. */
async function mayHaveBegun({ admission }: Seen): Promise<boolean> {
  if (admission === null) return false;
  const answer = await admission.catch(() => null);
  return answer?.kind !== 'refused';
}

/** Tells of a request of a known key that was refused before the provider was called. Later ends settle themselves. */
export async function recordRefusal(c: Context<AppEnv>, seen: Seen, error: RouterError): Promise<void> {
  const end = { status: error.status, end: 'rejected', errorCode: error.code, finishReason: null } as const;
  if (!(await mayHaveBegun(seen))) {
    return tellRefusal(c, c.get('key'), unservedSettlement(c, seen, { ...end, repeated: 0 }));
  }
  // What has begun has a row of its own, which gives back what it holds.
  const settling = settleRequest(c.env, c.get('key'), unservedSettlement(c, seen, { ...end, repeated: null }));
  runAfterIn(c.executionCtx)('settle a refusal', settling);
  await atMost(LONGEST_WAIT_MS, settling);
}

/** The same where the key itself may not be used: the row says why, the answer does not. */
export async function recordRefusedKey(c: Context<AppEnv>, seen: Seen, refused: RefusedKey): Promise<void> {
  const end = { status: 401, end: 'rejected', errorCode: `key_${refused.reason}`, finishReason: null } as const;
  await tellRefusal(c, refused.key, unservedSettlement(c, seen, { ...end, repeated: 0 }));
}
