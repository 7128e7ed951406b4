import { RouterError } from './errors.ts';

/*
 * How much of a kind one request may hold. What is beyond is no conversation, and work on it is shared by all keys.
 * The body's size and depth have bounds of their own.
 */
export const MOST_MEMBERS = 256;
export const MOST_MESSAGES = 10_000;
/** Parts of one content. */
export const MOST_PARTS = 10_000;
export const MOST_TOOLS = 1_024;
export const MOST_CALLS = 2_048;
/** Numbers of one embedding; no model that we know makes more. */
export const MOST_DIMENSIONS = 4_096;

function inWords(count: number): string {
  return count.toLocaleString('en-US');
}

/** The error for more of something than one request may hold. `what` names it in the plural. */
export function tooMany(what: string, most: number, param: string): RouterError {
  return new RouterError('invalid_value', `${what}: at most ${inWords(most)} are taken. Send fewer.`, { param });
}

/** Throws where the member of this name is a list that is too long. */
export function checkLength(value: unknown, most: number, param: string): void {
  if (!Array.isArray(value) || value.length <= most) return;
  throw tooMany(`'${param}' has ${inWords(value.length)} entries`, most, param);
}
