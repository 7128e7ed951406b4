/** What the provider double is asked for; it travels in the request's body under `bench`, which routers pass on untouched. */
export interface Plan {
  /** Chunks with text in the stream. */
  events: number;
  /** Milliseconds between events, one event a write; 0 for full speed in writes of 8 KiB. */
  paceMs: number;
}

/** Marks the plan in a body's text, so that the double finds it without parsing 60 KB. */
export const PLAN_MARK = '"bench":';
