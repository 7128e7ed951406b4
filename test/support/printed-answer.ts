import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import type { AnswerFacts, Dialect, Reading } from '../../src/dialects/dialect.ts';
import type { ChatCompletion } from '../../src/protocol/chat.ts';
import type { JsonObject } from '../../src/protocol/json.ts';
import { parseDocument } from '../../src/protocol/json-document.ts';
import { cutEvery, translateAll } from './translate-all.ts';

/* Answers of a provider, and what a door's printer makes of their streams. */

const FACTS: AnswerFacts = {
  requestId: 'req_01kb2m3n4p5q6r7s8t9v0w1x2y',
  created: 1_764_661_832,
  requestedModel: 'deepseek-flash',
  inputEstimate: 11,
};

const SERVED = { provider: 'deepseek', model: 'deepseek-flash' };
const ENDING = {
  usage: { inputTokens: 100, cachedTokens: 40, cacheWriteTokens: 10, outputTokens: 30, reasoningTokens: 12 },
  finishReason: 'stop',
  vendorFinishReason: 'stop',
};

/** What an answer says, piece by piece. A call's pieces are those of its arguments. */
export type Said =
  | { kind: 'reasoning' | 'text'; pieces: string[] }
  | { kind: 'calls'; calls: { id: string; name: string; pieces: string[] }[]; mixed: boolean };

const piece = fc.oneof(fc.string({ minLength: 1, unit: 'grapheme', maxLength: 12 }), fc.constantFrom('"', '\\', '\n'));
const argumentsText = fc
  .dictionary(fc.string({ maxLength: 6 }), fc.jsonValue(), { maxKeys: 3 })
  .map((value) => JSON.stringify(value));

function cut(text: string, size: number): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; start += size) pieces.push(text.slice(start, start + size));
  return pieces;
}

const call = fc.record({
  id: fc.constantFrom('call_00_a', 'functions.Read:0', 'Read:1', 'toolu_x', 'ünïcode id'),
  name: fc.constantFrom('Read', 'Write', 'exec_command'),
  pieces: fc.tuple(argumentsText, fc.integer({ min: 1, max: 9 })).map(([text, size]) => cut(text, size)),
});

/** Any answer: thoughts, texts and calls in any order, calls one after the other or mixed. */
export const anySaid: fc.Arbitrary<Said[]> = fc
  .array(
    fc.oneof(
      fc.record({
        kind: fc.constantFrom('reasoning' as const, 'text' as const),
        pieces: fc.array(piece, { minLength: 1, maxLength: 5 }),
      }),
      fc.record({
        kind: fc.constant('calls' as const),
        calls: fc.array(call, { minLength: 1, maxLength: 3 }),
        mixed: fc.boolean(),
      }),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map(withOwnIds);

/** Within one answer ids are told apart before a door sees them. */
function withOwnIds(said: Said[]): Said[] {
  let count = 0;
  return said.map((each) =>
    each.kind !== 'calls' ? each : { ...each, calls: each.calls.map((one) => ({ ...one, id: `${one.id}${count++}` })) },
  );
}

function deltasOf(said: readonly Said[]): JsonObject[] {
  const deltas: JsonObject[] = [];
  let index = 0;
  for (const each of said) {
    if (each.kind !== 'calls') {
      const field = each.kind === 'text' ? 'content' : 'reasoning_content';
      deltas.push(...each.pieces.map((text) => ({ [field]: text })));
      continue;
    }
    const queues = each.calls.map(({ id, name, pieces }, offset) => [
      { tool_calls: [{ index: index + offset, id, type: 'function', function: { name, arguments: '' } }] },
      ...pieces.map((text) => ({ tool_calls: [{ index: index + offset, function: { arguments: text } }] })),
    ]);
    index += each.calls.length;
    if (!each.mixed) deltas.push(...queues.flat());
    else
      while (queues.some((queue) => queue.length > 0)) for (const queue of queues) deltas.push(...queue.splice(0, 1));
  }
  return deltas;
}

/** The provider's stream of an answer. */
export function streamOfSaid(said: readonly Said[]): Uint8Array {
  const chunks = [
    ...deltasOf(said).map((delta) => ({ index: 0, delta, finish_reason: null })),
    { index: 0, delta: {}, finish_reason: 'stop' },
  ];
  const frames = chunks.map(
    (choice) =>
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [choice] })}\n\n`,
  );
  return new TextEncoder().encode(`${frames.join('')}data: [DONE]\n\n`);
}

/** The same answer as one body. */
export function completionOfSaid(said: readonly Said[]): ChatCompletion {
  const join = (kind: 'reasoning' | 'text') => said.flatMap((each) => (each.kind === kind ? each.pieces : [])).join('');
  const calls = said.flatMap((each) => (each.kind === 'calls' ? each.calls : []));
  const message = {
    role: 'assistant',
    content: join('text') || null,
    reasoning_content: join('reasoning'),
    ...(calls.length === 0
      ? {}
      : {
          tool_calls: calls.map(({ id, name, pieces }) => ({
            id,
            type: 'function',
            function: { name, arguments: pieces.join('') },
          })),
        }),
  };
  return { choices: [{ index: 0, message, finish_reason: 'stop' }] };
}

/** One event of a printed stream. */
export interface Event {
  event: string | undefined;
  data: JsonObject;
}

export function readEvents(text: string): Event[] {
  const events: Event[] = [];
  const parser = createParser({
    onEvent: ({ data, event }) => events.push({ event, data: data === '[DONE]' ? { done: true } : JSON.parse(data) }),
    onError(error) {
      throw error;
    },
  });
  parser.feed(text);
  return events;
}

export function read(dialect: Dialect, body: JsonObject): Reading {
  const document = parseDocument(new TextEncoder().encode(JSON.stringify(body)));
  return dialect.read(document, document.value);
}

/** What a door's client gets of a provider's stream that comes in pieces of `size` bytes; whole where it is 0. */
export function printStream(reading: Reading, stream: Uint8Array, size: number): string {
  const printer = reading.openPrinter(FACTS);
  const begin = printer.begin();
  printer.leg(SERVED);
  const { text } = translateAll(size === 0 ? [stream] : cutEvery(stream, size), undefined, false, printer);
  return begin + text + printer.end(ENDING);
}

/** What a door's client gets of a whole answer. */
export function printWhole(reading: Reading, completion: ChatCompletion): JsonObject {
  return JSON.parse(reading.printWhole({ completion, text: null, served: SERVED, ending: ENDING }, FACTS));
}
