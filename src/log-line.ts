type Fields = Record<string, string | number | boolean | null | undefined>;

/** One structured line. Callers pass ids, names, numbers and codes: never prompt text, never a key. */
export function logLine(level: 'info' | 'error', event: string, fields: Fields): void {
  const line = JSON.stringify({ level, event, ...fields });
  if (level === 'error') console.error(line);
  else console.log(line);
}

/** What may be said of an unknown fault: its kind and where it rose, cut short. Its message may hold anything. */
function faultOf(cause: unknown): Fields {
  if (!(cause instanceof Error)) return { fault: typeof cause };
  // The message stands in the stack too, and may have lines of its own.
  const place = cause.stack?.split('\n').find((line) => /^\s+at /.test(line));
  return { fault: cause.name, at: place?.trim().slice(0, 200) };
}

/** The line of something that went wrong, without a word of its message. */
export function logFault(event: string, cause: unknown, fields: Fields = {}): void {
  logLine('error', event, { ...fields, ...faultOf(cause) });
}
