import type { Config } from '../config.ts';
import { logLine } from '../log-line.ts';
import type { Offered } from '../offer/offered.ts';
import type { ApiKey } from '../store/schema.ts';

/** A request as the engine gets it: what was sent, who asks, and what the platform gives. */
export interface Incoming {
  request: Request;
  env: Cloudflare.Env;
  config: Config;
  /** What this deployment offers: one catalogue for the whole of the request. */
  offered: Offered;
  requestId: string;
  /** Milliseconds since 1970. */
  startedAt: number;
  key: ApiKey;
  /** SHA-256 of the secret that was presented. */
  keyHash: string;
  /** How long the ledger took to say yes or no, in ms; null before it has. */
  beginMs: number | null;
  /** Keeps a job alive past the answer, and reports it by name if it fails. */
  runAfter(name: string, job: Promise<unknown>): void;
}

/** Writes a line of the log about a stage of the request, where the operator wants such lines. */
export function logStage({ config, requestId }: Incoming, stage: string, fields: Record<string, unknown>): void {
  if (config.debug) logLine('info', stage, { request_id: requestId, ...fields });
}

/**
 * Calls back when the client leaves, at once where it has left. What it answers with ends that: a listener that stays
 * keeps all that it can reach, the whole request, in memory until the next full collection.
 */
export function onClientLeft({ signal }: Request, listener: () => void): () => void {
  if (signal.aborted) listener();
  else signal.addEventListener('abort', listener);
  return () => signal.removeEventListener('abort', listener);
}
