import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { responsesDialect } from '../../src/dialects/responses/responses.ts';
import type { JsonObject } from '../../src/protocol/json.ts';
import {
  anySaid,
  completionOfSaid,
  type Event,
  printStream,
  printWhole,
  read,
  readEvents,
  type Said,
  streamOfSaid,
} from '../support/printed-answer.ts';

const TOOLS = ['Read', 'Write', 'exec_command'].map((name) => ({
  type: 'function',
  name,
  parameters: { type: 'object', properties: {} },
}));
const BODY = { model: 'deepseek-flash', input: 'Hi', tools: TOOLS, store: false };

function textOf(said: readonly Said[], kind: 'reasoning' | 'text'): string {
  return said.flatMap((each) => (each.kind === kind ? each.pieces : [])).join('');
}

/** Follows the order that OpenAI's SDK holds events to, and answers the items that are done. */
function accumulate(events: readonly Event[]): { items: JsonObject[]; response: JsonObject; deltas: string } {
  const items: JsonObject[] = [];
  let open: string | null = null;
  let response: JsonObject = {};
  let deltas = '';
  const numbered = events.slice(0, -1);
  expect(events.at(-1)?.data).toEqual({ done: true });
  for (const [position, { event, data }] of numbered.entries()) {
    expect(event).toBe(data['type']);
    expect(data['sequence_number']).toBe(position);
    const item = data['item'] as JsonObject | undefined;
    if (event === 'response.output_item.added') {
      expect(open).toBeNull();
      expect(data['output_index']).toBe(items.length);
      expect(item?.['status'] ?? 'in_progress').toBe('in_progress');
      open = String(item?.['id']);
    } else if (event === 'response.output_item.done') {
      expect(item?.['id']).toBe(open);
      items.push(item ?? {});
      open = null;
    } else if (data['item_id'] !== undefined) {
      expect(data['item_id']).toBe(open);
      if (event?.endsWith('.delta')) deltas += String(data['delta']);
    } else response = data['response'] as JsonObject;
  }
  expect(numbered[0]?.event).toBe('response.created');
  expect(numbered.at(-1)?.event).toBe('response.completed');
  expect(response['output']).toEqual(items);
  return { items, response, deltas };
}

function saidBy(items: readonly JsonObject[], type: string, member: string): string {
  const parts = items.filter((item) => item['type'] === type).flatMap((item) => item[member] as { text: string }[]);
  return parts.map(({ text }) => text).join('');
}

describe('any answer is a well-formed stream of items', () => {
  it('one added and one done each, numbers without gaps, and all that was said, however it is cut', () => {
    fc.assert(
      fc.property(anySaid, fc.constantFrom('auto', null), (said, summary) => {
        const asked = read(responsesDialect, { ...BODY, reasoning: { effort: 'high', summary } });
        const stream = streamOfSaid(said);
        const { items, response, deltas } = accumulate(readEvents(printStream(asked, stream, 0)));
        for (const size of [1, 7, 64])
          expect(accumulate(readEvents(printStream(asked, stream, size))).items).toEqual(items);
        expect(saidBy(items, 'message', 'content')).toBe(textOf(said, 'text'));
        expect(saidBy(items, 'reasoning', summary === null ? 'content' : 'summary')).toBe(textOf(said, 'reasoning'));
        const calls = said.flatMap((each) => (each.kind === 'calls' ? each.calls : []));
        const called = items.filter((item) => item['type'] === 'function_call');
        expect(called.map(({ name, arguments: text }) => [name, text])).toEqual(
          calls.map(({ name, pieces }) => [name, pieces.join('')]),
        );
        const all = said.flatMap((each) =>
          each.kind === 'calls' ? each.calls.flatMap((call) => call.pieces) : each.pieces,
        );
        expect(deltas.length).toBe(all.join('').length);
        expect(response).toMatchObject({
          status: 'completed',
          model: 'deepseek-flash',
          usage: { input_tokens: 100, total_tokens: 130 },
        });
        const ids = items.flatMap(({ id, call_id: callId }) => [id, callId]).filter((id) => id !== undefined);
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { numRuns: 100 },
    );
  });

  it('the whole form says what the stream says', () => {
    fc.assert(
      fc.property(anySaid, (said) => {
        const asked = read(responsesDialect, BODY);
        const streamed = accumulate(readEvents(printStream(asked, streamOfSaid(said), 0)));
        const output = printWhole(asked, completionOfSaid(said))['output'] as JsonObject[];
        for (const [type, member] of [
          ['message', 'content'],
          ['reasoning', 'content'],
        ] as const) {
          expect(saidBy(output, type, member)).toBe(saidBy(streamed.items, type, member));
        }
        const callsOf = (items: readonly JsonObject[]) =>
          items.filter((item) => item['type'] === 'function_call').map(({ name, arguments: text }) => [name, text]);
        expect(callsOf(output)).toEqual(callsOf(streamed.items));
      }),
    );
  });

  it('goes back to the provider as it was, in one turn, though results stand between its calls', () => {
    fc.assert(
      fc.property(anySaid, fc.boolean(), (said, keepsText) => {
        const asked = read(responsesDialect, { ...BODY, reasoning: { summary: 'auto' } });
        const { items } = accumulate(readEvents(printStream(asked, streamOfSaid(said), 0)));
        const calls = said.flatMap((each) => (each.kind === 'calls' ? each.calls : []));
        fc.pre(calls.length > 0);
        // Codex keeps the envelope and may drop the text beside it.
        const kept = items.map((item) =>
          item['type'] === 'reasoning' && !keepsText ? { ...item, summary: [] } : item,
        );
        const back = kept.flatMap((item) =>
          item['type'] === 'function_call'
            ? [item, { type: 'function_call_output', call_id: item['call_id'], output: 'ok' }]
            : [item],
        );
        // Reasoning and text that come after a result begin a turn of their own; before it, all is one turn.
        const firstCall = items.findIndex((item) => item['type'] === 'function_call');
        fc.pre(items.slice(firstCall).every((item) => item['type'] === 'function_call'));
        const { request } = read(responsesDialect, { ...BODY, input: [{ role: 'user', content: 'Hi' }, ...back] });
        const turn = request.messages[1];
        expect(turn?.reasoning_content ?? '').toBe(textOf(said, 'reasoning'));
        const sent = (turn?.tool_calls ?? []) as { id: string; function: { name: string; arguments: string } }[];
        expect(sent.map(({ id, function: called }) => [id, called.name, called.arguments])).toEqual(
          calls.map(({ id, name, pieces }) => [id, name, pieces.join('')]),
        );
        expect(request.messages.slice(2).map(({ role, tool_call_id: id }) => [role, id])).toEqual(
          calls.map(({ id }) => ['tool', id]),
        );
      }),
    );
  });
});
