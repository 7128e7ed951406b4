import { beforeAll, describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../src/protocol/json.ts';
import { type Answered, askDoor, callDelta, chunksOfDeltas, type Saying } from '../support/ask-door.ts';
import { makeKey } from '../support/keys.ts';
import { GRANULARITIES, type Granularity, sse, streamOf } from '../support/provider.ts';

/* What goes wrong with this dialect at other gateways, by its number in the list that we keep: each went wrong somewhere. */

let secret = '';

beforeAll(async () => {
  ({ secret } = await makeKey());
});

const PATH = '/v1/responses';
const TOOLS = [{ type: 'function', name: 'read', strict: false, parameters: { type: 'object', properties: {} } }];
const BODY = {
  model: 'deepseek/deepseek-flash',
  tools: TOOLS,
  input: [{ role: 'user', content: 'Hi' }],
  store: false,
  include: ['reasoning.encrypted_content'],
};

function ask(members: JsonObject, saying?: Saying, finish = 'stop'): Promise<Answered> {
  return askDoor(PATH, secret, { ...BODY, ...members }, saying, { finish });
}

function stream(
  saying: Saying,
  granularity: Granularity,
  finish = 'stop',
  members: JsonObject = {},
): Promise<Answered> {
  return askDoor(PATH, secret, { ...BODY, ...members, stream: true }, saying, { granularity, finish });
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Asks with a history, and answers the messages that the provider got of it. */
async function sentFor(input: unknown[], members: JsonObject = {}): Promise<JsonObject[]> {
  const { sent, status } = await ask({ ...members, input });
  expect(status).toBe(200);
  return listOf(sent['messages']);
}

const typesOf = ({ events }: Answered) => events.map(({ data }) => String(data['type'] ?? '[DONE]'));

function last({ events }: Answered): JsonObject {
  const response = events.at(-2)?.data['response'];
  return isObject(response) ? response : {};
}

function dataOf({ events }: Answered, type: string): JsonObject[] {
  return events.map(({ data }) => data).filter((data) => data['type'] === type);
}

const TERMINAL = ['response.completed', 'response.incomplete', 'response.failed'];
const HEAD = { id: 'call_00_a', name: 'read' };
const hi = { role: 'user', content: 'Hi' };
const think = { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'why' }] };
const call = (id: string, members: JsonObject = {}) => ({
  type: 'function_call',
  call_id: id,
  name: 'read',
  arguments: '{}',
  ...members,
});
const output = (id: string, value: unknown) => ({ type: 'function_call_output', call_id: id, output: value });

describe.each(GRANULARITIES)('in a stream that comes by the %s', (by) => {
  it('1: one last event, also where the provider breaks off', async () => {
    const begun = chunksOfDeltas([{ content: 'a' }]).slice(0, 1);
    const answers = [
      await stream([{ content: 'a' }], by),
      await stream([{ content: 'a' }], by, 'length'),
      await stream(() => streamOf(sse(begun, false), { granularity: by }), by),
      await stream(() => streamOf(sse(begun, false), { granularity: by, breakOff: true }), by),
    ];
    expect(answers.map((answer) => typesOf(answer).filter((type) => TERMINAL.includes(type)))).toEqual([
      ['response.completed'],
      ['response.incomplete'],
      ['response.failed'],
      ['response.failed'],
    ]);
    expect(answers.map(last)).toMatchObject([
      { status: 'completed', output: [{ content: [{ text: 'a' }] }] },
      { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
      { status: 'failed', output: [{ status: 'incomplete', content: [{ text: 'a' }] }] },
      { status: 'failed' },
    ]);
  });

  it('2: nothing is added to an item before it is there', async () => {
    const got = await stream([{ reasoning_content: 'why' }, { content: 'a' }, callDelta(0, '{}', HEAD)], by);
    let open: unknown = null;
    for (const { data } of got.events) {
      const item = isObject(data['item']) ? data['item'] : {};
      if (data['type'] === 'response.output_item.added') open = item['id'];
      else if (data['type'] === 'response.output_item.done') expect(item['id']).toBe(open);
      else if (data['item_id'] !== undefined) expect(data['item_id']).toBe(open);
    }
    expect(dataOf(got, 'response.output_item.added').map(({ output_index: index }) => index)).toEqual([0, 1, 2]);
  });

  it('3: a call has its arguments.done and its item.done', async () => {
    const got = await stream([callDelta(0, '{"a":', HEAD), callDelta(0, '1}')], by, 'tool_calls');
    expect(dataOf(got, 'response.function_call_arguments.done')).toMatchObject([{ arguments: '{"a":1}' }]);
    expect(dataOf(got, 'response.output_item.done')).toMatchObject([
      { item: { type: 'function_call', name: 'read', arguments: '{"a":1}', status: 'completed' } },
    ]);
  });

  it('4: empty arguments are an empty object', async () => {
    const got = await stream([callDelta(0, '', HEAD)], by, 'tool_calls');
    expect(dataOf(got, 'response.output_item.done')).toMatchObject([{ item: { arguments: '{}' } }]);
  });

  it('5: a call that was cut off is not completed', async () => {
    for (const answer of [
      await stream([callDelta(0, '{"a":', HEAD)], by, 'length'),
      await stream(
        () => streamOf(sse(chunksOfDeltas([callDelta(0, '{"a":', HEAD)]).slice(0, 1), false), { granularity: by }),
        by,
      ),
    ]) {
      expect(typesOf(answer)).not.toContain('response.function_call_arguments.done');
      expect(last(answer)).toMatchObject({
        output: [{ type: 'function_call', status: 'incomplete', arguments: '{"a":' }],
      });
      expect(['incomplete', 'failed']).toContain(last(answer)['status']);
    }
  });

  it('5: in the whole form too', async () => {
    const cut = { id: 'a', type: 'function', function: { name: 'read', arguments: '{"a":' } };
    const { json } = await ask({}, [{ content: null, tool_calls: [cut] }], 'length');
    expect(json).toMatchObject({ status: 'incomplete', output: [{ type: 'function_call', status: 'incomplete' }] });
  });

  it('7: an error in a 200 fails the response', async () => {
    const failure = { error: { message: 'Internal trouble', type: 'server_error' } };
    const got = await stream(
      () => streamOf(sse([...chunksOfDeltas([{ content: 'a' }]).slice(0, 1), failure], false), { granularity: by }),
      by,
    );
    expect(last(got)).toMatchObject({ status: 'failed', error: { message: expect.any(String) } });
  });

  it('11: a reasoning item that is done carries what gives it back', async () => {
    const got = await stream([{ reasoning_content: 'why' }, { content: 'a' }], by);
    const [done] = dataOf(got, 'response.output_item.done');
    const item = isObject(done?.['item']) ? done['item'] : {};
    expect(item).toMatchObject({ type: 'reasoning', encrypted_content: expect.stringMatching(/^rt1\./) });
    const { content: _text, ...sealed } = item;
    const sent = await sentFor([hi, sealed, call('a'), output('a', 'ok')]);
    expect(sent[1]).toMatchObject({ role: 'assistant', reasoning_content: 'why' });
  });

  it('18: usage that comes after the finish is told', async () => {
    const got = await stream([{ content: 'a' }], by);
    expect(last(got)['usage']).toEqual({
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 64, cache_write_tokens: 0 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 7 },
      total_tokens: 120,
    });
    expect(typesOf(got).slice(-2)).toEqual(['response.completed', '[DONE]']);
  });

  it('21: an answer that only thought is told as it is', async () => {
    const got = await stream([{ reasoning_content: 'why' }], by);
    expect(last(got)).toMatchObject({ status: 'completed', output: [{ type: 'reasoning' }] });
  });
});

it.each([
  ['', '{}'],
  ['{"a":', '{"input":"{\\"a\\":"}'],
  ['{"a":1}', '{"a":1}'],
])('4: arguments of %j in the history are JSON for the provider', async (text, sent) => {
  const [, turn] = await sentFor([hi, think, call('a', { arguments: text }), output('a', 'ok')]);
  expect(turn?.['tool_calls']).toMatchObject([{ function: { arguments: sent } }]);
});

it('6: every id is its own, with the prefix of its kind, and a call has two', async () => {
  const { json } = await ask({}, [
    {
      content: 'a',
      reasoning_content: 'why',
      tool_calls: [{ id: 'read:0', type: 'function', function: { name: 'read', arguments: '{}' } }],
    },
  ]);
  const items = listOf(json['output']);
  expect(items.map(({ id }) => String(id).split('_')[0])).toEqual(['rs', 'msg', 'fc']);
  const ids = [json['id'], ...items.flatMap(({ id, call_id: callId }) => (callId === undefined ? [id] : [id, callId]))];
  expect(new Set(ids).size).toBe(5);
});

describe('what a failure is called', () => {
  const limited = (retryAfter: string) => () =>
    Response.json(
      { error: { message: 'Rate limit reached', type: 'rate_limit_reached_error' } },
      { status: 429, headers: { 'retry-after': retryAfter } },
    );

  it("8: a rate limit keeps the provider's delay", async () => {
    const got = await ask({ model: 'moonshot/kimi-k3' }, limited('17'));
    expect(got.status).toBe(429);
    expect(got.headers.get('retry-after')).toBe('17');
  });

  it('9: a quota of the provider is not the budget of the client', async () => {
    const body = { error: { message: 'You exceeded your current quota', type: 'exceeded_current_quota_error' } };
    const got = await ask({ model: 'moonshot/kimi-k3' }, () => Response.json(body, { status: 429 }));
    expect(got.status).toBe(503);
    expect(got.json).toMatchObject({ error: { code: 'upstream_insufficient_balance' } });
    expect(got.text).not.toContain('insufficient_quota');
  });

  it('10: overload is known as such', async () => {
    const late = chunksOfDeltas([{ content: 'a' }]).slice(0, 1);
    const failure = { error: { message: 'busy', type: 'engine_overloaded_error' } };
    const got = await ask({ model: 'moonshot/kimi-k3', stream: true }, () => streamOf(sse([...late, failure], false)));
    expect(last(got)).toMatchObject({ status: 'failed', error: { code: 'server_is_overloaded' } });
  });
});

it('12: a developer is the system, in its place', async () => {
  const sent = await sentFor([
    { role: 'developer', content: 'Lead.' },
    hi,
    { role: 'developer', content: 'Now plan.' },
    hi,
  ]);
  expect(sent.map(({ role }) => role)).toEqual(['system', 'user', 'system', 'user']);
});

it('13: instructions lead, once', async () => {
  const sent = await sentFor([hi, { role: 'assistant', content: 'Yes' }, hi], { instructions: 'Be brief.' });
  expect(sent.filter(({ role }) => role === 'system')).toEqual([{ role: 'system', content: 'Be brief.' }]);
  expect(sent[0]).toMatchObject({ content: 'Be brief.' });
});

it.each([
  ['local_shell_call', { action: { type: 'exec', command: ['ls'], env: {} } }, 'local_shell_call_output'],
  ['shell_call', { action: { commands: ['ls'] } }, 'shell_call_output'],
  ['apply_patch_call', { operation: { type: 'delete_file', path: 'a' } }, 'apply_patch_call_output'],
  ['custom_tool_call', { name: 'exec', input: 'ls' }, 'custom_tool_call_output'],
])('14: %s and its output stay a call and its result', async (type, members, outputType) => {
  const sent = await sentFor([
    hi,
    think,
    { type, call_id: 'a', ...members },
    { type: outputType, call_id: 'a', output: 'ok' },
  ]);
  expect(sent.slice(1)).toMatchObject([
    { role: 'assistant', tool_calls: [{ id: 'a', type: 'function' }] },
    { role: 'tool', tool_call_id: 'a', content: 'ok' },
  ]);
});

it('15: a search for tools comes back with its arguments, and what it found is named and offered', async () => {
  const found = { type: 'function', name: 'draw', parameters: { type: 'object', properties: {} } };
  const { sent } = await ask({
    tools: [...TOOLS, { type: 'tool_search', execution: 'client' }],
    input: [
      hi,
      think,
      { type: 'tool_search_call', call_id: 'a', execution: 'client', arguments: { query: 'draw' } },
      { type: 'tool_search_output', call_id: 'a', tools: [found] },
    ],
  });
  const [, turn, result] = listOf(sent['messages']);
  expect(turn?.['tool_calls']).toMatchObject([{ function: { name: 'tool_search', arguments: '{"query":"draw"}' } }]);
  expect(result).toMatchObject({ role: 'tool', content: expect.stringContaining('draw') });
  expect(listOf(sent['tools']).map(({ function: called }) => isObject(called) && called['name'])).toEqual([
    'read',
    'tool_search',
    'draw',
  ]);
});

it('16, 17: a picture in an output stands behind the last one, in a detail that the provider knows', async () => {
  const image = { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'original' };
  const sent = await sentFor([hi, think, call('a'), call('b'), output('a', [image]), output('b', 'ok')]);
  expect(sent.slice(2)).toEqual([
    { role: 'tool', tool_call_id: 'a', content: '[see below]' },
    { role: 'tool', tool_call_id: 'b', content: 'ok' },
    {
      role: 'user',
      content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'high' } }],
    },
  ]);
});

it('19, 20: the time is whole seconds, and id and model are the same everywhere, the model being the name that was asked for', async () => {
  const got = await stream([{ content: 'a' }], 'event', 'stop', { model: 'deepseek-chat' });
  const responses = got.events.map(({ data }) => data['response']).filter(isObject);
  expect(responses).toHaveLength(3);
  expect(new Set(responses.map(({ id }) => id)).size).toBe(1);
  expect(responses.map(({ model }) => model)).toEqual(['deepseek-chat', 'deepseek-chat', 'deepseek-chat']);
  for (const { created_at: created } of responses) expect(Number.isInteger(created)).toBe(true);
});

it('22, 23: a strict schema becomes what the provider has', async () => {
  const schema = {
    type: 'object',
    properties: { a: { type: 'string' } },
    required: ['a'],
    additionalProperties: false,
  };
  const text = { format: { type: 'json_schema', name: 'answer', strict: true, schema } };
  const { sent } = await ask({ text });
  expect(sent['response_format']).toEqual({ type: 'json_object' });
  expect(listOf(sent['messages'])[0]).toMatchObject({
    role: 'system',
    content: expect.stringContaining('JSON Schema'),
  });
  const kimi = await ask({ text, model: 'moonshot/kimi-k3' });
  expect(kimi.sent['response_format']).toMatchObject({ type: 'json_schema', json_schema: { name: 'answer', schema } });
});

it('24: an item that nobody knows is left out', async () => {
  const sent = await sentFor([
    hi,
    { type: 'from_the_future', call_id: 'x', data: 1 },
    { type: 'web_search_call', id: 'ws_1' },
    hi,
  ]);
  expect(sent).toEqual([hi, hi]);
});

it('25: an output without its call, as after compaction, is said as text', async () => {
  const sent = await sentFor([output('gone', 'orphan'), hi]);
  expect(sent[0]).toMatchObject({ role: 'user', content: expect.stringContaining('orphan') });
});

it('nothing of who asks, or of what clients keep, reaches a provider', async () => {
  const { sent } = await askDoor(
    PATH,
    secret,
    {
      ...BODY,
      metadata: { a: 'PRIVATE' },
      client_metadata: { b: 'PRIVATE' },
      prompt_cache_key: 'PRIVATE',
      user: 'PRIVATE',
      safety_identifier: 'PRIVATE',
    },
    undefined,
    { headers: { 'x-llm-tags': 'team=PRIVATE', 'session-id': 'PRIVATE' } },
  );
  expect(JSON.stringify(sent)).not.toContain('PRIVATE');
  const messages = {
    model: BODY.model,
    max_tokens: 100,
    messages: [hi],
    metadata: { user_id: 'PRIVATE' },
    safeguards: { user: 'PRIVATE' },
  };
  const other = await askDoor('/v1/messages', secret, messages, undefined, {
    headers: { 'x-claude-code-session-id': 'PRIVATE' },
  });
  expect(other.status).toBe(200);
  expect(JSON.stringify(other.sent)).not.toContain('PRIVATE');
});

it('large numbers stay in what a tool was called with', async () => {
  const action = '{"type":"exec","command":["kill"],"timeout_ms":12345678901234567890}';
  const body = JSON.stringify({
    ...BODY,
    input: [hi, { type: 'local_shell_call', call_id: 'a', action: 'ACTION' }, output('a', 'ok')],
  }).replace('"ACTION"', action);
  const { sent } = await askDoor(PATH, secret, body);
  expect(listOf(sent['messages'])[1]?.['tool_calls']).toMatchObject([{ function: { arguments: action } }]);
});
