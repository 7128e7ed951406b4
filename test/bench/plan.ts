/** What the provider double is asked for. It travels in the user's words, which every door passes on. */
export interface Plan {
  /** Chunks with text in the stream. */
  events: number;
  /** Milliseconds between events, one event a write; 0 for full speed in writes of 8 KiB. */
  paceMs: number;
  /** Milliseconds before the provider says anything. */
  waitMs: number;
}

const MARK = 'bench plan ';

/** The words that carry a plan. */
export function writePlan({ events, paceMs, waitMs }: Plan): string {
  return `${MARK}${events} ${paceMs} ${waitMs};`;
}

/** The plan in a body, found without parsing 300 KB; null where there is none. */
export function planIn(body: Buffer): Plan | null {
  const at = body.indexOf(MARK);
  if (at < 0) return null;
  const words = body.toString('latin1', at + MARK.length, body.indexOf(';', at));
  const [events = Number.NaN, paceMs = Number.NaN, waitMs = Number.NaN] = words.split(' ').map(Number);
  return Number.isNaN(waitMs) ? null : { events, paceMs, waitMs };
}
