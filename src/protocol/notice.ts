/** What was lost on the way, as `x-llm-notice` and the log's row say it. */
export type Notice =
  /** Reasoning of earlier turns, which the client dropped and the model wanted back. */
  'reasoning_lost';
