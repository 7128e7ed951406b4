import type { ErrorCode } from '../protocol/errors.ts';

/** What is known of the providers and their credentials in this isolate. Only `health.ts` reads or changes it. */
export interface Health {
  readonly providers: Map<string, unknown>;
}

/** A failed try, as far as health looks at it. */
export interface HealthFailure {
  /** The provider's HTTP status; null where no answer came. */
  status: number | null;
  code: ErrorCode;
  /** Whole seconds, as the provider asked; null where it did not. */
  retryAfter: number | null;
}

/** A provider or a credential that has just gone out. */
export interface Trip {
  provider: string;
  /** Null where the provider itself went out. */
  label: string | null;
  /** Milliseconds since 1970. */
  until: number;
  /** For people. */
  reason: string;
}

/** Whether a provider or a credential is well. Health only orders: what is out comes last. */
export interface Standing {
  well: boolean;
  /** When it is well again, milliseconds since 1970; null where it is. */
  until: number | null;
  reason: string | null;
}

const WELL: Standing = { well: true, until: null, reason: null };

export function newHealth(): Health {
  return { providers: new Map() };
}

/** Notes that a try served. */
export function noteSuccess(_health: Health, _provider: string, _label: string, _now: number): void {}

/** Notes that a try failed; the trip where that put the provider or the credential out. */
export function noteFailure(
  _health: Health,
  _provider: string,
  _label: string,
  _failure: HealthFailure,
  _now: number,
): Trip | null {
  return null;
}

/** How a credential stands (its own state, without its provider's), or the provider where the label is null. */
export function standingOf(_health: Health, _provider: string, _label: string | null, _now: number): Standing {
  return WELL;
}

/** Takes in the trips of other isolates, as the KV record `health` has them: the credentials that are out for minutes. */
export function takeTrips(_health: Health, _trips: readonly Trip[], _now: number): void {}
