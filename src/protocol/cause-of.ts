/** The error of a kind that is at the bottom of another, through the wrappers that libraries put around it; null for none. */
export function causeOf<T extends Error>(error: unknown, kind: new (...args: never[]) => T): T | null {
  let current = error;
  while (current instanceof Error) {
    if (current instanceof kind) return current;
    current = current.cause;
  }
  return null;
}
