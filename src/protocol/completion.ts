import { mendCallList, mendIndex, mendTexts } from './answer-text.ts';
import type { ChatChunk, ChatCompletion, CompletionChoice } from './chat.ts';
import { isObject, type JsonObject, parseJson } from './json.ts';
import { DONE_FRAME, frameOf } from './sse.ts';
import { readUsage } from './usage.ts';

/** What a whole body of a provider turned out to be. */
export type ProviderBody =
  /** `mended` says that something had to be put in. */
  | { kind: 'completion'; completion: ChatCompletion; mended: boolean }
  | { kind: 'error'; body: JsonObject }
  /** An answer that was begun and not ended, or not even begun: the provider broke off while it was at work. */
  | { kind: 'cut' }
  | { kind: 'garbage' };

function isChoice(choice: unknown): choice is CompletionChoice {
  return isObject(choice) && isObject(choice['message']);
}

/** Makes text of what a choice says, and puts in what it lacks; true where it did. */
function mendChoice(choice: CompletionChoice, position: number): boolean {
  const { message } = choice;
  let mended = mendIndex(choice, position);
  if (message.role !== 'assistant') {
    message.role = 'assistant';
    mended = true;
  }
  mended = mendTexts(message) || mended;
  return mendCallList(message) || mended;
}

/**
 * Reads a whole answer. Blank lines before it, which providers send while one waits, are white space to JSON.
 * One without any choice is an answer all the same where it says what it used: that is billed.
 */
export function readCompletion(text: string): ProviderBody {
  const value = parseJson(text);
  if (value === undefined && /^\s*(\{|$)/.test(text)) return { kind: 'cut' };
  if (!isObject(value)) return { kind: 'garbage' };
  const said: unknown[] = Array.isArray(value['choices']) ? value['choices'] : [];
  const choices = said.filter(isChoice);
  if (said.length === 0 && (value['error'] != null || value['code'] != null)) return { kind: 'error', body: value };
  if (choices.length === 0 && readUsage(value['usage']) === null) return { kind: 'garbage' };
  let mended = choices.length < said.length || value['choices'] !== said;
  if (mended) value['choices'] = choices;
  for (const [position, choice] of choices.entries()) mended = mendChoice(choice, position) || mended;
  return { kind: 'completion', completion: value as ChatCompletion, mended }; // every member ChatCompletion names was checked or put in
}

/** A whole completion as the chunks it would have come in; its usage apart, null where it has none. */
export function chunksOf(completion: ChatCompletion): { chunks: ChatChunk[]; usage: ChatChunk | null } {
  const { choices, usage, ...envelope } = completion;
  const shared = { ...envelope, object: 'chat.completion.chunk' };
  const chunks = choices.flatMap(({ message, finish_reason = null, ...choice }) => {
    const calls = message.tool_calls;
    const delta = Array.isArray(calls)
      ? { ...message, tool_calls: calls.map((call: unknown, index) => (isObject(call) ? { index, ...call } : call)) }
      : message;
    return [
      { ...shared, choices: [{ ...choice, delta, finish_reason: null }] },
      { ...shared, choices: [{ index: choice.index, delta: {}, finish_reason }] },
    ] as ChatChunk[]; // calls are objects where the completion was read, and are looked at again where it was not
  });
  return { chunks, usage: usage ? { ...shared, choices: [], usage } : null };
}

/** The same as one text, for providers that answer a stream request with a whole completion. */
export function completionAsStream(completion: ChatCompletion): string {
  const { chunks, usage } = chunksOf(completion);
  // First, since a finish reason that is a failure cuts off what stands behind it. The meter keeps it for the end.
  const all = usage === null ? chunks : [usage, ...chunks];
  return all.map((chunk) => frameOf(JSON.stringify(chunk))).join('') + DONE_FRAME;
}
