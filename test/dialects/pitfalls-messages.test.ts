import { beforeAll, describe, expect, it } from 'vitest';
import { isObject, type JsonObject, parseJson } from '../../src/protocol/json.ts';
import { type Answered, askDoor, callDelta, chunksOfDeltas, type Saying } from '../support/ask-door.ts';
import { makeKey } from '../support/keys.ts';
import { parametersComplaint } from '../support/moonshot-schema.ts';
import type { Event } from '../support/printed-answer.ts';
import { GRANULARITIES, type Granularity, sse, streamOf } from '../support/provider.ts';

/* What goes wrong with this dialect at other gateways, by its number in the list that we keep: each went wrong somewhere. */

let secret = '';
let cursorSecret = '';

beforeAll(async () => {
  ({ secret } = await makeKey());
  ({ secret: cursorSecret } = await makeKey({ purpose: 'cursor' }));
});

const TOOLS = [{ name: 'Read', description: 'd', input_schema: { type: 'object', properties: {} } }];
const BODY = {
  model: 'deepseek/deepseek-flash',
  max_tokens: 1000,
  thinking: { type: 'adaptive', display: 'summarized' },
  tools: TOOLS,
  messages: [{ role: 'user', content: 'Hi' }],
};

const PATH = '/v1/messages?beta=true';

function stream(
  saying: Saying,
  granularity: Granularity,
  finish = 'stop',
  members: JsonObject = {},
): Promise<Answered> {
  return askDoor(PATH, secret, { ...BODY, ...members, stream: true }, saying, { granularity, finish });
}

function whole(message: JsonObject, members: JsonObject = {}, finish = 'stop'): Promise<Answered> {
  return askDoor(PATH, secret, { ...BODY, ...members }, [message], { finish });
}

/** Asks with a history, and answers what the provider got of it. */
async function sentFor(messages: unknown[], members: JsonObject = {}): Promise<JsonObject[]> {
  const { sent, status, text } = await askDoor(PATH, secret, { ...BODY, ...members, messages });
  expect(text).not.toContain('"error"');
  expect(status).toBe(200);
  const list: unknown = sent['messages'];
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function ofType(events: readonly Event[], type: string): JsonObject[] {
  return events.filter(({ event }) => event === type).map(({ data }) => data);
}

/** The blocks of a stream, each from its start to its stop. */
function blocksOf({ events }: Answered): JsonObject[] {
  const starts = ofType(events, 'content_block_start');
  expect(ofType(events, 'content_block_stop').map(({ index }) => index)).toEqual(starts.map((_start, index) => index));
  return starts.map(({ content_block: block, index }) => {
    const deltas = ofType(events, 'content_block_delta').filter((delta) => delta['index'] === index);
    const said = (name: string) =>
      deltas.map(({ delta }) => (isObject(delta) ? String(delta[name] ?? '') : '')).join('');
    if (!isObject(block)) throw new Error('no block');
    if (block['type'] === 'tool_use') return { ...block, input: parseJson(said('partial_json') || '{}') };
    return block['type'] === 'text' ? { ...block, text: said('text') } : { ...block, thinking: said('thinking') };
  });
}

const HEAD = { id: 'call_00_a', name: 'Read' };
const call = (id: string, input: unknown = {}) => ({ type: 'tool_use', id, name: 'Read', input });
const result = (id: string, members: JsonObject) => ({ type: 'tool_result', tool_use_id: id, ...members });
const thought = { type: 'thinking', thinking: 'why', signature: 's' };
const asked = (...blocks: JsonObject[]) => ({ role: 'assistant', content: [thought, ...blocks] });
const answered = (...blocks: JsonObject[]) => ({ role: 'user', content: blocks });
const hi = { role: 'user', content: 'Hi' };

describe.each(GRANULARITIES)('in a stream that comes by the %s', (by) => {
  it('1: the arguments in the chunk that opens a call are there', async () => {
    const got = await stream([callDelta(0, '{"path":', HEAD), callDelta(0, '"a"}')], by, 'tool_calls');
    expect(blocksOf(got)).toMatchObject([{ type: 'tool_use', name: 'Read', input: { path: 'a' } }]);
  });

  it('2: each block ends once', async () => {
    const got = await stream(
      [
        { reasoning_content: 'why' },
        { content: 'So.' },
        callDelta(0, '{}', HEAD),
        callDelta(1, '{}', { ...HEAD, id: 'b' }),
      ],
      by,
      'tool_calls',
    );
    expect(blocksOf(got).map(({ type }) => type)).toEqual(['thinking', 'text', 'tool_use', 'tool_use']);
  });

  it('3: an empty text makes no block', async () => {
    const got = await stream([{ role: 'assistant', content: '' }, { content: '' }, callDelta(0, '{}', HEAD)], by);
    expect(blocksOf(got).map(({ type }) => type)).toEqual(['tool_use']);
  });

  it('4: one message_delta with the reason and the usage, right before the end', async () => {
    const { events } = await stream([{ content: 'a' }], by);
    const deltas = ofType(events, 'message_delta');
    expect(deltas).toMatchObject([
      {
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: {
          input_tokens: 36,
          cache_read_input_tokens: 64,
          cache_creation_input_tokens: 0,
          output_tokens: 20,
          output_tokens_details: { thinking_tokens: 7 },
        },
      },
    ]);
    expect(events.slice(-2).map(({ event }) => event)).toEqual(['message_delta', 'message_stop']);
  });

  it('5: reasoning is there as in the whole form', async () => {
    const streamed = blocksOf(
      await stream([{ reasoning_content: 'w' }, { reasoning_content: 'hy' }, { content: 'a' }], by),
    );
    const { json } = await whole({ content: 'a', reasoning_content: 'why' });
    expect(streamed.map(({ thinking, text }) => thinking ?? text)).toEqual(['why', 'a']);
    expect(json['content']).toMatchObject([
      { type: 'thinking', thinking: 'why' },
      { type: 'text', text: 'a' },
    ]);
  });

  it('6: reasoning is a block and no text, with any purpose', async () => {
    for (const key of [secret, cursorSecret]) {
      const got = await askDoor(
        PATH,
        key,
        { ...BODY, stream: true },
        [{ reasoning_content: 'why' }, { content: 'a' }],
        {
          granularity: by,
        },
      );
      expect(blocksOf(got)).toMatchObject([
        { type: 'thinking', thinking: 'why' },
        { type: 'text', text: 'a' },
      ]);
    }
  });

  it('7: reasoning between the arguments of a call waits for its end', async () => {
    const got = await stream([callDelta(0, '{"a"', HEAD), { reasoning_content: 'why' }, callDelta(0, ':1}')], by);
    expect(blocksOf(got)).toMatchObject([
      { type: 'tool_use', input: { a: 1 } },
      { type: 'thinking', thinking: 'why' },
    ]);
  });

  it('19: a failure in a 200 has its own status before anything was said, and is an event after', async () => {
    const failure = { error: { message: 'Internal trouble', type: 'server_error', code: 'internal' } };
    const late = await stream(
      () => streamOf(sse([...chunksOfDeltas([{ content: 'a' }]).slice(0, 1), failure], false), { granularity: by }),
      by,
    );
    expect(late.status).toBe(200);
    expect(late.events.at(-1)).toMatchObject({ event: 'error', data: { type: 'error', error: { type: 'api_error' } } });
    expect(ofType(late.events, 'message_stop')).toEqual([]);
    const html = await stream(
      () => new Response('<html>Bad gateway</html>', { headers: { 'content-type': 'text/html' } }),
      by,
    );
    expect(html.status).toBe(502);
    expect(html.json).toMatchObject({ type: 'error', error: { type: 'api_error' } });
  });

  it('20: an answer that breaks off is no whole answer', async () => {
    const cut = sse(chunksOfDeltas([{ content: 'a' }]).slice(0, 1), false);
    for (const breakOff of [true, false]) {
      const { events } = await stream(() => streamOf(cut, { granularity: by, breakOff }), by);
      expect(events.at(-1)?.event).toBe('error');
      expect(ofType(events, 'message_delta')).toEqual([]);
      expect(ofType(events, 'message_stop')).toEqual([]);
      // A block that may still grow is not closed.
      expect(ofType(events, 'content_block_stop')).toEqual([]);
    }
  });

  it('24: empty arguments are an empty object', async () => {
    const got = await stream([callDelta(0, '', HEAD)], by, 'tool_calls');
    expect(blocksOf(got)).toMatchObject([{ type: 'tool_use', input: {} }]);
    expect(ofType(got.events, 'content_block_delta')).toEqual([]);
    const { json } = await whole({
      content: null,
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'Read', arguments: '' } }],
    });
    expect(json['content']).toMatchObject([{ type: 'tool_use', input: {} }]);
  });
});

it("8: ids are such as Anthropic's clients take, and the provider gets its own back", async () => {
  const own = 'functions.Read:0';
  const { json } = await whole({
    content: null,
    tool_calls: [{ id: own, type: 'function', function: { name: 'Read', arguments: '{}' } }],
  });
  const [block] = (json['content'] as JsonObject[]).filter(isObject);
  const id = String(block?.['id']);
  expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
  const sent = await sentFor([hi, asked(call(id)), answered(result(id, { content: 'ok' }))]);
  expect(sent[1]?.['tool_calls']).toMatchObject([{ id: own }]);
  expect(sent[2]).toMatchObject({ role: 'tool', tool_call_id: own });
});

describe('9: ids that begin again in each answer', () => {
  async function twoTurns(model: string) {
    const calls = [{ id: 'Read:0', type: 'function', function: { name: 'Read', arguments: '{}' } }];
    const ids: string[] = [];
    for (let turn = 0; turn < 2; turn += 1) {
      const { json } = await whole(
        { content: null, reasoning_content: 'why', tool_calls: calls },
        { model: 'moonshot/kimi-k3' },
      );
      ids.push(String((json['content'] as JsonObject[]).at(-1)?.['id']));
    }
    expect(new Set(ids).size).toBe(2);
    const history = ids.flatMap((id) => [asked(call(id)), answered(result(id, { content: 'ok' }))]);
    const sent = await sentFor([hi, ...history], { model });
    return sent.flatMap(({ tool_calls: listed, tool_call_id: id }) =>
      Array.isArray(listed) ? [listed[0].id] : id === undefined ? [] : [id],
    );
  }

  it('are the same again for the provider that gave them', async () => {
    expect(await twoTurns('moonshot/kimi-k3')).toEqual(['Read:0', 'Read:0', 'Read:0', 'Read:0']);
  });

  it('are told apart for another, which wants each but once', async () => {
    const [first, same, second, again] = await twoTurns('deepseek/deepseek-flash');
    expect([first, second]).toEqual([same, again]);
    expect(first).not.toBe(second);
  });
});

it('10: calls of another dialect beside the blocks do not count twice', async () => {
  const calls = [{ id: 'a', type: 'function', function: { name: 'Read', arguments: '{}' } }];
  const sent = await sentFor([
    hi,
    { ...asked(call('a')), tool_calls: calls },
    answered(result('a', { content: 'ok' })),
  ]);
  expect(sent[1]?.['tool_calls']).toHaveLength(1);
});

it('11: all results stand before what the user says beside them', async () => {
  const sent = await sentFor([
    hi,
    asked(call('a'), call('b')),
    answered(result('a', { content: '1' }), { type: 'text', text: 'Stop' }, result('b', { content: '2' })),
  ]);
  expect(sent.slice(2)).toEqual([
    { role: 'tool', tool_call_id: 'a', content: '1' },
    { role: 'tool', tool_call_id: 'b', content: '2' },
    { role: 'user', content: 'Stop' },
  ]);
});

it("12: a tool's picture stands in a message behind the last result", async () => {
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } };
  const sent = await sentFor([
    hi,
    asked(call('a'), call('b')),
    answered(result('a', { content: [{ type: 'text', text: 'Here' }, image] }), result('b', { content: '2' })),
  ]);
  expect(sent.slice(2)).toEqual([
    { role: 'tool', tool_call_id: 'a', content: 'Here\n[see below]' },
    { role: 'tool', tool_call_id: 'b', content: '2' },
    { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }] },
  ]);
});

it.each([
  [{ content: [] }, ''],
  [{ content: null }, ''],
  [{}, ''],
  [{ content: 'no such file', is_error: true }, 'Error: no such file'],
  [{ content: 'Error: gone', is_error: true }, 'Error: gone'],
  [{ content: [{ type: 'text', text: 'exit 1' }], is_error: true }, 'Error: exit 1'],
  [{ is_error: true }, 'Error: '],
])('13: a result of %j is the text %j', async (members, content) => {
  const sent = await sentFor([hi, asked(call('a')), answered(result('a', members))]);
  expect(sent[2]).toEqual({ role: 'tool', tool_call_id: 'a', content });
});

it('14: a call without a result, as after Stop, has an empty one', async () => {
  const sent = await sentFor([hi, asked(call('a'), call('b')), answered(result('b', { content: 'ok' })), hi]);
  expect(sent.slice(2, 4)).toMatchObject([
    { role: 'tool', tool_call_id: 'b' },
    { role: 'tool', tool_call_id: 'a', content: '' },
  ]);
});

it('15: a result without its call is said as text', async () => {
  const sent = await sentFor([
    answered(result('gone', { content: 'orphan' })),
    { role: 'assistant', content: 'Yes' },
    hi,
  ]);
  expect(sent[0]).toMatchObject({ role: 'user', content: expect.stringContaining('orphan') });
});

it('16: large numbers and the order of keys stay in what a tool is called with', async () => {
  const input = '{"z":12345678901234567890,"a":[-9007199254740993,0.12345678901234567],"n":{"b":1,"a":2}}';
  const body = JSON.stringify({
    ...BODY,
    messages: [hi, asked(call('a', 'INPUT')), answered(result('a', { content: 'ok' }))],
  }).replace('"INPUT"', input);
  const { sent } = await askDoor(PATH, secret, body);
  expect((sent['messages'] as JsonObject[])[1]?.['tool_calls']).toMatchObject([{ function: { arguments: input } }]);
  const message = {
    content: null,
    tool_calls: [{ id: 'a', type: 'function', function: { name: 'Read', arguments: input } }],
  };
  expect((await whole(message)).text).toContain(`"input":${input}`);
});

it('17: a system message in the middle keeps its place', async () => {
  const sent = await sentFor(
    [hi, { role: 'system', content: 'Now in plan mode.' }, { role: 'assistant', content: 'Yes' }, hi],
    {
      system: 'Lead.',
    },
  );
  expect(sent.map(({ role }) => role)).toEqual(['system', 'user', 'system', 'assistant', 'user']);
});

describe("18: errors have Anthropic's form", () => {
  const form = (type: string) => ({
    type: 'error',
    error: { type, message: expect.any(String) },
    request_id: expect.stringMatching(/^req_/),
  });

  it.each([
    [401, 'authentication_error', () => askDoor(PATH, 'sk-wrong', BODY)],
    [404, 'not_found_error', () => askDoor('/v1/messages/batches', secret, BODY)],
    [
      404,
      'not_found_error',
      () => askDoor('/v1/nothing', secret, BODY, [], { headers: { 'anthropic-version': '2023-06-01' } }),
    ],
    [404, 'not_found_error', () => askDoor(PATH, secret, { ...BODY, model: 'no-such-model' })],
    [400, 'invalid_request_error', () => askDoor(PATH, secret, '{"model":')],
    [400, 'invalid_request_error', () => askDoor(PATH, secret, { ...BODY, messages: 'Hi' })],
    [413, 'request_too_large', () => askDoor(PATH, secret, ' '.repeat(11 * 1024 * 1024))],
  ])('%i %s', async (status, type, ask) => {
    const got = await ask();
    expect([got.status, got.json]).toEqual([status, form(type)]);
    expect(got.headers.get('request-id')).toBe(got.json['request_id']);
  });

  it.each([
    [503, { error: { message: 'engine is overloaded', type: 'engine_overloaded_error' } }, 529, 'overloaded_error'],
    [429, { error: { message: 'slow down', type: 'rate_limit_reached_error' } }, 429, 'rate_limit_error'],
    [401, { error: { message: 'bad key', type: 'invalid_authentication_error' } }, 502, 'api_error'],
  ])("a provider's %i", async (theirs, body, status, type) => {
    const got = await askDoor(PATH, secret, { ...BODY, model: 'moonshot/kimi-k3' }, () =>
      Response.json(body, { status: theirs }),
    );
    expect([got.status, got.json]).toEqual([status, form(type)]);
  });

  it('a full context is told in the words on which clients make it shorter', async () => {
    const message = "This model's maximum context length is 131072 tokens. However, you requested 140000 tokens.";
    const got = await askDoor(PATH, secret, BODY, () =>
      Response.json({ error: { message, code: 'context_length_exceeded' } }, { status: 400 }),
    );
    expect(got.json).toMatchObject({ error: { message: 'prompt is too long: 140000 tokens > 131072 maximum' } });
  });
});

it('21: more output than the model has is asked for as much as it has', async () => {
  const { sent } = await askDoor(PATH, secret, { ...BODY, model: 'moonshot/kimi-k2.6', max_tokens: 9_000_000 });
  expect(sent['max_completion_tokens']).toBe(262_144);
});

it('22: an empty last turn of the assistant is left out, and one that says something passes', async () => {
  for (const content of ['', [], [{ type: 'text', text: '' }], [thought]]) {
    expect(await sentFor([hi, { role: 'assistant', content }])).toEqual([hi]);
  }
  const sent = await sentFor([hi, { role: 'assistant', content: '{' }]);
  expect(sent.at(-1)).toMatchObject({ role: 'assistant', content: '{' });
});

it("23: a schema that Moonshot's validator refuses is put into its form", async () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      pair: { type: 'array', items: [{ type: 'string' }, { type: 'number' }] },
      either: { type: 'string', anyOf: [{ type: 'string' }, { type: 'null' }] },
      word: { enum: ['a', 'b'] },
    },
  };
  expect(parametersComplaint(schema)).not.toBeNull();
  const tools = [{ name: 'Read', input_schema: schema }];
  const { sent } = await askDoor(PATH, secret, { ...BODY, model: 'moonshot/kimi-k3', tools });
  const [tool] = (sent['tools'] as { function: { parameters: unknown } }[]) ?? [];
  expect(parametersComplaint(tool?.function.parameters)).toBeNull();
});

it.each(['läsen', 'x'.repeat(80)])('25: the tool name %s passes', async (name) => {
  const { sent } = await askDoor(PATH, secret, { ...BODY, tools: [{ ...TOOLS[0], name }] });
  expect(sent['tools']).toMatchObject([{ function: { name } }]);
});
