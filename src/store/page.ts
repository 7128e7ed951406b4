/** One page of a list, and where the next one begins; null at the end. */
export interface Page<T> {
  data: T[];
  nextCursor: string | null;
}

/** Makes a page of rows that were asked for with a limit of `limit + 1`. */
export function pageOf<T>(rows: T[], limit: number, cursorOf: (row: T) => string): Page<T> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data, nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null };
}
