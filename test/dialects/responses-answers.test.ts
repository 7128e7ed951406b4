import { beforeAll, describe, expect, it } from 'vitest';
import { failureOf } from '../../src/dialects/responses/error.ts';
import { type ErrorCode, RouterError } from '../../src/protocol/errors.ts';
import { isObject, type JsonObject } from '../../src/protocol/json.ts';
import { askDoor, callDelta } from '../support/ask-door.ts';
import { makeKey } from '../support/keys.ts';
import { GRANULARITIES } from '../support/provider.ts';

/* What Responses promises of its answers, beside what goes wrong elsewhere. */

let secret = '';

beforeAll(async () => {
  ({ secret } = await makeKey());
});

const PATH = '/v1/responses';
const hi = { role: 'user', content: 'Hi' };
const BODY = { model: 'deepseek/deepseek-flash', input: [hi] };

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

// https://www.openresponses.org, ResponseResource (2026-04): all that it requires.
const KEYS = `id object created_at completed_at status incomplete_details model previous_response_id instructions output
error tools tool_choice truncation parallel_tool_calls text top_p presence_penalty frequency_penalty top_logprobs
temperature reasoning usage max_output_tokens max_tool_calls store background service_tier metadata safety_identifier
prompt_cache_key`.split(/\s+/);

it('a response has every key of its specification, at its start, at its end and as a whole', async () => {
  const streamed = await askDoor(PATH, secret, { ...BODY, stream: true, store: true, metadata: { a: 'b' } });
  const objects = streamed.events.map(({ data }) => data['response']).filter(isObject);
  const whole = await askDoor(PATH, secret, { ...BODY, store: true, metadata: { a: 'b' } });
  expect(objects).toHaveLength(3);
  for (const response of [...objects, whole.json]) {
    expect(Object.keys(response)).toEqual(expect.arrayContaining(KEYS));
    expect(response).toMatchObject({ store: false, background: false, metadata: { a: 'b' } });
  }
});

const TOOLS = [
  { type: 'custom', name: 'apply_patch', format: { type: 'grammar', syntax: 'lark', definition: 'start: /.+/' } },
  { type: 'local_shell' },
  { type: 'tool_search', execution: 'client' },
  {
    type: 'namespace',
    name: 'functions',
    tools: [{ type: 'custom', name: 'exec' }],
  },
  { type: 'namespace', name: 'mail', tools: [{ type: 'function', name: 'send', parameters: { type: 'object' } }] },
];

// Which function the provider calls, and the item that the client gets.
const CALLS: [string, JsonObject, JsonObject][] = [
  ['apply_patch', { input: '*** "é"\n' }, { type: 'custom_tool_call', name: 'apply_patch', input: '*** "é"\n' }],
  [
    'local_shell',
    { command: ['ls', '-l'], timeout_ms: 5, working_directory: '/', env: { A: 'b' } },
    {
      type: 'local_shell_call',
      action: { type: 'exec', command: ['ls', '-l'], timeout_ms: 5, working_directory: '/', env: { A: 'b' } },
    },
  ],
  ['tool_search', { query: 'draw' }, { type: 'tool_search_call', execution: 'client', arguments: { query: 'draw' } }],
  ['exec', { input: 'text(1)' }, { type: 'custom_tool_call', namespace: 'functions', name: 'exec', input: 'text(1)' }],
  ['mail__send', { to: 'a' }, { type: 'function_call', namespace: 'mail', name: 'send', arguments: '{"to":"a"}' }],
];

describe.each(CALLS)('a call of %s', (name, input, item) => {
  const text = JSON.stringify(input);
  const body = { ...BODY, tools: TOOLS };
  const done = { ...item, status: 'completed', call_id: expect.stringMatching(/^call_/) };

  it.each(GRANULARITIES)(
    'is the kind that the client knows, in a stream by the %s and as a whole',
    async (granularity) => {
      const half = Math.floor(text.length / 2);
      const deltas = [callDelta(0, text.slice(0, half), { id: 'c:0', name }), callDelta(0, text.slice(half))];
      const options = { granularity, finish: 'tool_calls' };
      const { events } = await askDoor(PATH, secret, { ...body, stream: true }, deltas, options);
      expect(events.find(({ event }) => event === 'response.output_item.done')?.data['item']).toMatchObject(done);
      const calls = [{ id: 'c:0', type: 'function', function: { name, arguments: text } }];
      const { json } = await askDoor(PATH, secret, body, [{ content: null, tool_calls: calls }], {
        finish: 'tool_calls',
      });
      expect(json['output']).toMatchObject([done]);
    },
  );

  it('comes back to the provider as it was', async () => {
    const calls = [{ id: 'c:0', type: 'function', function: { name, arguments: text } }];
    const { json } = await askDoor(PATH, secret, body, [{ content: null, tool_calls: calls }], {
      finish: 'tool_calls',
    });
    const [called] = listOf(json['output']);
    const type = String(called?.['type']);
    const output = type === 'tool_search_call' ? { tools: [] } : { output: 'ok' };
    const back = {
      type: type === 'tool_search_call' ? 'tool_search_output' : `${type}_output`,
      call_id: called?.['call_id'],
    };
    const { sent } = await askDoor(PATH, secret, { ...body, input: [hi, called, { ...back, ...output }] });
    const [, turn, result] = listOf(sent['messages']);
    const [again] = listOf(turn?.['tool_calls']);
    expect(again).toMatchObject({ id: 'c:0', function: { name } });
    const said = isObject(again?.['function']) ? JSON.parse(String(again['function']['arguments'])) : null;
    expect(said).toMatchObject(input);
    expect(result).toMatchObject({ role: 'tool', tool_call_id: 'c:0' });
  });
});

describe('the words of a failure that Codex acts on', () => {
  const wait = { retryAfter: 7 };
  it.each([
    ['budget_exceeded', {}, 'insufficient_quota', 'No.'],
    ['upstream_insufficient_balance', {}, 'upstream_insufficient_balance', 'No.'],
    ['rate_limit_exceeded', wait, 'rate_limit_exceeded', 'No. Please try again in 7s.'],
    ['concurrency_limit_exceeded', wait, 'rate_limit_exceeded', 'No. Please try again in 7s.'],
    ['upstream_rate_limited', {}, 'rate_limit_exceeded', 'No.'],
    ['upstream_overloaded', wait, 'server_is_overloaded', 'No.'],
    ['context_length_exceeded', {}, 'context_length_exceeded', 'No.'],
    ['invalid_value', {}, 'invalid_prompt', 'No.'],
    ['content_filter', {}, 'invalid_prompt', 'No.'],
    ['upstream_error', {}, 'upstream_error', 'No.'],
    ['upstream_timeout', {}, 'upstream_timeout', 'No.'],
  ] as [ErrorCode, object, string, string][])('%s', (code, details, word, message) => {
    expect(failureOf(new RouterError(code, 'No.', details))).toEqual({ code: word, message });
  });
});

it('the compact endpoint says that nothing is kept', async () => {
  const { json, status } = await askDoor('/v1/responses/compact', secret, BODY);
  expect(status).toBe(404);
  expect(json).toMatchObject({
    error: { code: 'response_not_found', message: expect.stringContaining('store: false') },
  });
});

it("Zhipu's word for a full context is an answer that is incomplete", async () => {
  const finish = 'model_context_window_exceeded';
  const { json } = await askDoor(PATH, secret, { ...BODY, model: 'zai/glm-5.3' }, [{ content: 'a' }], { finish });
  expect(json).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
});
