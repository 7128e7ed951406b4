import { count } from '../kit/format.ts';
import type { Texts } from '../texts/english.ts';

/** Failed requests, and of them those that this router and the providers made: what is left are the clients'. */
export interface Errors {
  errors: number;
  ownErrors: number;
  providerErrors: number;
}

/** Whose errors they were, in words. */
export function errorsText({ errors, ownErrors, providerErrors }: Errors, { overview }: Texts): string {
  return overview.errorsOf(count(errors - ownErrors - providerErrors), count(ownErrors), count(providerErrors));
}
