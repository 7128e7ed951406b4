import type OpenAI from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeKey } from '../support/keys.ts';
import { readEvents } from '../support/printed-answer.ts';
import { playProvider } from '../support/provider.ts';
import { get, openaiClient } from '../support/router.ts';

let secret = '';
let client: OpenAI;

beforeAll(async () => {
  ({ secret } = await makeKey());
  client = openaiClient(secret);
});

const INPUT = 'Hello  brave\nnew 世界 🙂';

function post(path: string, body: unknown): Promise<Response> {
  return get(`/api/v1${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
  });
}

describe("OpenAI's SDK at the test provider", () => {
  it('reads a whole response and a stream alike', async () => {
    const whole = await client.responses.create({ model: 'test/echo', input: INPUT });
    expect(whole.output_text).toBe(INPUT);
    expect(whole).toMatchObject({
      status: 'completed',
      store: false,
      model: 'test/echo',
      usage: { input_tokens: 5, output_tokens: 5 },
    });
    const streamed = await client.responses.stream({ model: 'test/echo', input: INPUT }).finalResponse();
    expect(streamed.output_text).toBe(INPUT);
    expect(streamed.usage).toEqual(whole.usage);
  });

  it('gets reasoning as an item, calls a tool and gives both back', async () => {
    const tools = [
      { type: 'function' as const, name: 'read', parameters: { type: 'object', properties: {} }, strict: false },
    ];
    const first = await client.responses.stream({ model: 'test/tool', input: INPUT, tools }).finalResponse();
    const [call] = first.output.filter((item) => item.type === 'function_call');
    expect(call).toMatchObject({ name: 'read', arguments: '{}', status: 'completed' });
    const second = await client.responses.create({
      model: 'test/tool',
      tools,
      input: [
        { role: 'user', content: INPUT },
        { type: 'function_call', call_id: call?.call_id ?? '', name: 'read', arguments: call?.arguments ?? '' },
        { type: 'function_call_output', call_id: call?.call_id ?? '', output: 'It says 42' },
      ],
    });
    expect(second.output_text).toBe('It says 42');
    const thought = await client.responses
      .stream({ model: 'test/reason', input: INPUT, reasoning: { summary: 'auto' } })
      .finalResponse();
    expect(thought.output.map(({ type }) => type)).toEqual(['reasoning', 'message']);
  });
});

describe('what would need kept state is refused, and says what to do', () => {
  it.each([
    ['previous_response_id', 'resp_1'],
    ['conversation', 'conv_1'],
    ['prompt', { id: 'pmpt_1' }],
    ['background', true],
  ])('%s', async (param, value) => {
    const response = await post('/responses', { model: 'test/echo', input: INPUT, [param]: value });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param, message: expect.stringContaining('store: false') } });
  });

  it('an item by its id', async () => {
    const response = await post('/responses', { model: 'test/echo', input: [{ type: 'item_reference', id: 'msg_1' }] });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param: 'input.0' } });
  });

  it.each([
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/cancel'],
    ['GET', '/input_items'],
  ])('%s /responses/{id}%s', async (method, path) => {
    const response = await get(`/api/v1/responses/resp_1${path}`, {
      method,
      headers: { authorization: `Bearer ${secret}` },
    });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'response_not_found' } });
  });

  it('a web socket', async () => {
    const response = await get('/api/v1/responses', {
      headers: { upgrade: 'websocket', authorization: `Bearer ${secret}` },
    });
    expect(response.status).toBe(426);
  });
});

it('a context that is full is told in the stream, where Codex makes its history shorter', async () => {
  const provider = playProvider(() =>
    Response.json(
      {
        error: {
          message: 'maximum context length is 131072 tokens, you requested 140000',
          code: 'context_length_exceeded',
        },
      },
      { status: 400 },
    ),
  );
  const body = { model: 'deepseek/deepseek-flash', input: INPUT };
  const streamed = await post('/responses', { ...body, stream: true });
  expect(streamed.status).toBe(200);
  const events = readEvents(await streamed.text());
  expect(events.map(({ event }) => event)).toEqual([
    'response.created',
    'response.in_progress',
    'response.failed',
    undefined,
  ]);
  expect(events[2]?.data['response']).toMatchObject({ status: 'failed', error: { code: 'context_length_exceeded' } });
  const whole = await post('/responses', body);
  expect(whole.status).toBe(400);
  expect(await whole.json()).toMatchObject({ error: { code: 'context_length_exceeded' } });
  provider.restore();
});

it('input tokens are counted without a provider', async () => {
  const response = await post('/responses/input_tokens', { model: 'test/echo', input: INPUT });
  expect(await response.json()).toEqual({ object: 'response.input_tokens', input_tokens: expect.any(Number) });
});
