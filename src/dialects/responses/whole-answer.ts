import { isObject, type JsonObject, parseJson } from '../../protocol/json.ts';
import type { AnswerFacts, WholeAnswer } from '../dialect.ts';
import { callItem, messageItem, reasoningItem } from './items.ts';
import type { ResponseForm } from './read-request.ts';
import { printEnd, printResponse } from './response.ts';

function itemOf(
  call: JsonObject,
  index: number,
  facts: AnswerFacts,
  { names }: ResponseForm,
  isCut: boolean,
): JsonObject {
  const called = isObject(call['function']) ? call['function'] : {};
  const head = { index, id: String(call['id'] ?? ''), tool: names.find(String(called['name'] ?? '')) };
  const text = typeof called['arguments'] === 'string' ? called['arguments'] : '';
  const item = callItem(facts, head, text);
  return isCut && text !== '' && parseJson(text) === undefined ? { ...item, status: 'incomplete' } : item;
}

/** A whole answer as a response: the same items as its stream would have. */
export function printWholeResponse(answer: WholeAnswer, facts: AnswerFacts, form: ResponseForm): string {
  const { completion, ending, served } = answer;
  const message = completion.choices[0]?.message ?? { role: 'assistant' };
  const { content, reasoning_content: thoughts, tool_calls: calls } = message;
  const output: JsonObject[] = [];
  const end = printEnd(ending, facts.created);
  if (typeof thoughts === 'string' && thoughts !== '') {
    output.push(reasoningItem(facts, form, 0, { text: thoughts, model: `${served.provider}/${served.model}` }));
  }
  if (typeof content === 'string' && content !== '') output.push(messageItem(facts, output.length, content));
  for (const call of Array.isArray(calls) ? calls.filter(isObject) : []) {
    output.push(itemOf(call, output.length, facts, form, end['status'] === 'incomplete'));
  }
  return JSON.stringify(printResponse(facts, form.echo, { output, ...end }));
}
