import { describe, expect, test } from 'vitest';
import type { PipelineContext, ReasoningMemory, TurnKey } from '../../src/pipelines/pipeline.ts';
import type { ChatRequest } from '../../src/protocol/chat.ts';
import { StreamEvent } from '../../src/protocol/event.ts';
import type { JsonObject } from '../../src/protocol/json.ts';
import { cursor, EXCHANGE, memoryWith, NESTED, sent, THINKER, USER } from './cursor-body.ts';

describe('what a turn is known by', () => {
  const call = (id: string, text: string) => ({
    id,
    type: 'function',
    function: { name: 'read_file', arguments: text },
  });
  const history = (assistant: JsonObject, question = 'Hi') => [
    { role: 'user', content: question },
    { role: 'assistant', ...assistant },
    { role: 'tool', tool_call_id: 'c1', content: 'text' },
  ];

  async function keyOf(messages: unknown[], exchange: Partial<PipelineContext> = {}): Promise<TurnKey | undefined> {
    const memory = memoryWith(null);
    await sent({ messages, tools: [NESTED] }, { ...THINKER, memory, ...exchange });
    return memory.asked[0];
  }

  test('does not depend on what the client did to the think text, nor on how it prints', async () => {
    const key = await keyOf(history({ content: 'Text', tool_calls: [call('c1', '{"path":"a","line":1}')] }));
    for (const content of [
      '<think>\nwhy\n</think>\n\nText',
      '<think>wh</think>Text',
      ' Text\n',
      [{ type: 'text', text: 'Text' }],
      '<details>\n<summary>Thinking</summary>\n\nwhy\n\n</details>\n\nText',
    ]) {
      expect(await keyOf(history({ content, tool_calls: [call('c1', '{ "line": 1, "path": "a" }')] }))).toEqual(key);
    }
  });

  test('depends on the conversation before it, on the model, and never on the ids alone', async () => {
    const turn = { content: null, tool_calls: [call('c1', '{}')] };
    const key = await keyOf(history(turn));
    const others = [
      await keyOf(history(turn, 'Hello')),
      await keyOf(history(turn), { model: 'other' }),
      await keyOf(history({ content: null, tool_calls: [call('c2', '{"a":1}')] })),
    ];
    for (const other of others) {
      expect(other?.calls).not.toBe(key?.calls);
      expect(other?.turn).not.toBe(key?.turn);
    }
    // The same ids with other arguments, as after a regeneration, or other ids for the same call.
    expect((await keyOf(history({ content: null, tool_calls: [call('c1', '{"a":1}')] })))?.turn).not.toBe(key?.turn);
    expect((await keyOf(history({ content: null, tool_calls: [call('renamed', '{}')] })))?.turn).toBe(key?.turn);
  });

  test('is known before the answer is over: when every call that began has its id', async () => {
    const keys: TurnKey[] = [];
    const texts: string[] = [];
    const memory: ReasoningMemory = {
      recall: async (turns) => turns.map(() => null),
      remember(_choice, key, reasoning) {
        keys.push(key);
        texts.push(reasoning);
      },
    };
    const request = cursor.read?.({ model: 'm', messages: [USER], tools: [NESTED] }) as ChatRequest; // as above
    const conversation = await cursor.open?.(request, { ...EXCHANGE, ...THINKER, memory });
    const controller = { enqueue: () => undefined };
    const push = (delta: JsonObject, finish: string | null = null) =>
      conversation?.step?.transform(
        new StreamEvent({ choices: [{ index: 0, delta, finish_reason: finish }] }),
        controller,
      );
    push({ reasoning_content: 'why' });
    push({ tool_calls: [{ index: 0, id: 'c1', function: { name: 'read_file', arguments: '' } }] });
    expect(texts).toEqual(['why']);
    push({ tool_calls: [{ index: 1, function: { name: 'read_file' } }] });
    expect(texts).toHaveLength(1);
    push({ tool_calls: [{ index: 1, id: 'c2', function: { arguments: '{}' } }] });
    expect(texts).toHaveLength(2);
    push({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] });
    expect(texts).toHaveLength(2);
    push({}, 'tool_calls');
    expect(texts).toEqual(['why', 'why', 'why']);
    const known = await keyOf([
      USER,
      { role: 'assistant', content: null, tool_calls: [call('c1', '{}'), call('c2', '{}')] },
      { role: 'tool', tool_call_id: 'c1', content: '' },
    ]);
    expect(keys.at(-1)).toEqual(known);
    expect(keys.at(-2)?.calls).toBe(known?.calls);
  });

  test('is made in one pass, whatever the arguments hold: what nobody could read is compared as it is written', async () => {
    const many = `[${'{},'.repeat(30_000)}1]`;
    const deep = '['.repeat(50_000) + ']'.repeat(50_000);
    for (const text of [many, deep]) {
      const key = await keyOf(history({ content: '', tool_calls: [call('c1', text)] }));
      expect(await keyOf(history({ content: '', tool_calls: [call('c1', ` ${text}\n`)] }))).toEqual(key);
      const other = await keyOf(history({ content: '', tool_calls: [call('c1', `${text}1`)] }));
      expect(other?.turn).not.toBe(key?.turn);
    }
    const twoCalls = (text: string) => history({ content: '', tool_calls: [call('c1', many), call('c2', text)] });
    expect(await keyOf(twoCalls('{ "b": 2, "a": [1, {}] }'))).toEqual(await keyOf(twoCalls('{"a":[1,{}],"b":2}')));
  });

  test('is written a few times only for a turn of thousands of calls', async () => {
    const sizes: number[] = [];
    const memory: ReasoningMemory = { recall: async () => [], remember: () => sizes.push(calls) };
    let calls = 0;
    const request = cursor.read?.({ model: 'm', messages: [USER], tools: [NESTED] }) as ChatRequest; // as above
    const { step } = (await cursor.open?.(request, { ...EXCHANGE, ...THINKER, memory })) ?? {};
    const push = (delta: JsonObject, finish: string | null = null) =>
      step?.transform(new StreamEvent({ choices: [{ index: 0, delta, finish_reason: finish }] }), {
        enqueue: () => undefined,
      });
    push({ reasoning_content: 'why' });
    for (; calls < 5_000; ) {
      calls += 1;
      push({ tool_calls: [{ index: calls - 1, id: `c${calls}`, function: { name: 'f', arguments: '{}' } }] });
    }
    push({}, 'tool_calls');
    expect(sizes.slice(0, 32)).toEqual(Array.from({ length: 32 }, (_, index) => index + 1));
    expect(sizes.length).toBeLessThan(64);
    expect(sizes.at(-1)).toBe(5_000);
  });
});
