import { type ChatMessage, callsOf } from '../../protocol/chat.ts';

function emptyResult(id: unknown): ChatMessage {
  return { role: 'tool', tool_call_id: id, content: '' };
}

/**
 * Gives an empty result to each call that has none, as after Stop while a tool ran. Providers refuse a call without one,
 * and would in every later request of the chat ("insufficient tool messages": tingly-dev/tingly-box issue 1752).
 */
export function closeOpenCalls(messages: readonly ChatMessage[]): ChatMessage[] {
  const closed: ChatMessage[] = [];
  let open: unknown[] = [];
  for (const message of messages) {
    if (message.role === 'tool') {
      open = open.filter((id) => id !== message.tool_call_id);
    } else {
      closed.push(...open.map(emptyResult));
      open = callsOf(message).map(({ id }) => id);
    }
    closed.push(message);
  }
  return [...closed, ...open.map(emptyResult)];
}
