import type { ChatMessage } from '../../protocol/chat.ts';
import { isObject, type JsonObject, parseJson } from '../../protocol/json.ts';
import type { AnswerFacts, WholeAnswer } from '../dialect.ts';
import { encodeCallId } from '../shared/call-ids.ts';
import { sealEnvelope } from '../shared/envelope.ts';
import { printMessage, type ThinkingDisplay } from './message.ts';
import { printStop } from './stop-reason.ts';
import { printUsage } from './usage.ts';

/** A thinking block, where there was thinking and the client may have it. */
function thinkingBlock(message: ChatMessage, display: ThinkingDisplay, model: string): JsonObject[] {
  const thinking = message.reasoning_content;
  if (typeof thinking !== 'string' || thinking === '' || display === 'hidden') return [];
  return display === 'shown'
    ? [{ type: 'thinking', thinking, signature: sealEnvelope({ model, text: null }) }]
    : [{ type: 'thinking', thinking: '', signature: sealEnvelope({ model, text: thinking }) }];
}

/** The block's JSON. Arguments are written as the model wrote them: numbers may be larger than we can count. */
function printCall(call: JsonObject, index: number, requestId: string): string {
  const called = isObject(call['function']) ? call['function'] : {};
  const id = encodeCallId('toolu', requestId, index, String(call['id'] ?? ''));
  const text = typeof called['arguments'] === 'string' ? called['arguments'] : '';
  const input = isObject(parseJson(text)) ? text : '{}';
  const { input: _none, ...head } = { type: 'tool_use', id, name: called['name'], input: null };
  return `${JSON.stringify(head).slice(0, -1)},"input":${input}}`;
}

/** A whole answer as Anthropic's message: the same blocks as its stream would have. */
export function printWholeMessage(answer: WholeAnswer, facts: AnswerFacts, display: ThinkingDisplay): string {
  const { completion, ending, served } = answer;
  const message = completion.choices[0]?.message ?? { role: 'assistant' };
  const calls: unknown[] = Array.isArray(message.tool_calls) ? message.tool_calls : [];
  const text = typeof message.content === 'string' && message.content !== '' ? message.content : null;
  const blocks = [
    ...thinkingBlock(message, display, `${served.provider}/${served.model}`),
    ...(text === null ? [] : [{ type: 'text', text }]),
  ].map((block) => JSON.stringify(block));
  for (const call of calls.filter(isObject)) blocks.push(printCall(call, blocks.length, facts.requestId));
  const members = { ...printStop(ending, calls.length > 0), usage: printUsage(ending.usage) };
  const { content: _none, ...rest } = printMessage(facts, members);
  return `${JSON.stringify(rest).slice(0, -1)},"content":[${blocks.join(',')}]}`;
}
