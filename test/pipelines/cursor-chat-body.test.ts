import { describe, expect, test } from 'vitest';
import { NESTED, READ_FILE, sent, sentMessages, USER } from './cursor-body.ts';

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
