import type { Usage } from '../protocol/usage.ts';
import type { Window } from './windows.ts';

/** How a request ended. */
export type End = 'completed' | 'client_gone' | 'upstream_failed' | 'rejected' | 'timeout';

/** Where the numbers of a row come from. */
export type Source = 'reported' | 'estimated' | 'checkpoint' | 'lease_expired' | 'none';

/** One call of the provider, for the log row. */
export interface Attempt {
  provider: string;
  model: string;
  /** Which of the provider's keys was used, by its label. */
  credential: string | null;
  /** HTTP status, or null where none came. */
  status: number | null;
  /** Our error code, or null for the attempt that served. */
  code: string | null;
  ms: number;
  /**
   * Only of a try that broke off after it was accepted, and that another target made up for: what it cost, nano-USD. It is
   * part of the row's cost. By its column's name, since the attempts go into the row as they are.
   */
  cost_nano_usd?: number;
}

/** What is known of a request before the provider answers. */
export interface RequestFacts {
  requestId: string;
  /** The door it came through; null where it was none that serves requests. */
  endpoint: string | null;
  provider: string | null;
  model: string | null;
  requestedModel: string | null;
  /** What the client said of it: which conversation it is part of, and its own labels. */
  session: string | null;
  tags: Readonly<Record<string, string>> | null;
  stream: boolean;
  /** Milliseconds since 1970, the Worker's clock. */
  startedAt: number;
  /** How long `begin` took, as the Worker saw it; a Worker of the version before says nothing of it. */
  beginMs?: number | null;
  colo: string | null;
  priceRevision: string | null;
}

/** What a request was worth, as the Worker saw it. Money is integer nano-USD. */
export interface Settlement extends RequestFacts {
  /** HTTP status the client got; 200 for a stream that broke later. */
  status: number;
  end: End;
  source: Source;
  usage: Usage;
  costNanoUsd: number;
  attempts: Attempt[];
  /** What was lost on the way, as `x-llm-notice` says it. */
  notice: string | null;
  finishReason: string | null;
  vendorFinishReason: string | null;
  errorCode: string | null;
  /**
   * How many more refusals the row stands for, beside its own. Null for what has begun or may have reached a provider:
   * that has a row of its own, always.
   */
  repeated: number | null;
  firstTokenMs: number | null;
  durationMs: number;
}

/** What `begin` is asked with. */
export interface LeaseRequest extends RequestFacts {
  /** SHA-256 of the secret that was presented: a rotated or revoked one is refused here, at once and everywhere. */
  keyHash: string;
  /** Money set aside while the request runs. */
  holdNanoUsd: number;
  /** Tokens the input is thought to have. */
  inputEstimate: number;
  /** What the input estimate alone would cost: billed when nothing more is ever heard of the request. */
  inputCostNanoUsd: number;
  /** False where the catalogue has no price; refused for keys with a budget. */
  priced: boolean;
  /** The names of which one in the key's list allows the model; a Worker of the version before gives none. */
  allowedBy?: readonly string[];
  /** The same of each other model that the request may be tried at; absent where there is none. */
  othersAllowedBy?: readonly (readonly string[])[];
}

/** Why the ledger says no. */
export type RefusalReason = 'disabled' | 'expired' | 'model' | 'unpriced' | 'budget' | 'rpm' | 'tpm' | 'concurrency';

/** Values of `x-ratelimit-*`; null for a limit the key does not have. Resets are whole seconds. */
export interface RateLimits {
  requests: { limit: number; remaining: number; resetSeconds: number } | null;
  tokens: { limit: number; remaining: number; resetSeconds: number } | null;
}

/** What a budget (nano-USD) or a minute's tokens lacked: what there is, what of it is free, and what was asked. */
interface Shortage {
  limit: number;
  free: number;
  asked: number;
}

/** A no: what it is about, and when to come back. */
export interface Refusal {
  reason: RefusalReason;
  /** Whole seconds, 1 to 60, where coming back helps. */
  retryAfter: number | null;
  /** For budgets: which window is used up and when it begins anew (ISO UTC), null for the total. */
  window: Window | null;
  resetAt: string | null;
  shortage: Shortage | null;
  rateLimits: RateLimits;
  /** Whose budget it is where it is not the key's own. Noes that were kept by the version before say nothing of it. */
  level?: { kind: 'user' | 'team'; name: string };
  /** For such a budget: what all its keys hold for running requests, nano-USD. */
  reserved?: number;
}

/** A no to every request of the key, whatever it asks for. */
export interface Standing extends Refusal {
  /** How long it holds if nothing changes, in ms. */
  lastsMs: number;
}

/** The ledger's word on a request. The version before says nothing of what stands, nor do noes that it has kept. */
export type Admission =
  | { kind: 'admitted'; rateLimits: RateLimits }
  | ({ kind: 'refused'; standing?: Standing | null } & Refusal);

/** Progress of a long stream. */
export interface Checkpoint {
  requestId: string;
  usage: Usage;
  costNanoUsd: number;
}

/** Whether a running request may go on. */
export type CheckpointAnswer = { kind: 'continue' } | { kind: 'stop'; reason: RefusalReason };

/**
 * `folded`: a refusal past the thirtieth of its minute, counted in another's row; `uncounted`: such a one of a key that
 * has no ledger, which whoever tells of it has to count.
 * `too_late`: older than the rows that are kept, and not counted, since nobody knows whether it was before.
 */
export interface SettleAnswer {
  kind: 'settled' | 'folded' | 'uncounted' | 'duplicate' | 'conflict' | 'adjusted' | 'too_late';
  /** For refusals: what any other request of the key would be told now, null where it may be let in. */
  standing?: Standing | null;
}

/** A row of the ledger on its way to D1: what the queue carries and the log table holds. */
export interface LedgerRow extends Settlement {
  kind: 'settle' | 'adjust';
  keyId: string;
  owner: string;
  team: string | null;
  purpose: string;
  /** The day it counts for, YYYY-MM-DD in BUDGET_UTC_OFFSET. */
  day: string;
}
