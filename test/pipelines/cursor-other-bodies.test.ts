import { describe, expect, test } from 'vitest';
import { NESTED, READ_FILE, sent, THINKER, USER } from './cursor-body.ts';

describe('a body in the shape of Responses', () => {
  test('has the tools of Codex: those in namespaces and those that come among the items, and no provider sees who asks', async () => {
    const request = await sent(
      {
        input: [
          {
            type: 'additional_tools',
            id: 'at_1',
            role: 'developer',
            tools: [
              {
                type: 'namespace',
                name: 'functions',
                description: '',
                tools: [
                  { type: 'custom', name: 'exec', format: { type: 'text' } },
                  { type: 'function', ...READ_FILE },
                ],
              },
              {
                type: 'namespace',
                name: 'clock',
                tools: [{ type: 'function', name: 'sleep', parameters: { type: 'object' } }],
              },
            ],
          },
          { role: 'user', content: [{ type: 'input_image', image_url: 'https://x.test/a.png', detail: 'original' }] },
          { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Why not' }], content: null },
          { type: 'tool_search_call', call_id: 's1', execution: 'client', arguments: { query: 'x' } },
          { type: 'tool_search_output', call_id: 's1', tools: [] },
          { type: 'function_call', call_id: 'c1', namespace: 'clock', name: 'sleep', arguments: '{}' },
          { type: 'function_call_output', call_id: 'c1', output: 'ok' },
          {
            type: 'agent_message',
            author: '/root',
            content: [
              { type: 'input_text', text: 'NEW_TASK' },
              { type: 'encrypted_content', encrypted_content: 'Count.' },
            ],
          },
        ],
        tools: [{ type: 'tool_search', execution: 'client' }, { type: 'web_search' }],
        tool_choice: 'auto',
        reasoning: { summary: 'auto' },
        client_metadata: { user: 'me' },
        prompt_cache_key: 'me',
        metadata: { user: 'me' },
        safeguards: { user: 'me' },
      },
      THINKER,
    );
    expect(request['tools']).toMatchObject([
      { type: 'function', function: { name: 'exec' } },
      { type: 'function', function: READ_FILE },
      { type: 'function', function: { name: 'clock__sleep' } },
    ]);
    expect(request.messages).toEqual([
      { role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'high' } }] },
      {
        role: 'assistant',
        content: '',
        reasoning_content: 'Why not',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'clock__sleep', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'ok' },
      { role: 'user', content: 'NEW_TASK\nCount.' },
    ]);
    for (const name of ['prompt_cache_key', 'client_metadata', 'metadata', 'safeguards', 'reasoning', 'input']) {
      expect(request).not.toHaveProperty(name);
    }
  });

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
