import type { LeftOut } from '../shared/left-out.ts';

/** What every message's block reader knows. */
export interface BlockPlace {
  leftOut: LeftOut;
  /** `messages.3`, for errors. */
  place: string;
  /** True in what the user asks now; what is older must never end the chat. */
  isQuestion: boolean;
}
