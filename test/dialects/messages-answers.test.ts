import { beforeAll, describe, expect, it, vi } from 'vitest';
import { isObject, type JsonObject } from '../../src/protocol/json.ts';
import { askDoor } from '../support/ask-door.ts';
import { makeKey } from '../support/keys.ts';
import { ledgerRow, ledgerRows } from '../support/ledger-row.ts';
import { getDirectly } from '../support/router.ts';

/* What Messages promises of its answers, beside what goes wrong elsewhere. */

let secret = '';
let keyId = '';

beforeAll(async () => {
  const made = await makeKey();
  secret = made.secret;
  keyId = made.key.id;
});

const PATH = '/v1/messages';
const hi = { role: 'user', content: 'Hi' };
const BODY = { model: 'deepseek/deepseek-flash', max_tokens: 100, messages: [hi] };

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

it.each([{ type: 'create' }, { type: 'continue', previous_message_id: 'msg_1' }])(
  "a thread (%j) is refused in the words on which Anthropic's SDK goes on without",
  async (thread) => {
    const { json, status } = await askDoor(PATH, secret, { ...BODY, thread });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      type: 'error',
      error: { details: { error_code: 'thread_unsupported_request', unsupported: ['thread'] } },
    });
  },
);

describe('max_tokens', () => {
  it.each([true, false])(
    'of 0 is an empty answer of ours, with a row that costs nothing (stream: %s)',
    async (stream) => {
      const { events, headers, json, sent, status } = await askDoor(PATH, secret, { ...BODY, max_tokens: 0, stream });
      expect([status, sent]).toEqual([200, {}]);
      const end = { stop_reason: 'max_tokens', usage: { input_tokens: 0, output_tokens: 0 } };
      if (stream) {
        expect(events.map(({ event }) => event)).toEqual(['message_start', 'message_delta', 'message_stop']);
        expect(events[1]?.data).toMatchObject({ delta: { stop_reason: end.stop_reason }, usage: end.usage });
      } else expect(json).toMatchObject({ ...end, content: [] });
      const row = await ledgerRow(keyId, new Response(null, { headers }));
      expect(row).toMatchObject({ endpoint: 'messages', status: 200, costNanoUsd: 0 });
    },
  );

  it('may be missing', async () => {
    const { max_tokens: _none, ...body } = BODY;
    expect((await askDoor(PATH, secret, body)).status).toBe(200);
  });
});

describe.each([true, false])('why it stopped (stream: %s)', (stream) => {
  it.each([
    ['zai/glm-5.3', 'model_context_window_exceeded', 'model_context_window_exceeded'],
    ['zai/glm-5.3', 'length', 'max_tokens'],
    ['deepseek/deepseek-flash', 'content_filter', 'refusal'],
    ['moonshot/kimi-k3', 'stop', 'end_turn'],
    ['moonshot/kimi-k3', 'tool_calls', 'end_turn'],
  ])('%s said %s', async (model, finish, reason) => {
    const { events, json } = await askDoor(PATH, secret, { ...BODY, model, stream }, [{ content: 'a' }], { finish });
    const end = stream ? events.at(-2)?.data['delta'] : json;
    expect(end).toMatchObject({ stop_reason: reason, stop_sequence: null });
    const details = reason === 'refusal' ? { type: 'refusal', category: null, explanation: null } : null;
    expect(end).toMatchObject({ stop_details: details });
  });
});

describe('thinking that nobody asked for', () => {
  it('is off where the model can be asked without', async () => {
    const { sent } = await askDoor(PATH, secret, BODY);
    expect(sent['thinking']).toEqual({ type: 'disabled' });
  });

  it('is shown where the model always thinks', async () => {
    const { json } = await askDoor(PATH, secret, { ...BODY, model: 'moonshot/kimi-k3' }, [
      { content: 'a', reasoning_content: 'why' },
    ]);
    expect(listOf(json['content'])).toMatchObject([
      { type: 'thinking', thinking: 'why', signature: expect.stringMatching(/^rt1\./) },
      { type: 'text', text: 'a' },
    ]);
  });
});

it.each([
  ['output_config', { output_config: { effort: 'high', format: { type: 'json_schema', schema: { type: 'object' } } } }],
  ['output_format', { output_format: { type: 'json_schema', schema: { type: 'object' } } }],
])('a schema in %s is asked for as the provider can', async (_where, members) => {
  const kimi = await askDoor(PATH, secret, { ...BODY, ...members, model: 'moonshot/kimi-k3' });
  expect(kimi.sent['response_format']).toMatchObject({
    type: 'json_schema',
    json_schema: { schema: { type: 'object' } },
  });
  const { sent } = await askDoor(PATH, secret, { ...BODY, ...members });
  expect(sent['response_format']).toEqual({ type: 'json_object' });
  expect(listOf(sent['messages'])[0]).toMatchObject({
    role: 'system',
    content: expect.stringContaining('{"type":"object"}'),
  });
});

it('an answer has the name that was asked for, its id in both headers, and an estimate of the input at its start', async () => {
  const asked = { ...BODY, model: 'deepseek-flash[1m]', stream: true };
  const { events, headers } = await askDoor(PATH, secret, asked);
  expect(headers.get('request-id')).toMatch(/^req_/);
  expect(headers.get('request-id')).toBe(headers.get('x-request-id'));
  expect(events[0]?.data['message']).toMatchObject({ model: 'deepseek-flash' });
  const message = events[0]?.data['message'];
  const usage = isObject(message) && isObject(message['usage']) ? message['usage'] : {};
  expect(usage['input_tokens']).toBeGreaterThan(0);
});

it('a count of tokens leaves no row; one that is refused leaves one', async () => {
  const { key, secret: own } = await makeKey();
  const count = (members: JsonObject) =>
    askDoor('/v1/messages/count_tokens', own, { ...BODY, model: 'test/echo', ...members });
  expect((await count({})).json).toEqual({ input_tokens: expect.any(Number) });
  expect(await ledgerRows(key.id)).toEqual([]);
  expect((await count({ messages: [] })).json).toMatchObject({ type: 'error' });
  await vi.waitFor(async () => expect(await ledgerRows(key.id)).toMatchObject([{ endpoint: 'messages', status: 400 }]));
});

describe('the list of models', () => {
  const page = async (query: string) => {
    const response = await getDirectly(`/v1/models${query}`, { headers: { authorization: `Bearer ${secret}` } });
    const body: JsonObject = await response.json();
    return { ...body, ids: listOf(body['data']).map(({ id }) => String(id)) };
  };

  it('has what both families read', async () => {
    const { data, object } = (await page('?limit=1')) as JsonObject & { ids: string[] };
    expect(object).toBe('list');
    expect(listOf(data)[0]).toMatchObject({
      object: 'model',
      type: 'model',
      created: expect.any(Number),
      owned_by: expect.any(String),
      display_name: expect.any(String),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      max_input_tokens: expect.any(Number),
      max_tokens: expect.any(Number),
    });
  });

  it('goes page by page in both directions, and comes to its end', async () => {
    const all = (await page('')).ids;
    const seen: string[] = [];
    for (let query = '?limit=7'; ; query = `?limit=7&after_id=${seen.at(-1)}`) {
      const {
        has_more: more,
        first_id: first,
        ids,
        last_id: last,
      } = (await page(query)) as JsonObject & { ids: string[] };
      expect([first, last]).toEqual([ids[0], ids.at(-1)]);
      seen.push(...ids);
      if (more !== true) break;
    }
    expect(seen).toEqual(all);
    expect((await page(`?limit=2&before_id=${all[5]}`)).ids).toEqual(all.slice(3, 5));
  });
});
