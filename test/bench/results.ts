import type { BodySize } from './requests.ts';
import type { Rounds } from './statistics.ts';
import type { TargetName } from './targets.ts';

/** All that was measured, a value for each round. */
export interface Results {
  /** CPU ms for 1,000 events. */
  paced: Record<Eventful, Rounds>;
  bursts: Record<Eventful, Rounds>;
  /** Milliseconds: of a provider that answers at once, and of one that takes `PROVIDER_TAKES_MS`. */
  firstByte: Record<AtOnce | 'direct', Rounds>;
  slowFirstByte: Record<Slow, Rounds>;
  whole: WholeResult[];
  /** CPU µs for a request of 300 KB: of bare Workers that parse and print it, without and with calls, and at each door. */
  large: Record<Large, Rounds>;
  /** CPU µs for a request of 60 KB: for one target, and for a route of three with four credentials that begins with it. */
  route: Record<'one' | 'three', Rounds>;
  /** CPU µs for a request of 300 B: of a key with a budget of its own, and of one whose user has a budget too. */
  budget: Record<'own' | 'shared', Rounds>;
  /** MiB. */
  memory: Record<Streaming, { idle: number; peak: number }>;
  bundleGzipBytes: number;
  /** Milliseconds in which the global scope keeps V8 busy: the router's, and that of a bare app of the same libraries. */
  startMs: { router: Rounds; bareApp: Rounds };
}

export const STREAMING = ['pass', 'loop', 'default', 'cursor'] as const satisfies TargetName[];
export type Streaming = (typeof STREAMING)[number];

/** Whose events are counted: the other doors too. */
export const EVENTFUL = [...STREAMING, 'messages', 'responses'] as const satisfies TargetName[];
type Eventful = (typeof EVENTFUL)[number];

export const AT_ONCE = ['pass', 'begin', 'default', 'cursor'] as const satisfies TargetName[];
type AtOnce = (typeof AT_ONCE)[number];

export const PROVIDER_TAKES_MS = 50;
export const SLOW = ['pass', 'default', 'limited'] as const satisfies TargetName[];
type Slow = (typeof SLOW)[number];

export const LARGE = ['parse', 'callsParse', 'default', 'messages', 'responses'] as const satisfies TargetName[];
type Large = (typeof LARGE)[number];

/** CPU µs for one non-streaming request. */
export interface WholeResult {
  size: BodySize;
  connections: number;
  pass: Rounds;
  default: Rounds;
  /** A bare Worker with the same calls as `default`, and as `cursor`; a large body it parses and prints. */
  defaultCalls: Rounds;
  cursor: Rounds;
  cursorCalls: Rounds;
}
