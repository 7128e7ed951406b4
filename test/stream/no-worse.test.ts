import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Heard, readWithAiSdk, readWithOpenAI } from '../support/stream-readers.ts';
import { cutEvery, translateAll } from '../support/translate-all.ts';

/* Streams made at random, each broken in several ways at once: what a client reads right straight from the provider, it reads right through us. */

interface Call {
  name: string;
  arguments: string;
}

/** How a provider writes its calls. */
interface Habits {
  index: 'right' | 'zero' | 'missing' | 'null' | 'text' | 'one more';
  id: 'first' | 'every' | 'missing' | 'empty later' | 'another each time' | 'shared';
  name: 'first' | 'every' | 'null later';
  begins: 'with text' | 'empty' | 'null';
  order: 'one by one' | 'in turns';
  isRepeatedWhole: boolean;
  cut: number;
}

const call: fc.Arbitrary<Call> = fc.record({
  name: fc.constantFrom('read', 'write', 'list'),
  arguments: fc
    .dictionary(
      fc.constantFrom('path', 'at', 'on'),
      fc.oneof(fc.string({ maxLength: 6 }), fc.integer(), fc.constant({ line: [1, { to: '{"' }] })),
      {
        maxKeys: 3,
      },
    )
    .map((value) => JSON.stringify(value)),
});

/** Some streams mean nothing certain: pieces that take turns under one index and no id, and new ids beside a name that is said again. */
function isClear({ index, id, name, order }: Habits): boolean {
  const hasPlace = index === 'right' || index === 'one more' || index === 'text' || id === 'every';
  return (hasPlace || order === 'one by one') && !(id === 'another each time' && name === 'every');
}

/** Two equal calls in a row that share an id, and have no place of their own, are as well one call that is said twice. */
function areApart(calls: readonly Call[], { id, index }: Habits): boolean {
  if (id !== 'shared' || index === 'right' || index === 'one more' || index === 'text') return true;
  return calls.every((each, at) => JSON.stringify(each) !== JSON.stringify(calls[at + 1]));
}

const anyHabits: fc.Arbitrary<Habits> = fc.record({
  index: fc.constantFrom('right', 'zero', 'missing', 'null', 'text', 'one more'),
  id: fc.constantFrom('first', 'every', 'missing', 'empty later', 'another each time', 'shared'),
  name: fc.constantFrom('first', 'every', 'null later'),
  begins: fc.constantFrom('with text', 'empty', 'null'),
  order: fc.constantFrom('one by one', 'in turns'),
  isRepeatedWhole: fc.boolean(),
  cut: fc.integer({ min: 1, max: 40 }),
});

const habits = anyHabits.filter(isClear);

function indexOf(position: number, { index }: Habits): unknown {
  switch (index) {
    case 'right':
      return position;
    case 'one more':
      return position + 1;
    case 'zero':
      return 0;
    case 'null':
      return null;
    case 'text':
      return String(position);
    case 'missing':
      return undefined;
  }
}

function idOf(position: number, turn: number, { id }: Habits): unknown {
  switch (id) {
    case 'first':
      return turn === 0 ? `call_${position}` : undefined;
    case 'every':
      return `call_${position}`;
    case 'empty later':
      return turn === 0 ? `call_${position}` : '';
    case 'another each time':
      return `call_${position}_${turn}`;
    case 'shared':
      return turn === 0 ? 'call' : undefined;
    case 'missing':
      return undefined;
  }
}

function piecesOf({ name, arguments: text }: Call, position: number, how: Habits): object[] {
  const texts: (string | null)[] = how.begins === 'with text' ? [] : [how.begins === 'null' ? null : ''];
  for (let at = 0; at < text.length; at += how.cut) texts.push(text.slice(at, at + how.cut));
  return texts.map((piece, turn) => ({
    index: indexOf(position, how),
    id: idOf(position, turn, how),
    type: turn === 0 ? 'function' : undefined,
    function: {
      name: turn === 0 || how.name === 'every' ? name : how.name === 'first' ? undefined : null,
      arguments: piece,
    },
  }));
}

function inTurns(lists: readonly object[][]): object[] {
  const longest = Math.max(...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, turn) => lists.map((list) => list[turn]))
    .flat()
    .filter((piece) => piece !== undefined);
}

function bodyOf(calls: readonly Call[], how: Habits): string {
  const lists = calls.map((each, position) => piecesOf(each, position, how));
  const pieces = how.order === 'in turns' ? inTurns(lists) : lists.flat();
  const whole = calls.map((each, position) => ({
    index: indexOf(position, how),
    id: idOf(position, 0, how),
    function: each,
  }));
  const chunk = (delta: object, finish: string | null = null) =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const chunks = [chunk({ role: 'assistant', content: '' }), ...pieces.map((piece) => chunk({ tool_calls: [piece] }))];
  chunks.push(chunk(how.isRepeatedWhole ? { tool_calls: whole } : {}, 'tool_calls'));
  return `${chunks.join('')}data: [DONE]\n\n`;
}

const serve = (body: string) => async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } });

function isRight(heard: Heard, calls: readonly Call[]): boolean {
  const said = heard.calls.map(({ name, arguments: text }) => ({ name, arguments: text }));
  return heard.error === null && JSON.stringify(said) === JSON.stringify(calls);
}

it.each([
  ['openai', readWithOpenAI],
  ['the AI SDK', readWithAiSdk],
] as const)('%s reads no stream worse through us', async (_name, read) => {
  let right = 0;
  let straightRight = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 3 }), habits, async (calls, how) => {
      fc.pre(areApart(calls, how));
      const body = bodyOf(calls, how);
      const { text } = translateAll(cutEvery(new TextEncoder().encode(body), 1000));
      const isRightThroughUs = isRight(await read(serve(`${text}data: [DONE]\n\n`), 'm'), calls);
      const isRightStraight = isRight(await read(serve(body), 'm'), calls);
      right += Number(isRightThroughUs);
      straightRight += Number(isRightStraight);
      expect({ isRightThroughUs, body: isRightThroughUs ? '' : body }).toMatchObject(
        isRightStraight ? { isRightThroughUs: true } : {},
      );
    }),
    { numRuns: 300 },
  );
  expect(right).toBeGreaterThan(straightRight);
});
