import Anthropic from '@anthropic-ai/sdk';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeKey } from '../support/keys.ts';
import { routerFetch } from '../support/router.ts';

let secret = '';
let client: Anthropic;

beforeAll(async () => {
  ({ secret } = await makeKey());
  client = new Anthropic({
    authToken: secret,
    apiKey: null,
    baseURL: 'http://router.test',
    fetch: routerFetch,
    maxRetries: 0,
  });
});

const hello = { max_tokens: 1000, messages: [{ role: 'user' as const, content: 'Hello  brave\nnew 世界 🙂' }] };

describe("Anthropic's SDK at the test provider", () => {
  it('reads a whole answer and a stream alike', async () => {
    const whole = await client.messages.create({ model: 'test/echo', ...hello });
    expect(whole).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'test/echo',
      content: [{ type: 'text', text: hello.messages[0]?.content }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 5, output_tokens: 5, cache_read_input_tokens: 0 },
    });
    const streamed = await client.messages.stream({ model: 'test/echo', ...hello }).finalMessage();
    expect({ ...streamed, id: null }).toEqual({ ...whole, id: null, parsed_output: null });
  });

  it('gets thinking in blocks of its own, and gives it back', async () => {
    const asked = { model: 'test/reason', ...hello, thinking: { type: 'enabled' as const, budget_tokens: 1024 } };
    const answer = await client.messages.stream(asked).finalMessage();
    expect(answer.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
    const next = await client.messages.create({
      ...asked,
      messages: [...hello.messages, { role: 'assistant', content: answer.content }, { role: 'user', content: 'More' }],
    });
    expect(next.content.at(-1)).toMatchObject({ type: 'text', text: 'You wrote: More' });
  });

  it('calls a tool and answers with its result', async () => {
    const tools = [{ name: 'read', input_schema: { type: 'object' as const, properties: {} } }];
    const first = await client.messages.stream({ model: 'test/tool', ...hello, tools }).finalMessage();
    const call = first.content[0];
    expect(call).toMatchObject({ type: 'tool_use', name: 'read', input: {} });
    expect(first.stop_reason).toBe('tool_use');
    if (call?.type !== 'tool_use') throw new Error('no call');
    const second = await client.messages.create({
      model: 'test/tool',
      ...hello,
      tools,
      messages: [
        ...hello.messages,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'It says 42' }] },
      ],
    });
    expect(second.content).toMatchObject([{ type: 'text', text: 'It says 42' }]);
  });

  it('counts tokens', async () => {
    const { input_tokens } = await client.messages.countTokens({ model: 'test/echo', messages: hello.messages });
    expect(input_tokens).toBeGreaterThanOrEqual(4);
  });

  it('lists models', async () => {
    const page = await client.models.list({ limit: 2 });
    expect(page.data.map(({ type }) => type)).toEqual(['model', 'model']);
  });

  it('reads every refusal in its own form', async () => {
    const wrong = new Anthropic({
      apiKey: 'sk-wrong',
      baseURL: 'http://router.test',
      fetch: routerFetch,
      maxRetries: 0,
    });
    await expect(wrong.messages.create({ model: 'test/echo', ...hello })).rejects.toMatchObject({
      status: 401,
      error: { type: 'error', error: { type: 'authentication_error' }, request_id: expect.stringMatching(/^req_/) },
    });
    await expect(client.messages.create({ model: 'test/none', ...hello })).rejects.toMatchObject({
      status: 404,
      requestID: expect.stringMatching(/^req_/),
      error: { error: { type: 'not_found_error' } },
    });
  });
});
