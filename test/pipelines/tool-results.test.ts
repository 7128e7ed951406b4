import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PipelineContext, ReasoningMemory, TurnKey } from '../../src/pipelines/pipeline.ts';
import { findPipeline } from '../../src/pipelines/registry.ts';
import type { ChatMessage, ChatRequest } from '../../src/protocol/chat.ts';
import { isObject, type JsonObject } from '../../src/protocol/json.ts';
import { checkResults } from '../support/strict-provider.ts';
import { EXCHANGE, NESTED, THINKER, USER } from './cursor-body.ts';

/* A tool result without its call, one that comes late, one id used twice: providers refuse them, and no run ends for that. */

type Purpose = 'cursor' | 'reasoning';
const PURPOSES: Purpose[] = ['cursor', 'reasoning'];

async function send(
  purpose: Purpose,
  messages: readonly unknown[],
  exchange: Partial<PipelineContext> = {},
): Promise<ChatMessage[]> {
  const pipeline = findPipeline(purpose);
  const body = structuredClone({ model: 'deepseek/thinker', messages, tools: [NESTED] }) as JsonObject;
  const request = (pipeline.read?.(body) ?? body) as ChatRequest; // checked by the door in the product
  const opened = await pipeline.open?.(request, { ...EXCHANGE, repeatsCallIds: false, ...exchange });
  return JSON.parse(JSON.stringify(opened?.request.messages));
}

const call = (id: unknown, path = 'a') => ({
  id,
  type: 'function',
  function: { name: 'read_file', arguments: JSON.stringify({ path }) },
});
const turn = (...calls: unknown[]) => ({ role: 'assistant', content: '', tool_calls: calls });
const result = (id: unknown, content: unknown) => ({ role: 'tool', tool_call_id: id, content });
const HEAD = '[The result of a tool call that is not part of this conversation]';

describe.each(PURPOSES)('for a %s key', (purpose) => {
  test('what is in order stays as it is', async () => {
    const messages = [USER, turn(call('a'), call('b')), result('b', 'B'), result('a', 'A'), USER];
    expect(await send(purpose, messages)).toEqual(messages);
  });

  test('a result without its call becomes text that the model can read', async () => {
    const summary = { role: 'user', content: 'Summary: files were read.' };
    expect(await send(purpose, [summary, result('old', 'contents of a'), USER])).toEqual([
      summary,
      { role: 'user', content: `${HEAD}\ncontents of a` },
      USER,
    ]);
    const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } };
    const named = { ...result('old', [picture]), name: 'look' };
    expect(await send(purpose, [named, result('older', { found: 1 }), USER])).toEqual([
      {
        role: 'user',
        content: [{ type: 'text', text: HEAD.replace('tool call', 'tool call of look') }, picture],
      },
      { role: 'user', content: `${HEAD}\n{"found":1}` },
      USER,
    ]);
  });

  test('and one between the results of a turn stands behind them', async () => {
    const messages = [USER, turn(call('a'), call('b')), result('a', 'A'), result('old', 'O'), result('b', 'B'), USER];
    expect(await send(purpose, messages)).toEqual([
      ...[USER, turn(call('a'), call('b')), result('a', 'A'), result('b', 'B')],
      ...[{ role: 'user', content: `${HEAD}\nO` }, USER],
    ]);
  });

  test('a late result goes to its place, where an empty one stood before it came', async () => {
    const hurry = { role: 'user', content: 'Hurry up.' };
    const before = [USER, turn(call('a'), call('b'), call('c')), result('b', 'B'), hurry];
    expect(await send(purpose, before)).toEqual([
      ...[USER, turn(call('a'), call('b'), call('c')), result('b', 'B'), result('a', ''), result('c', ''), hurry],
    ]);
    expect(await send(purpose, [...before, result('c', 'C'), USER])).toEqual([
      ...[
        USER,
        turn(call('a'), call('b'), call('c')),
        result('b', 'B'),
        result('a', ''),
        result('c', 'C'),
        hurry,
        USER,
      ],
    ]);
  });

  test('two calls of one id in a turn are told apart, and so are their results', async () => {
    const messages = [USER, turn(call('x:0', 'a'), call('x:0', 'b')), result('x:0', 'A'), result('x:0', 'B'), USER];
    for (const repeatsCallIds of [true, false]) {
      expect(await send(purpose, messages, { repeatsCallIds })).toEqual([
        ...[USER, turn(call('x:0', 'a'), call('x:0_2', 'b')), result('x:0', 'A'), result('x:0_2', 'B'), USER],
      ]);
    }
  });

  test('an id of an earlier turn is told apart, but at a provider whose own ids begin anew in each', async () => {
    const messages = [USER, turn(call('x:0', 'a')), result('x:0', 'A'), turn(call('x:0', 'b')), result('x:0', 'B')];
    expect(await send(purpose, messages)).toEqual([
      ...[USER, turn(call('x:0', 'a')), result('x:0', 'A'), turn(call('x:0_2', 'b')), result('x:0_2', 'B')],
    ]);
    expect(await send(purpose, messages, { repeatsCallIds: true })).toEqual(messages);
  });

  test('an id that we would have made is told apart too', async () => {
    const messages = [
      USER,
      turn(call('x'), call('x'), call('x_2')),
      result('x_2', '3'),
      result('x', '1'),
      result('x', '2'),
    ];
    expect(await send(purpose, messages)).toEqual([
      ...[USER, turn(call('x'), call('x_2'), call('x_2_2'))],
      ...[result('x_2_2', '3'), result('x', '1'), result('x_2', '2')],
    ]);
  });

  test('a second result of one call becomes text', async () => {
    expect(await send(purpose, [USER, turn(call('a')), result('a', 'A'), result('a', 'again'), USER])).toEqual([
      ...[
        USER,
        turn(call('a')),
        result('a', 'A'),
        { role: 'user', content: `[One more result of a tool call that has one already]\nagain` },
        USER,
      ],
    ]);
  });

  test('calls and results without ids belong together by their order', async () => {
    const messages = [USER, turn(call(undefined, 'a'), call(null, 'b')), result(undefined, 'A'), result(null, 'B')];
    expect(await send(purpose, messages)).toEqual([
      ...[USER, turn(call('call', 'a'), call('call_2', 'b')), result('call', 'A'), result('call_2', 'B')],
    ]);
    expect(await send(purpose, [USER, turn(call(7)), result('7', 'A')])).toEqual([
      USER,
      turn(call('7')),
      result('7', 'A'),
    ]);
  });

  test.each([
    [{ path: 'a' }, '{"path":"a"}'],
    [null, '{}'],
    [undefined, '{}'],
    ['', '{}'],
    [5, '5'],
    [['a'], '["a"]'],
  ])('arguments of %j go on as text', async (said, sent) => {
    const spoken = { id: 'a', type: 'function', function: { name: 'read_file', arguments: said } };
    const [, assistant] = await send(purpose, [USER, turn(spoken), result('a', 'A')]);
    expect(assistant?.tool_calls).toEqual([
      { id: 'a', type: 'function', function: { name: 'read_file', arguments: sent } },
    ]);
  });

  test('calls in any other form go on as a list of calls', async () => {
    const sent = turn(call('a'));
    const flat = { id: 'a', type: 'function', name: 'read_file', arguments: { path: 'a' } };
    const [, fromFlat] = await send(purpose, [USER, turn(flat), result('a', 'A')]);
    expect(fromFlat?.tool_calls).toMatchObject(sent.tool_calls);
    const [, fromOne] = await send(purpose, [USER, { ...sent, tool_calls: call('a') }, result('a', 'A')]);
    expect(fromOne).toEqual(sent);
    const [, fromMixed] = await send(purpose, [USER, turn(null, call('a'), 'x'), result('a', 'A')]);
    expect(fromMixed).toEqual(sent);
  });

  test('the reasoning of a turn is found again, whatever becomes of its ids', async () => {
    const asked: TurnKey[] = [];
    const memory: ReasoningMemory = {
      async recall(turns) {
        asked.push(...turns);
        return turns.map(() => 'why');
      },
      remember: () => undefined,
    };
    const messages = [USER, turn(call('x:0')), result('x:0', 'A'), turn(call('x:0')), result('x:0', 'B')];
    const sent = await send(purpose, messages, { ...THINKER, memory });
    expect(sent.map((message) => message.reasoning_content)).toEqual([undefined, 'why', undefined, 'why', undefined]);
    await send(purpose, messages, { ...THINKER, memory, repeatsCallIds: true });
    expect(asked.slice(2)).toEqual(asked.slice(0, 2));
  });
});

/** Histories in which anything may have been lost, doubled or moved. */
const anyMessage = fc.oneof(
  fc.constant(USER),
  fc.array(fc.constantFrom('a', 'b', 'a_2', 7, undefined), { maxLength: 3 }).map((ids) => ({
    role: 'assistant',
    content: 'Well.',
    ...(ids.length === 0 ? {} : { tool_calls: ids.map((id) => call(id)) }),
  })),
  fc.constantFrom('a', 'b', 'a_2', 7, undefined).map((id) => result(id, '')),
);

const histories = fc.array(anyMessage, { minLength: 1, maxLength: 14 }).map((messages) =>
  // Each result says something of its own, so that it can be found again.
  messages.map((message, position) =>
    message.role === 'tool' ? { ...message, content: `result ${position};` } : message,
  ),
);

function contentsOf(messages: readonly unknown[]): string {
  return messages
    .filter(isObject)
    .map((message) => JSON.stringify(message['content']))
    .join();
}

test.each(PURPOSES)(
  'any history of a %s key is one that a strict provider takes, with nothing lost',
  async (purpose) => {
    await fc.assert(
      fc.asyncProperty(histories, fc.boolean(), async (messages, repeatsCallIds) => {
        const sent = await send(purpose, messages, { repeatsCallIds });
        expect(checkResults(sent as JsonObject[])).toBeNull();
        const ids = sent
          .flatMap((message) => (message.tool_calls as { id: string }[] | undefined) ?? [])
          .map(({ id }) => id);
        if (!repeatsCallIds) expect(new Set(ids).size).toBe(ids.length);
        for (const { role, content } of messages as ChatMessage[]) {
          if (role === 'tool') expect(contentsOf(sent)).toContain(content);
        }
      }),
    );
  },
);

test.each(PURPOSES)('what a %s key has sent is the beginning of what it sends next', async (purpose) => {
  await fc.assert(
    fc.asyncProperty(histories, fc.constantFrom('a', 'new'), async (messages, id) => {
      const sent = await send(purpose, [...messages, USER]);
      const next = await send(purpose, [...messages, USER, turn(call(id)), result(id, 'A'), USER]);
      expect(next.slice(0, sent.length)).toEqual(sent);
    }),
  );
});
