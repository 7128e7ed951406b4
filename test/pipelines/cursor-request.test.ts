import { describe, expect, test } from 'vitest';
import type { Exchange, ReasoningMemory, TurnKey } from '../../src/pipelines/pipeline.ts';
import { PURPOSES } from '../../src/pipelines/purposes.ts';
import { findPipeline } from '../../src/pipelines/registry.ts';
import type { ChatMessage, ChatRequest } from '../../src/protocol/chat.ts';
import { StreamEvent } from '../../src/protocol/event.ts';
import type { JsonObject } from '../../src/protocol/json.ts';

const EXCHANGE: Exchange = {
  requestedModel: 'deepseek/thinker',
  display: 'think',
  provider: 'deepseek',
  model: 'thinker',
  wantsReasoning: false,
  canDisableThinking: true,
  memory: null,
};
const THINKER: Partial<Exchange> = { wantsReasoning: true };

const cursor = findPipeline('cursor');
const USER = { role: 'user', content: 'Hi' };
const READ_FILE = {
  name: 'read_file',
  description: 'Reads.',
  parameters: { type: 'object', properties: { path: { type: 'string' } } },
};
const NESTED = { type: 'function', function: READ_FILE };

/** What the provider gets for a body of Cursor's. */
async function sent(body: JsonObject, exchange: Partial<Exchange> = {}): Promise<ChatRequest> {
  const request = cursor.read?.(structuredClone({ model: 'deepseek/thinker', ...body })) as ChatRequest; // checked by the route in the product
  const conversation = await cursor.open?.(request, { ...EXCHANGE, ...exchange });
  return JSON.parse(JSON.stringify(conversation?.request));
}

async function sentMessages(
  messages: unknown[],
  exchange: Partial<Exchange> = {},
  more: JsonObject = {},
): Promise<ChatMessage[]> {
  return (await sent({ messages, ...more }, exchange)).messages;
}

/** A memory that knows one text, and whom it was asked for. */
function memoryWith(text: string | null): ReasoningMemory & { asked: TurnKey[] } {
  const asked: TurnKey[] = [];
  return {
    asked,
    async recall(turns) {
      asked.push(...turns);
      return turns.map(() => text);
    },
    remember: () => undefined,
  };
}

describe('a body in the shape of Chat Completions', () => {
  test('passes as it is, unknown members and their order too', async () => {
    const body = {
      model: 'deepseek/thinker',
      top_p: 0.9,
      custom_field: { deep: [1] },
      messages: [USER],
      user: 'u',
      stream: true,
    };
    expect(JSON.stringify(await sent(body))).toBe(JSON.stringify(body));
  });

  test('is cleaned of what providers refuse', async () => {
    const call = { id: 'c1', type: 'function', function: { name: 'read_file', arguments: '{}' } };
    const messages = await sentMessages([
      { role: 'developer', content: 'Rules' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Hi', cache_control: { type: 'ephemeral' } },
          { type: 'text', text: '' },
        ],
      },
      { role: 'assistant', content: 'Hello', tool_calls: [] },
      { role: 'assistant', content: [], tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: 'done', cache_control: { type: 'ephemeral' } },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: [] },
      { role: 'assistant', content: [{ type: 'text', text: 'Done.' }], tool_calls: [call] },
      {
        role: 'tool',
        tool_call_id: 'c1',
        content: [
          { type: 'text', text: 'one' },
          { type: 'text', text: 'two' },
        ],
      },
      { role: 'assistant', content: null },
      { role: 'assistant', content: '<think>\nstopped in the middle' },
      { role: 'assistant', content: '<think>' },
      USER,
    ]);
    expect(messages).toEqual([
      { role: 'system', content: 'Rules' },
      USER,
      { role: 'assistant', content: 'Hello' },
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: 'done' },
      { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: '' },
      { role: 'assistant', content: 'Done.', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: 'one\ntwo' },
      USER,
    ]);
  });

  test('has a result for every call, an empty one where Stop came while a tool ran', async () => {
    const call = (id: string) => ({ id, type: 'function', function: { name: 'read_file', arguments: '{}' } });
    const result = (id: string, content: string) => ({ role: 'tool', tool_call_id: id, content });
    const one = { role: 'assistant', content: '', tool_calls: [call('c1'), call('c2'), call('c3')] };
    const other = { role: 'assistant', content: '', tool_calls: [call('c1')] };
    const messages = [USER, one, result('c2', 'done'), USER, other];
    expect(await sentMessages(messages)).toEqual([
      ...[USER, one, result('c2', 'done'), result('c1', ''), result('c3', ''), USER],
      ...[other, result('c1', '')],
    ]);
  });

  test('says nothing of tools where there are none', async () => {
    const hosted = [{ type: 'web_search_preview' }];
    for (const tools of [{ tools: [] }, { functions: [] }, { tools: hosted }, {}]) {
      const request = await sent({ messages: [USER], ...tools, tool_choice: 'auto', parallel_tool_calls: true });
      expect(Object.keys(request)).toEqual(['model', 'messages']);
    }
  });

  test('of 2023 gets tools for its functions, with ids that never change', async () => {
    const body = {
      messages: [
        USER,
        { role: 'assistant', content: null, function_call: { name: 'read_file', arguments: '{}' } },
        { role: 'function', name: 'read_file', content: 'text' },
      ],
      functions: [READ_FILE],
      function_call: { name: 'read_file' },
    };
    const request = await sent(body);
    expect(request.messages.slice(1)).toEqual([
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'read_file', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'text' },
    ]);
    expect(request['tools']).toEqual([NESTED]);
    expect(request['tool_choice']).toEqual({ type: 'function', function: { name: 'read_file' } });
    expect(request).not.toHaveProperty('functions');
    expect(request).not.toHaveProperty('function_call');
  });

  test('gets its custom tools as functions, in the list, in the choice and in earlier calls', async () => {
    const grammar = { type: 'grammar', syntax: 'lark', definition: 'start: "x"' };
    const patch = '*** Begin Patch\n"é"';
    const body = {
      messages: [
        USER,
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'ApplyPatch', arguments: patch } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'ok' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c2', type: 'custom', custom: { name: 'ApplyPatch', input: patch } }],
        },
        { role: 'tool', tool_call_id: 'c2', content: 'ok' },
      ],
      tools: [NESTED, { type: 'custom', name: 'ApplyPatch', description: 'Patches.', format: grammar }],
      tool_choice: { type: 'custom', name: 'ApplyPatch' },
    };
    const request = await sent(body);
    const wrapped = { name: 'ApplyPatch', arguments: JSON.stringify({ input: patch }) };
    expect(request.messages[1]?.tool_calls).toEqual([{ id: 'c1', type: 'function', function: wrapped }]);
    expect(request.messages[3]?.tool_calls).toEqual([{ id: 'c2', type: 'function', function: wrapped }]);
    expect(request['tool_choice']).toEqual({ type: 'function', function: { name: 'ApplyPatch' } });
    // In Ask mode the tool is gone, and what it was called with before is still no JSON.
    const later = await sent({ messages: body.messages, tools: [NESTED] });
    expect(later.messages).toEqual(request.messages);
    expect(request['tools']).toEqual([
      NESTED,
      {
        type: 'function',
        function: {
          name: 'ApplyPatch',
          description: 'Patches.',
          parameters: {
            type: 'object',
            properties: { input: { type: 'string', description: expect.stringContaining('start: "x"') } },
            required: ['input'],
            additionalProperties: false,
          },
        },
      },
    ]);
  });

  test("reads Anthropic's images", async () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } };
    const anthropic = {
      messages: [
        {
          role: 'user',
          content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } }],
        },
      ],
    };
    expect((await sent(anthropic)).messages[0]?.content).toEqual([image]);
  });
});

describe('a body in the shape of Responses', () => {
  test('becomes Chat Completions, without what only OpenAI knows', async () => {
    const request = await sent({
      instructions: 'You are an agent.',
      input: [
        { role: 'developer', content: [{ type: 'input_text', text: 'Rules' }] },
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'See' },
            { type: 'input_image', image_url: 'https://x.test/a.png', detail: 'low' },
          ],
        },
        { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'secret' },
        { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'I should ' }] },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Looking.', annotations: [] }] },
        { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'look.' }] },
        { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'read_file', arguments: '{"path":"a"}' },
        { type: 'custom_tool_call', call_id: 'c2', name: 'ApplyPatch', input: 'patch' },
        { type: 'function_call_output', call_id: 'c1', output: 'text' },
        { type: 'custom_tool_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'ok' }] },
        { type: 'item_reference', id: 'x' },
        { role: 'user', content: 'Go on' },
      ],
      tools: [
        { type: 'function', strict: true, ...READ_FILE },
        { type: 'custom', name: 'ApplyPatch', format: { type: 'text' } },
        { type: 'web_search_preview' },
      ],
      tool_choice: { type: 'function', name: 'read_file' },
      include: ['reasoning.encrypted_content'],
      reasoning: { effort: 'high', summary: 'auto' },
      text: {
        verbosity: 'low',
        format: { type: 'json_schema', name: 'answer', schema: { type: 'object' }, strict: true },
      },
      store: false,
      previous_response_id: null,
      prompt_cache_retention: '24h',
      truncation: 'auto',
      max_output_tokens: 100,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(request).toMatchObject({
      model: 'deepseek/thinker',
      messages: [
        { role: 'system', content: 'You are an agent.' },
        { role: 'system', content: 'Rules' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'See' },
            { type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'low' } },
          ],
        },
        {
          role: 'assistant',
          content: 'Looking.',
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'read_file', arguments: '{"path":"a"}' } },
            { id: 'c2', type: 'function', function: { name: 'ApplyPatch', arguments: '{"input":"patch"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'text' },
        { role: 'tool', tool_call_id: 'c2', content: 'ok' },
        { role: 'user', content: 'Go on' },
      ],
      tools: [
        { type: 'function', function: { ...READ_FILE, strict: true } },
        { type: 'function', function: { name: 'ApplyPatch' } },
      ],
      tool_choice: { type: 'function', function: { name: 'read_file' } },
      reasoning_effort: 'high',
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', schema: { type: 'object' }, strict: true },
      },
      max_tokens: 100,
      stream: true,
      stream_options: { include_usage: true },
    });
    const known = [
      'model',
      'messages',
      'tools',
      'tool_choice',
      'reasoning_effort',
      'response_format',
      'max_tokens',
      'stream',
      'stream_options',
    ];
    expect(Object.keys(request).filter((key) => !known.includes(key))).toEqual([]);
    expect(JSON.stringify(request)).not.toContain('secret');
  });

  test('may be a single text', async () => {
    expect((await sent({ input: 'Hi' })).messages).toEqual([USER]);
  });
});

describe("a body with Anthropic's blocks", () => {
  test('becomes Chat Completions', async () => {
    const mark = { cache_control: { type: 'ephemeral' } };
    const request = await sent(
      {
        system: [{ type: 'text', text: 'You are an agent.', ...mark }],
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'Look', ...mark }] },
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 'I should look.', signature: 's' },
              { type: 'text', text: 'Looking.' },
              { type: 'tool_use', id: 't1', name: 'read_file', input: { path: 'a' } },
              { type: 'tool_use', id: 't2', name: 'read_file', input: {} },
            ],
          },
          {
            role: 'user',
            content: [
              {
                type: 'tool_result',
                tool_use_id: 't1',
                content: [
                  { type: 'text', text: 'one' },
                  { type: 'text', text: 'two' },
                ],
                ...mark,
              },
              { type: 'tool_result', tool_use_id: 't2', content: 'three', is_error: true },
              { type: 'text', text: 'Go on' },
            ],
          },
        ],
        tools: [
          { name: 'read_file', description: 'Reads.', input_schema: READ_FILE.parameters, ...mark },
          { type: 'web_search_20250305', name: 'web_search' },
        ],
        tool_choice: { type: 'any' },
        stop_sequences: ['END'],
        thinking: { type: 'enabled', budget_tokens: 1000 },
        max_tokens: 10,
      },
      THINKER,
    );
    expect(request).toEqual({
      model: 'deepseek/thinker',
      messages: [
        { role: 'system', content: 'You are an agent.' },
        { role: 'user', content: 'Look' },
        {
          role: 'assistant',
          content: 'Looking.',
          tool_calls: [
            { id: 't1', type: 'function', function: { name: 'read_file', arguments: '{"path":"a"}' } },
            { id: 't2', type: 'function', function: { name: 'read_file', arguments: '{}' } },
          ],
          reasoning_content: 'I should look.',
        },
        { role: 'tool', tool_call_id: 't1', content: 'one\ntwo' },
        { role: 'tool', tool_call_id: 't2', content: 'three' },
        { role: 'user', content: 'Go on' },
      ],
      tools: [NESTED],
      tool_choice: 'required',
      stop: ['END'],
      thinking: { type: 'enabled' },
      max_tokens: 10,
    });
  });

  test('steers thinking with the words that our providers have for it', async () => {
    const thinking = { type: 'adaptive', display: 'omitted' };
    const body = { messages: [USER], thinking, output_config: { effort: 'low' } };
    expect(await sent(body)).toMatchObject({ thinking: { type: 'enabled' }, reasoning_effort: 'low' });
  });
});

describe('reasoning on its way back', () => {
  const call = { id: 'c1', type: 'function', function: { name: 'read_file', arguments: '{}' } };
  const result = { role: 'tool', tool_call_id: 'c1', content: 'text' };
  const block = '<think>\nshown <\\/think>\n</think>\n\n';
  const turn = (more: JsonObject) => ({ role: 'assistant', content: `${block}Text`, tool_calls: [call], ...more });

  async function returned(
    message: JsonObject,
    exchange: Partial<Exchange> = {},
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

  async function keyOf(messages: unknown[], exchange: Partial<Exchange> = {}): Promise<TurnKey | undefined> {
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
});

describe("Cursor's key check", () => {
  const check = {
    model: 'gpt-4o',
    messages: [
      { role: 'system', content: 'You are a test assistant.' },
      { role: 'user', content: 'Testing. Just say hi and nothing else.' },
    ],
  };
  const answer = (body: JsonObject) => cursor.localAnswer?.(cursor.read?.(body) as ChatRequest); // as above

  test('is answered without a provider, whichever name and shape it has', () => {
    for (const model of [
      'gpt-4o',
      'gpt-3.5-turbo',
      'o3-mini',
      'chatgpt-4o-latest',
      'claude-5-sonnet',
      'gemini-3-pro',
    ]) {
      expect(answer({ ...check, model })).toBeTypeOf('string');
    }
    expect(
      answer({ model: 'gpt-5', input: [{ role: 'user', content: 'Testing. Just say hi and nothing else.' }] }),
    ).toBeTypeOf('string');
  });

  test.each([
    ['a slash in the name', { model: 'openai/gpt-4o' }],
    ['a name of no known provider', { model: 'my-model' }],
    ['tools', { tools: [NESTED] }],
    ['three messages', { messages: [...check.messages, USER] }],
    ['a long message', { messages: [{ role: 'user', content: 'x'.repeat(200) }] }],
  ])('is not what has %s', (_name, change) => {
    expect(answer({ ...check, ...change })).toBeNull();
  });
});

describe('pipelines', () => {
  test('are derived from one list, and an unknown purpose is the default one', () => {
    expect(PURPOSES).toEqual(['default', 'cursor', 'reasoning']);
    expect(findPipeline('no-such-purpose').purpose).toBe('default');
    expect(Object.keys(findPipeline('default'))).toEqual(['purpose', 'description']);
  });

  test('can give back reasoning without being for Cursor: the answer stays as it is', async () => {
    const remembered: string[] = [];
    const memory: ReasoningMemory = {
      recall: async (turns) => turns.map(() => 'why'),
      remember: (_choice, _key, reasoning) => remembered.push(reasoning),
    };
    const request = {
      model: 'm',
      messages: [USER, { role: 'assistant', content: '<think>x</think>y' }],
      tools: [NESTED],
    };
    const conversation = await findPipeline('reasoning').open?.(request, { ...EXCHANGE, ...THINKER, memory });
    expect(conversation?.request.messages[1]).toEqual({
      role: 'assistant',
      content: '<think>x</think>y',
      reasoning_content: 'why',
    });
    const event = new StreamEvent(
      { choices: [{ index: 0, delta: { reasoning_content: 'a' } }] },
      'text of the provider',
    );
    const passed: StreamEvent[] = [];
    conversation?.step?.transform(event, { enqueue: (each) => passed.push(each) });
    expect(conversation?.step?.repeat?.('reasoning_content', '\\u003cb')).toBe(true);
    conversation?.step?.flush?.({ enqueue: (each) => passed.push(each) });
    expect(passed).toEqual([event]);
    expect(event.untouched).toBe(true);
    expect(remembered).toEqual(['a<b']);
  });
});
