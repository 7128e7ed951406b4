import { type ChatMessage, callsOf } from '../../protocol/chat.ts';

/*
 * Tool-call ids. Providers give some that clients refuse or mix up: Kimi's `functions.Read:0` begins again in each answer,
 * and Anthropic's clients take letters, digits, `_` and `-` only. So the client gets a coded id that is unique in its
 * conversation, and the provider gets its own back.
 */

const LONGEST_ID = 64;
// Letters that a request id has: Crockford's base 32.
const OURS = /^[a-z]+_R[0-9a-z]{6}[0-9a-z]+_([A-Za-z0-9-]*(?:_(?:_|[0-9a-f]{4})[A-Za-z0-9-]*)*)$/;

/** Letters, digits and `-` stand for themselves, `_` is doubled, any other character is `_` and its four hex digits. */
function escapeId(id: string): string {
  return id.replace(/[^A-Za-z0-9-]/g, (character) =>
    character === '_' ? '__' : `_${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function unescapeId(text: string): string {
  return text.replace(/_(_|[0-9a-f]{4})/g, (_whole, code: string) =>
    code === '_' ? '_' : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** A short hash, to tell ids apart that are too long to be coded. FNV-1a. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}

/**
 * The id that a client gets for a call. `prefix` is its dialect's (`toolu`, `call`), `requestId` and `position` make it
 * unique. One that is too long is told by a hash, and then stays as it is on both sides.
 */
export function encodeCallId(prefix: string, requestId: string, position: number, providerId: string): string {
  const tag = `${prefix}_R${requestId.slice(-6)}${position.toString(36)}`;
  const id = `${tag}_${escapeId(providerId)}`;
  return id.length <= LONGEST_ID ? id : `${tag}-${shortHash(providerId)}`;
}

/** Messages with the providers' own ids in their calls and results. */
export function decodeCalls(messages: readonly ChatMessage[]): ChatMessage[] {
  return messages.map((message) => {
    if (message.role === 'tool') return { ...message, tool_call_id: decodeCallId(String(message.tool_call_id)) };
    if (!Array.isArray(message.tool_calls)) return message;
    const calls = callsOf(message).map((call) => ({ ...call, id: decodeCallId(String(call['id'])) }));
    return { ...message, tool_calls: calls };
  });
}

/** Which answer a coded id was given in, so that calls of one answer are told from those of the next; null for other ids. */
export function callAnswer(id: string): string | null {
  return OURS.test(id) ? id.slice(id.indexOf('_R') + 2, id.indexOf('_R') + 8) : null;
}

/** The provider's own id in a coded one; any other id as it is. */
function decodeCallId(id: string): string {
  const coded = OURS.exec(id)?.[1];
  return coded === undefined ? id : unescapeId(coded);
}
