import { beforeAll, describe, expect, it } from 'vitest';
import { makeKey } from '../support/keys.ts';
import { get } from '../support/router.ts';

/* How much one request may hold: what is beyond is told, and costs no more than reading it. */

const PURPOSES = ['default', 'reasoning', 'cursor'] as const;
const secrets: Record<string, string> = {};

beforeAll(async () => {
  for (const purpose of PURPOSES) secrets[purpose] = (await makeKey({ purpose })).secret;
});

async function post(purpose: string, body: string): Promise<{ status: number; error: Record<string, unknown> }> {
  const response = await get('/api/v1/chat/completions', {
    method: 'POST',
    body: new Blob([body]).stream().pipeThrough(new CompressionStream('gzip')),
    headers: { authorization: `Bearer ${secrets[purpose]}`, 'content-encoding': 'gzip' },
  });
  const { error = {} } = (await response.json()) as { error?: Record<string, unknown> };
  return { status: response.status, error };
}

const USER = '{"role":"user","content":"Hi"}';

function repeated(count: number, piece: (position: number) => string): string {
  return Array.from({ length: count }, (_, position) => piece(position)).join(',');
}

/** A body of exactly so many members. */
function members(count: number): string {
  return `{"model":"test/echo","messages":[${USER}],${repeated(count - 2, (at) => `"k${at}":${at}`)}}`;
}

function messages(count: number): string {
  return `{"model":"test/echo","messages":[${repeated(count, () => USER)}]}`;
}

function tools(count: number, name = 'tools'): string {
  const tool = '{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}';
  return `{"model":"test/echo","messages":[${USER}],"${name}":[${repeated(count, () => tool)}]}`;
}

/** A message of exactly so many members. */
function messageMembers(count: number): string {
  const message = `{"role":"user","content":"Hi",${repeated(count - 2, (at) => `"k${at}":${at}`)}}`;
  return `{"model":"test/echo","messages":[${message}]}`;
}

/** A turn with so many calls, each of them answered. */
function calls(count: number): string {
  const call = (at: number) => `{"id":"c${at}","type":"function","function":{"name":"f","arguments":"{}"}}`;
  const result = (at: number) => `{"role":"tool","tool_call_id":"c${at}","content":"ok"}`;
  const turn = `{"role":"assistant","content":"x","tool_calls":[${repeated(count, call)}]}`;
  return `{"model":"test/echo","messages":[${USER},${turn},${repeated(count, result)},${USER}]}`;
}

describe.each(PURPOSES)('a request of a %s key', (purpose) => {
  it.each([
    ['256 members', members(256), members(257), 'body', '256'],
    ['256 members in a message', messageMembers(256), messageMembers(257), 'messages.0', '256'],
    ['10,000 messages', messages(10_000), messages(10_001), 'messages', '10,000'],
    ['1,024 tools', tools(1_024), tools(1_025), 'tools', '1,024'],
    ['1,024 functions', tools(1_024, 'functions'), tools(1_025, 'functions'), 'functions', '1,024'],
    ['2,048 calls in a message', calls(2_048), calls(2_049), 'messages.1.tool_calls', '2,048'],
  ])('may have %s and not one more', async (_name, most, more, param, limit) => {
    expect(await post(purpose, most)).toEqual({ status: 200, error: {} });
    const refused = await post(purpose, more);
    expect(refused).toMatchObject({ status: 400, error: { code: 'invalid_value', param } });
    expect(refused.error['message']).toContain(`at most ${limit}`);
  });

  it('may not have more calls than a conversation may have results, where we would write them', async () => {
    const call = (at: number) => `{"id":"c${at}","type":"function","function":{"name":"f","arguments":"{}"}}`;
    const turn = (at: number) =>
      `{"role":"assistant","content":"x","tool_calls":[${repeated(2_000, (each) => call(at * 2_000 + each))}]}`;
    const body = (turns: number) => `{"model":"test/echo","messages":[${USER},${repeated(turns, turn)},${USER}]}`;
    expect(await post(purpose, body(5))).toEqual({ status: 200, error: {} });
    const more = await post(purpose, body(6));
    if (purpose === 'default') expect(more.status).toBe(200);
    else expect(more).toMatchObject({ status: 400, error: { param: 'messages' } });
  });

  it('counts a key that is there again and again', async () => {
    const body = `{"model":"test/echo","messages":[${USER}],${repeated(300, () => '"k":1')}}`;
    expect(await post(purpose, body)).toMatchObject({ status: 400, error: { param: 'body' } });
  });

  it.each([
    ['commas', ','.repeat(1_000_000), 'invalid_json', 'body'],
    ['zeros', `{"model":"test/echo","messages":[${repeated(500_000, () => '0')}]}`, 'invalid_value', 'messages'],
    ['a zero', `{"model":"test/echo","messages":[${USER},0]}`, 'invalid_value', 'messages.1'],
    ['{}', `{"model":"test/echo","messages":[${repeated(300_000, () => '{}')}]}`, 'invalid_value', 'messages'],
    ['one {}', `{"model":"test/echo","messages":[${USER},{}]}`, 'invalid_value', 'messages.1.role'],
    ['keys', members(100_000), 'invalid_value', 'body'],
    [
      'turns',
      `{"model":"test/echo","messages":[${repeated(30_000, () => '{"role":"assistant","content":""}')}]}`,
      'invalid_value',
      'messages',
    ],
    ['open brackets', `{"model":"test/echo","messages":[${USER}],"x":${'['.repeat(100_000)}`, 'invalid_json', 'body'],
    [
      'brackets',
      `{"model":"test/echo","messages":[${USER}],"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      'nested_too_deeply',
      'body',
    ],
  ])('says what is wrong with %s', async (_name, body, code, param) => {
    expect(await post(purpose, body)).toMatchObject({ status: 400, error: { code, param } });
  });

  it('may hold brackets, quotes and backslashes in texts, as many as it likes', async () => {
    const text = JSON.stringify('[{"'.repeat(10_000) + '\\'.repeat(9_999));
    const body = `{"model":"test/echo","messages":[{"role":"user","content":${text}}],"x":${text},${JSON.stringify('{[\\"')}:1}`;
    expect(await post(purpose, body)).toEqual({ status: 200, error: {} });
  });
});

describe('a request in another shape of Cursor', () => {
  const items = (count: number) =>
    `{"model":"test/echo","input":[${repeated(count, () => '{"role":"user","content":"Hi"}')}]}`;
  const results = (count: number) => {
    const result = (at: number) => `{"type":"tool_result","tool_use_id":"c${at}","content":"ok"}`;
    return `{"model":"test/echo","messages":[{"role":"user","content":[${repeated(count, result)}]},${USER}]}`;
  };
  const uses = (count: number) => {
    const use = (at: number) => `{"type":"tool_use","id":"c${at}","name":"f","input":{}}`;
    return `{"model":"test/echo","messages":[{"role":"assistant","content":[${repeated(count, use)}]},${USER}]}`;
  };
  const inputCalls = (count: number) => {
    const call = (at: number) => `{"type":"function_call","call_id":"c${at}","name":"f","arguments":"{}"}`;
    return `{"model":"test/echo","input":[${repeated(count, call)},{"role":"user","content":"Hi"}]}`;
  };

  it.each([
    ['10,000 items', items(10_000), items(10_001), 'input'],
    ['2,048 blocks of calls', uses(2_048), uses(2_049), 'messages.0.tool_calls'],
    ['2,048 calls in a row', inputCalls(2_048), inputCalls(2_049), 'messages.0.tool_calls'],
  ])('may have %s and not one more', async (_name, most, more, param) => {
    expect(await post('cursor', most)).toEqual({ status: 200, error: {} });
    expect(await post('cursor', more)).toMatchObject({ status: 400, error: { code: 'invalid_value', param } });
  });

  it('may not become more messages than one request may have', async () => {
    expect(await post('cursor', results(9_999))).toEqual({ status: 200, error: {} });
    expect(await post('cursor', results(10_000))).toMatchObject({ status: 400, error: { param: 'messages' } });
  });
});

describe('the other doors', () => {
  it.each([
    ['messages', '/messages', { messages: Array(10_001).fill({ role: 'user', content: 'Hi' }) }, 'messages'],
    ['messages', '/messages', { messages: [{ role: 'user', content: Array(10_001).fill(0) }] }, 'messages.0.content'],
    ['messages', '/messages', { messages: [{ role: 'user', content: 'Hi' }], tools: Array(1_025).fill({}) }, 'tools'],
    ['responses', '/responses', { input: Array(10_001).fill({ role: 'user', content: 'Hi' }) }, 'input'],
    ['responses', '/responses', { input: [{ role: 'user', content: Array(10_001).fill(0) }] }, 'input.0'],
    ['responses', '/responses', { input: 'Hi', tools: Array(1_025).fill({}) }, 'tools'],
  ])('%s refuse what one request may not hold', async (_door, path, body, param) => {
    const response = await get(`/api/v1${path}`, {
      method: 'POST',
      body: JSON.stringify({ model: 'test/echo', ...body }),
      headers: { authorization: `Bearer ${secrets['default']}` },
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(param === 'messages' || param === 'tools' ? `'${param}' has` : param);
  });
});
