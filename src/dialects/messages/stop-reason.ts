import type { JsonObject } from '../../protocol/json.ts';
import type { Ending } from '../dialect.ts';

// A word of Zhipu's that Anthropic has too, and OpenAI has not.
const CONTEXT_FULL = 'model_context_window_exceeded';

/** Why an answer ended, in Anthropic's words. Calls count for more than the provider's word: BerriAI/litellm issue 34692. */
function stopReason({ finishReason, vendorFinishReason }: Ending, hasCalls: boolean): string {
  if (vendorFinishReason === CONTEXT_FULL) return CONTEXT_FULL;
  switch (finishReason) {
    case 'length':
      return 'max_tokens';
    case 'content_filter':
      return 'refusal';
    default:
      return hasCalls ? 'tool_use' : 'end_turn';
  }
}

/** The members that tell how a message ended; which stop sequence matched, no provider tells. */
export function printStop(ending: Ending, hasCalls: boolean): JsonObject {
  const reason = stopReason(ending, hasCalls);
  const details = reason === 'refusal' ? { type: 'refusal', category: null, explanation: null } : null;
  return { stop_reason: reason, stop_sequence: null, stop_details: details };
}
