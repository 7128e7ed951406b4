import { beforeAll, describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../src/protocol/json.ts';
import { type Answered, askDoor, callDelta } from '../support/ask-door.ts';
import { makeKey } from '../support/keys.ts';
import { get, getDirectly } from '../support/router.ts';

/* What holds at Messages and Responses alike. */

const PURPOSES = ['default', 'reasoning', 'cursor'] as const;
const secrets: Record<string, string> = {};
let secret = '';

beforeAll(async () => {
  for (const purpose of PURPOSES) secrets[purpose] = (await makeKey({ purpose })).secret;
  secret = secrets['default'] ?? '';
});

const hi = { role: 'user', content: 'Hi' };
const MESSAGES = {
  model: 'moonshot/kimi-k3',
  max_tokens: 1000,
  thinking: { type: 'adaptive' },
  tools: [{ name: 'read', input_schema: { type: 'object', properties: {} } }],
  messages: [hi],
};
const RESPONSES = {
  model: 'moonshot/kimi-k3',
  tools: [{ type: 'function', name: 'read', parameters: { type: 'object', properties: {} } }],
  input: [hi],
};
const DELTAS = [
  { reasoning_content: 'wh' },
  { reasoning_content: 'y' },
  callDelta(0, '{}', { id: 'read:0', name: 'read' }),
];

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function callIdIn({ events }: Answered): string {
  for (const { data } of events) {
    for (const holder of [data['content_block'], data['item']]) {
      if (!isObject(holder)) continue;
      if (holder['type'] === 'tool_use') return String(holder['id']);
      if (holder['type'] === 'function_call') return String(holder['call_id']);
    }
  }
  throw new Error('no call was made');
}

/** A second turn whose client has dropped the reasoning of the first. */
const DOORS = {
  '/v1/messages': {
    first: MESSAGES,
    second: (id: string): JsonObject => ({
      ...MESSAGES,
      messages: [
        hi,
        { role: 'assistant', content: [{ type: 'tool_use', id, name: 'read', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'ok' }] },
      ],
    }),
  },
  '/v1/responses': {
    first: RESPONSES,
    second: (id: string): JsonObject => ({
      ...RESPONSES,
      input: [
        hi,
        { type: 'function_call', call_id: id, name: 'read', arguments: '{}' },
        { type: 'function_call_output', call_id: id, output: 'ok' },
      ],
    }),
  },
} as const;

describe.each(['/v1/messages', '/v1/responses'] as const)('%s', (path) => {
  const { first, second } = DOORS[path];

  it.each(['reasoning', 'cursor'])('a %s key has reasoning remembered that its client drops', async (purpose) => {
    const key = secrets[purpose] ?? '';
    const said = await askDoor(path, key, { ...first, stream: true }, DELTAS, { finish: 'tool_calls' });
    const { headers, sent } = await askDoor(path, key, second(callIdIn(said)));
    expect(listOf(sent['messages'])[1]).toMatchObject({ reasoning_content: 'why', tool_calls: [{ id: 'read:0' }] });
    expect(headers.get('x-llm-notice')).toBeNull();
  });

  it('a default key is served without it, and told so', async () => {
    const { headers, sent, status } = await askDoor(path, secret, second('call_1'));
    expect(status).toBe(200);
    expect(listOf(sent['messages'])[1]).toMatchObject({ reasoning_content: ' ' });
    expect(headers.get('x-llm-notice')).toBe('reasoning_lost');
    const flash = await askDoor(path, secret, { ...second('call_1'), model: 'deepseek/deepseek-flash' });
    expect(flash.sent['thinking']).toEqual({ type: 'disabled' });
    expect(flash.headers.get('x-llm-notice')).toBe('reasoning_lost');
  });

  it.each(['', '/', '?beta=true', '/?beta=true'])('is found with %j behind it, below both roots', async (tail) => {
    for (const root of ['', '/api']) {
      const { status } = await askDoor(`${root}${path}${tail}`, secret, first);
      expect(status).toBe(200);
    }
  });

  it('says in its own form that only POST works', async () => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const response = await get(path, { method, headers: { authorization: `Bearer ${secret}` } });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
      const body: JsonObject = await response.json();
      expect(body['type']).toBe(path === '/v1/messages' ? 'error' : undefined);
      expect(body['error']).toMatchObject({ type: 'invalid_request_error' });
    }
  });

  it('may be called by a page of any origin, with the headers of its SDKs', async () => {
    const wanted = 'authorization,anthropic-version,anthropic-beta,x-stainless-os,x-api-key,openai-beta,content-type';
    const response = await getDirectly(path, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': wanted,
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-headers')).toBe(wanted);
  });

  it.each([
    ['no body', '', 400],
    ['no JSON', '{"model":', 400],
    ['a list', '[]', 400],
    ['too much', ' '.repeat(11 * 1024 * 1024), 413],
  ])('refuses %s in its own form', async (_what, body, status) => {
    const got = await askDoor(path, secret, body);
    expect(got.status).toBe(status);
    expect(got.json['type']).toBe(path === '/v1/messages' ? 'error' : undefined);
    expect(got.json['error']).toMatchObject({ message: expect.any(String) });
    expect(got.headers.get('x-request-id')).toMatch(/^req_/);
  });

  it('refuses a wrong key in its own form', async () => {
    const got = await askDoor(path, 'sk-wrong', first);
    expect(got.status).toBe(401);
    expect(got.json['type']).toBe(path === '/v1/messages' ? 'error' : undefined);
    expect(got.json['error']).toMatchObject({ type: 'authentication_error' });
  });
});

describe('thinking in Messages', () => {
  const thinking = async (asked: JsonObject, model: string) => {
    const body = { ...MESSAGES, model, thinking: asked };
    const whole = await askDoor('/v1/messages', secret, body, [{ content: 'a', reasoning_content: 'wh"y\n🙂' }]);
    const streamed = await askDoor('/v1/messages', secret, { ...body, stream: true }, [
      { reasoning_content: 'wh"y\n' },
      { reasoning_content: '🙂' },
      { content: 'a' },
    ]);
    const back = async (blocks: unknown) =>
      listOf(
        (await askDoor('/v1/messages', secret, { ...body, messages: [hi, { role: 'assistant', content: blocks }, hi] }))
          .sent['messages'],
      )[1];
    return { blocks: listOf(whole.json['content']), streamed, back };
  };

  it('that is omitted is an empty block, from whose signature the provider gets every letter back', async () => {
    const { back, blocks, streamed } = await thinking(
      { type: 'adaptive', display: 'omitted' },
      'deepseek/deepseek-flash',
    );
    expect(blocks).toMatchObject([
      { type: 'thinking', thinking: '' },
      { type: 'text', text: 'a' },
    ]);
    expect(streamed.text).not.toContain('thinking_delta');
    const signature = streamed.events
      .map(({ data }) => data['delta'])
      .find((delta) => isObject(delta) && delta['signature']);
    expect(signature).toMatchObject({ signature: blocks[0]?.['signature'] });
    expect(await back(blocks)).toMatchObject({ content: 'a', reasoning_content: 'wh"y\n🙂' });
  });

  it('that is shown comes back by its text', async () => {
    const { back, blocks } = await thinking({ type: 'enabled', budget_tokens: 2000 }, 'deepseek/deepseek-flash');
    expect(blocks[0]).toMatchObject({ type: 'thinking', thinking: 'wh"y\n🙂' });
    expect(await back(blocks)).toMatchObject({ reasoning_content: 'wh"y\n🙂' });
  });

  it('that is switched off is not shown, though the model thinks', async () => {
    const { blocks, streamed } = await thinking({ type: 'disabled' }, 'moonshot/kimi-k3');
    expect(blocks).toEqual([{ type: 'text', text: 'a' }]);
    expect(streamed.text).not.toContain('thinking_delta');
    expect(streamed.text).not.toContain('signature');
  });
});

it('a text that Claude Code marks for the cache in one turn is the same for the provider in the next', async () => {
  const sentFor = async (messages: unknown[], system: unknown) =>
    listOf((await askDoor('/v1/messages', secret, { ...MESSAGES, system, messages })).sent['messages']);
  const mark = { cache_control: { type: 'ephemeral' } };
  const line = (version: string) => ({ type: 'text', text: `x-anthropic-billing-header: cch=${version};` });
  const lead = { type: 'text', text: 'Lead.' };
  const first = await sentFor(
    [{ role: 'user', content: [{ type: 'text', text: 'Hi', ...mark }] }],
    [line('1'), { ...lead, ...mark }],
  );
  const later = await sentFor(
    [hi, { role: 'assistant', content: 'Yes' }, { role: 'user', content: [{ type: 'text', text: 'Go', ...mark }] }],
    [line('2'), lead],
  );
  expect(JSON.stringify(later.slice(0, first.length))).toBe(JSON.stringify(first));
  expect(first[0]).toEqual({ role: 'system', content: 'Lead.' });
});

it('HEAD answers where GET does', async () => {
  const response = await get('/v1/models', { method: 'HEAD', headers: { authorization: `Bearer ${secret}` } });
  expect([response.status, await response.text()]).toEqual([200, '']);
});

it('tokens may be counted 60 times a minute, without a mark on the rate', async () => {
  const { secret: own } = await makeKey({ rpm: 1 });
  const count = () => askDoor('/v1/messages/count_tokens', own, { ...MESSAGES, model: 'test/echo' });
  const statuses: number[] = [];
  let last = await count();
  for (let call = 0; call < 130 && last.status === 200; call += 1) {
    statuses.push(last.status);
    last = await count();
  }
  // A minute may end in between.
  expect(statuses.length).toBeGreaterThanOrEqual(60);
  expect(last.status).toBe(429);
  expect(last.json).toMatchObject({ error: { type: 'rate_limit_error', message: expect.stringContaining('60') } });
  expect((await askDoor('/v1/messages', own, { ...MESSAGES, model: 'test/echo' })).status).toBe(200);
});
