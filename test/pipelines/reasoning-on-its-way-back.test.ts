import { describe, expect, test } from 'vitest';
import type { PipelineContext } from '../../src/pipelines/pipeline.ts';
import type { JsonObject } from '../../src/protocol/json.ts';
import { memoryWith, NESTED, sent, sentMessages, THINKER, USER } from './cursor-body.ts';

describe('reasoning on its way back', () => {
  const call = { id: 'c1', type: 'function', function: { name: 'read_file', arguments: '{}' } };
  const result = { role: 'tool', tool_call_id: 'c1', content: 'text' };
  const block = '<think>\nshown <\\/think>\n</think>\n\n';
  const turn = (more: JsonObject) => ({ role: 'assistant', content: `${block}Text`, tool_calls: [call], ...more });

  async function returned(
    message: JsonObject,
    exchange: Partial<PipelineContext> = {},
    more: JsonObject = { tools: [NESTED] },
  ) {
    return (await sentMessages([USER, message, result], { ...THINKER, ...exchange }, more))[1];
  }

  test('is the field that the client sent', async () => {
    const memory = memoryWith('remembered');
    expect(await returned(turn({ reasoning_content: 'sent' }), { memory })).toMatchObject({
      reasoning_content: 'sent',
      content: 'Text',
    });
    expect(memory.asked).toEqual([]);
  });

  test.each([
    ['empty', ''],
    ['null', null],
    ['blank', ' \n'],
  ])('a field that is %s wins over nothing: not over the block, nor over the memory', async (_name, field) => {
    const sent = turn({ reasoning_content: field });
    expect(await returned(sent)).toMatchObject({ reasoning_content: 'shown </think>', content: 'Text' });
    const bare = { ...sent, content: 'Text' };
    expect(await returned(bare, { memory: memoryWith('remembered') })).toMatchObject({
      reasoning_content: 'remembered',
    });
    // The provider itself said nothing: that is what the memory knows.
    expect(await returned(bare, { memory: memoryWith('') })).toMatchObject({ reasoning_content: '' });
    // Nobody knows: one space where there is nothing at all, and else what the client wrote.
    expect(await returned(bare, { memory: memoryWith(null), canDisableThinking: false })).toMatchObject({
      reasoning_content: field || ' ',
    });
  });

  test('else the text of the block, unescaped', async () => {
    expect(await returned(turn({}), { memory: memoryWith('remembered') })).toMatchObject({
      reasoning_content: 'shown </think>',
      content: 'Text',
    });
    const parts = [
      { type: 'text', text: `${block}Text` },
      { type: 'text', text: 'more' },
    ];
    expect(await returned(turn({ content: parts }))).toMatchObject({
      reasoning_content: 'shown </think>',
      content: 'Text\nmore',
    });
    const details = '<details>\n<summary>Thinking</summary>\n\nshown\n\n</details>\n\nText';
    expect(await returned(turn({ content: details }))).toMatchObject({ reasoning_content: 'shown', content: 'Text' });
    const rewritten = `${block}Text\nmore`.replaceAll('\n', '\r\n');
    expect(await returned(turn({ content: rewritten }))).toMatchObject({
      reasoning_content: 'shown </think>',
      content: 'Text\nmore',
    });
    expect(await returned(turn({ content: '<think>\nnever closed' }))).toMatchObject({
      reasoning_content: 'never closed',
      content: '',
    });
  });

  test('else the remembered copy, and that too where the block is a mere part of it', async () => {
    expect(await returned(turn({ content: 'Text' }), { memory: memoryWith('remembered') })).toMatchObject({
      reasoning_content: 'remembered',
    });
    expect(
      await returned(turn({ content: '<think>member…</think>Text' }), { memory: memoryWith('remembered') }),
    ).toMatchObject({ reasoning_content: 'member…' });
    expect(
      await returned(turn({ content: '<think>member</think>Text' }), { memory: memoryWith('remembered') }),
    ).toMatchObject({ reasoning_content: 'remembered' });
    expect(
      await returned(turn({ content: '<think>re membe\n</think>Text' }), { memory: memoryWith('re\r\n\tmembered') }),
    ).toMatchObject({ reasoning_content: 're\r\n\tmembered' });
    expect(await returned(turn({ content: null }), { memory: memoryWith('') })).toMatchObject({
      reasoning_content: '',
    });
  });

  test('else one space, or thinking is switched off where the model can do without', async () => {
    const always = { canDisableThinking: false, memory: memoryWith(null) };
    expect(await returned(turn({ content: null }), always)).toMatchObject({ reasoning_content: ' ' });
    const request = await sent(
      { messages: [USER, turn({ content: null }), result], tools: [NESTED], reasoning_effort: 'high' },
      THINKER,
    );
    expect(request['thinking']).toEqual({ type: 'disabled' });
    expect(request).not.toHaveProperty('reasoning_effort');
    expect(request.messages[1]).not.toHaveProperty('reasoning_content');
    // One lost turn among others does not cost the model its thinking.
    const mixed = await sent(
      { messages: [USER, turn({ content: null }), result, turn({}), result], tools: [NESTED] },
      THINKER,
    );
    expect(mixed.messages.map((message) => message['reasoning_content'])).toEqual([
      undefined,
      ' ',
      undefined,
      'shown </think>',
      undefined,
    ]);
    expect(mixed).not.toHaveProperty('thinking');
  });

  test('goes to models that want it only', async () => {
    const memory = memoryWith('remembered');
    expect(await returned(turn({ reasoning_content: 'sent' }), { wantsReasoning: false, memory })).toEqual({
      role: 'assistant',
      content: 'Text',
      tool_calls: [call],
    });
    expect(memory.asked).toEqual([]);
  });

  test('leaves tags that stand elsewhere, or in what a person wrote', async () => {
    const message = { role: 'assistant', content: 'See <think>this</think>', reasoning_content: 'why' };
    const user = { role: 'user', content: '<think>mine</think> Hi' };
    expect(await sentMessages([user, message], THINKER)).toEqual([user, message]);
  });
});
