import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messagesDialect } from '../../src/dialects/messages/messages.ts';
import { isObject, type JsonObject, parseJson } from '../../src/protocol/json.ts';
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

const BODY = { model: 'deepseek-flash', max_tokens: 1000, messages: [{ role: 'user', content: 'Hi' }] };

function reading(thinking: JsonObject) {
  return read(messagesDialect, { ...BODY, thinking });
}

/** Builds the message as Anthropic's SDK does, and fails on what it would fail on or get wrong in silence. */
function accumulate(events: readonly Event[]): JsonObject {
  let message = null as JsonObject | null; // widened: it is set below
  const content: JsonObject[] = [];
  const open = new Set<number>();
  let stopped = 0;
  for (const { event, data } of events) {
    expect(event).toBe(data['type']);
    const index = Number(data['index']);
    switch (event) {
      case 'message_start':
        expect(message).toBeNull();
        message = { ...(data['message'] as JsonObject) };
        break;
      case 'content_block_start':
        expect(index).toBe(content.length);
        expect(open.size).toBe(0);
        open.add(index);
        content.push({ ...(data['content_block'] as JsonObject), json: '' });
        break;
      case 'content_block_delta': {
        expect(open.has(index)).toBe(true);
        const block = content[index] ?? {};
        const delta = data['delta'] as JsonObject;
        if (delta['type'] === 'text_delta') block['text'] = `${String(block['text'])}${String(delta['text'])}`;
        else if (delta['type'] === 'thinking_delta')
          block['thinking'] = `${String(block['thinking'])}${String(delta['thinking'])}`;
        else if (delta['type'] === 'signature_delta') block['signature'] = delta['signature'];
        else block['json'] = `${String(block['json'])}${String(delta['partial_json'])}`;
        break;
      }
      case 'content_block_stop':
        expect(open.delete(index)).toBe(true);
        break;
      case 'message_delta':
        expect(open.size).toBe(0);
        message = { ...(message ?? {}), ...(data['delta'] as JsonObject), usage: data['usage'] };
        break;
      default:
        expect(event).toBe('message_stop');
        stopped += 1;
    }
  }
  expect(stopped).toBe(1);
  return {
    ...message,
    content: content.map(({ json, ...block }) =>
      block['type'] === 'tool_use' ? { ...block, input: parseJson(String(json) || '{}') } : block,
    ),
  };
}

function textOf(said: readonly Said[], kind: 'reasoning' | 'text'): string {
  return said.flatMap((each) => (each.kind === kind ? each.pieces : [])).join('');
}

describe('any answer is a well-formed stream of blocks', () => {
  it('one start and one stop each, dense indexes, and all that was said, however it is cut', () => {
    fc.assert(
      fc.property(anySaid, fc.constantFrom('summarized', 'omitted'), (said, display) => {
        const asked = reading({ type: 'adaptive', display });
        const stream = streamOfSaid(said);
        const whole = printStream(asked, stream, 0);
        const message = accumulate(readEvents(whole));
        for (const size of [1, 7, 64])
          expect(accumulate(readEvents(printStream(asked, stream, size)))).toEqual(message);
        const blocks = (message['content'] as JsonObject[]).filter(isObject);
        const of = (type: string) => blocks.filter((block) => block['type'] === type);
        expect(
          of('text')
            .map((block) => block['text'])
            .join(''),
        ).toBe(textOf(said, 'text'));
        if (display === 'summarized')
          expect(
            of('thinking')
              .map((block) => block['thinking'])
              .join(''),
          ).toBe(textOf(said, 'reasoning'));
        else expect(of('thinking').every((block) => block['thinking'] === '')).toBe(true);
        const calls = said.flatMap((each) => (each.kind === 'calls' ? each.calls : []));
        expect(of('tool_use').map(({ name, input }) => ({ name, input }))).toEqual(
          calls.map(({ name, pieces }) => ({ name, input: JSON.parse(pieces.join('')) })),
        );
        const ids = of('tool_use').map(({ id }) => String(id));
        expect(new Set(ids).size).toBe(ids.length);
        for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
        expect(message['stop_reason']).toBe(calls.length > 0 ? 'tool_use' : 'end_turn');
      }),
      { numRuns: 100 },
    );
  });

  it('the whole form says what the stream says', () => {
    fc.assert(
      fc.property(anySaid, (said) => {
        const asked = reading({ type: 'enabled', budget_tokens: 2000 });
        const streamed = accumulate(readEvents(printStream(asked, streamOfSaid(said), 0)));
        const whole = printWhole(asked, completionOfSaid(said));
        const summary = ({ content, ...rest }: JsonObject) => ({
          ...rest,
          said: ['thinking', 'text'].map((member) =>
            (content as JsonObject[]).map((block) => String(block[member] ?? '')).join(''),
          ),
          calls: (content as JsonObject[])
            .filter((block) => block['type'] === 'tool_use')
            .map(({ name, input }) => ({ name, input })),
        });
        expect(summary(whole)).toEqual(summary(streamed));
      }),
    );
  });

  it('goes back to the provider as it was: reasoning letter by letter, calls under their own ids', () => {
    fc.assert(
      fc.property(anySaid, fc.constantFrom('summarized', 'omitted'), (said, display) => {
        const answer = accumulate(
          readEvents(printStream(reading({ type: 'adaptive', display }), streamOfSaid(said), 0)),
        );
        const calls = said.flatMap((each) => (each.kind === 'calls' ? each.calls : []));
        const text = textOf(said, 'text');
        fc.pre(calls.length > 0 || text !== '');
        const { request } = read(messagesDialect, {
          ...BODY,
          messages: [
            ...BODY.messages,
            { role: 'assistant', content: answer['content'] },
            { role: 'user', content: 'On' },
          ],
        });
        const turn = request.messages[1];
        expect(turn?.content).toBe(text);
        expect(turn?.reasoning_content ?? '').toBe(textOf(said, 'reasoning'));
        const sent = (turn?.tool_calls ?? []) as { id: string; function: { name: string; arguments: string } }[];
        expect(sent.map(({ id, function: called }) => [id, called.name, JSON.parse(called.arguments)])).toEqual(
          calls.map(({ id, name, pieces }) => [id, name, JSON.parse(pieces.join(''))]),
        );
      }),
    );
  });
});
