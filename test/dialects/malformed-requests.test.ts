import { beforeAll, describe, expect, it } from 'vitest';
import { makeSecret } from '../../src/keys/secret.ts';
import { isObject, type JsonObject } from '../../src/protocol/json.ts';
import { askDoor } from '../support/ask-door.ts';
import { makeKey } from '../support/keys.ts';

/* What clients write amiss at Messages and Responses: refused in the door's own words, or read as it was meant. */

let secret = '';

beforeAll(async () => {
  ({ secret } = await makeKey());
});

const MODEL = 'moonshot/kimi-k3';
const hi = { role: 'user', content: 'Hi' };
const messagesBody = (members: JsonObject): JsonObject => ({
  model: MODEL,
  max_tokens: 100,
  messages: [hi],
  ...members,
});
const responsesBody = (members: JsonObject): JsonObject => ({ model: MODEL, input: [hi], ...members });

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

async function sentBy(path: string, body: JsonObject): Promise<JsonObject> {
  const { sent, status, text } = await askDoor(path, secret, body);
  expect([status, status === 200 ? '' : text]).toEqual([200, '']);
  return sent;
}

const read = { name: 'read', input_schema: { type: 'object', properties: {} } };
const search = { type: 'web_search_20250305', name: 'web_search' };
const shell = { type: 'bash_20250124', name: 'bash' };

describe('Messages refuses, before anybody is paid,', () => {
  it.each([
    ['a stream that is no yes or no', { stream: 'true' }, "'stream'"],
    ['a content that is a number', { messages: [{ role: 'user', content: 5 }] }, "'messages.0.content'"],
    [
      'a content that is one block',
      { messages: [{ role: 'user', content: { type: 'text' } }] },
      "'messages.0.content'",
    ],
    ['no content', { messages: [hi, { role: 'user' }] }, "'messages.1.content'"],
    ['a system text that is a number', { system: 1 }, "'system'"],
    ['a tool without a name', { tools: [{}] }, "'name'"],
    ['a tool whose name is a number', { tools: [{ ...read, name: 5 }] }, "'name'"],
    ['a choice of a tool that is not there', { tools: [read], tool_choice: { type: 'tool', name: 'write' } }, 'write'],
    ['a choice of any tool without one', { tool_choice: { type: 'any' } }, "'tool_choice'"],
    ['a choice of a tool that only Anthropic has', { tools: [shell], tool_choice: { type: 'any' } }, "'tool_choice'"],
    ['its web search alone', { tools: [search] }, 'no web search'],
    [
      'its web search by choice',
      { tools: [search, read], tool_choice: { type: 'tool', name: 'web_search' } },
      'no web',
    ],
  ])('%s', async (_what, members, words) => {
    const { json, sent, status } = await askDoor('/v1/messages', secret, messagesBody(members));
    expect([status, sent]).toEqual([400, {}]);
    expect(json).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining(words) },
    });
  });
});

describe('Responses refuses, before anybody is paid,', () => {
  const fn = { type: 'function', name: 'read', parameters: { type: 'object', properties: {} } };
  const audio = { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } };
  it.each([
    ['a stream that is no yes or no', { stream: 'true' }, 'stream'],
    ['too few tokens', { max_output_tokens: 0 }, 'max_output_tokens'],
    ['tokens that are a text', { max_output_tokens: '5' }, 'max_output_tokens'],
    ['instructions that are a list', { instructions: [hi] }, 'instructions'],
    ['a role that nobody has', { input: [{ role: 'boss', content: 'Do it' }] }, 'input.0.role'],
    ['an item that is nothing', { input: [{}] }, 'input.0.role'],
    ['a content that is a number', { input: [hi, { role: 'user', content: 5 }] }, 'input.1.content'],
    ['items that say nothing', { input: [{ type: 'from_the_future' }] }, 'input'],
    ['a question by voice', { input: [{ role: 'user', content: [audio] }] }, 'input.0'],
    ['a tool without a name', { tools: [{ type: 'function' }] }, 'tools'],
    ['a must without a tool', { tool_choice: 'required' }, 'tool_choice'],
    ['a must with tools of OpenAI alone', { tools: [{ type: 'web_search' }], tool_choice: 'required' }, 'tool_choice'],
    [
      'a must among tools that are not there',
      {
        tools: [fn],
        tool_choice: { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'x' }] },
      },
      'tool_choice',
    ],
  ])('%s', async (_what, members, param) => {
    const { json, sent, status } = await askDoor('/v1/responses', secret, responsesBody(members));
    expect([status, sent]).toEqual([400, {}]);
    expect(json).toMatchObject({ error: { type: 'invalid_request_error', param, message: expect.any(String) } });
  });
});

describe('what is meant is read', () => {
  it('a tool of Messages without a schema takes nothing', async () => {
    const { tools } = await sentBy(
      '/v1/messages',
      messagesBody({ tools: [{ name: 'now' }, { type: 'custom', name: 'go' }] }),
    );
    expect(listOf(tools)).toMatchObject([{ function: { name: 'now' } }, { function: { name: 'go' } }]);
  });

  it('a tool that only Anthropic has is left out where nobody must call it', async () => {
    expect(await sentBy('/v1/messages', messagesBody({ tools: [shell] }))).not.toHaveProperty('tools');
  });

  it('a function of Responses in the form of Chat Completions, and the choice of it', async () => {
    const called = { name: 'read', description: 'd', parameters: { type: 'object', properties: {} } };
    const { tool_choice, tools } = await sentBy(
      '/v1/responses',
      responsesBody({
        model: 'deepseek/deepseek-flash',
        tools: [{ type: 'function', function: called }],
        tool_choice: { type: 'function', function: { name: 'read' } },
      }),
    );
    expect(tools).toEqual([{ type: 'function', function: called }]);
    expect(tool_choice).toEqual({ type: 'function', function: { name: 'read' } });
  });

  it('a picture of Responses in the form of Chat Completions', async () => {
    const url = 'data:image/png;base64,AA==';
    const { messages } = await sentBy(
      '/v1/responses',
      responsesBody({ input: [{ role: 'user', content: [{ type: 'input_image', image_url: { url } }] }] }),
    );
    expect(listOf(messages)[0]?.['content']).toEqual([{ type: 'image_url', image_url: { url } }]);
  });

  it('what was said by voice further back is named', async () => {
    const audio = { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } };
    const { messages } = await sentBy(
      '/v1/responses',
      responsesBody({ input: [{ role: 'user', content: [audio] }, { role: 'assistant', content: 'Yes' }, hi] }),
    );
    expect(listOf(messages)[0]).toEqual({ role: 'user', content: '[audio]' });
  });

  it('a picture among the blocks of a document', async () => {
    const picture = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } };
    const content = [{ type: 'text', text: 'A map:' }, picture];
    const { messages } = await sentBy(
      '/v1/messages',
      messagesBody({
        messages: [
          { role: 'user', content: [{ type: 'document', title: 'Plan', source: { type: 'content', content } }] },
        ],
      }),
    );
    expect(listOf(messages)[0]?.['content']).toEqual([
      { type: 'text', text: 'Plan' },
      { type: 'text', text: 'A map:' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
    ]);
  });

  it("the task of one of Codex's agents, and the answer of another", async () => {
    const { messages } = await sentBy(
      '/v1/responses',
      responsesBody({
        input: [
          { role: 'developer', content: 'Lead.' },
          {
            type: 'agent_message',
            author: '/root',
            recipient: '/root/one',
            content: [
              { type: 'input_text', text: 'Message Type: NEW_TASK\nPayload:\n' },
              { type: 'encrypted_content', encrypted_content: 'Count the files.' },
            ],
          },
        ],
      }),
    );
    expect(listOf(messages)).toEqual([
      { role: 'system', content: 'Lead.' },
      { role: 'user', content: 'Message Type: NEW_TASK\nPayload:\n\nCount the files.' },
    ]);
  });
});

describe('what was amiss in earlier turns ends no chat', () => {
  const result = async (members: JsonObject, name: string | null = 'read') => {
    const call = { type: 'tool_use', id: 'a', input: {}, ...(name === null ? {} : { name }) };
    const { messages } = await sentBy(
      '/v1/messages',
      messagesBody({
        messages: [
          hi,
          { role: 'assistant', content: [call] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', ...members }] },
        ],
      }),
    );
    return listOf(messages).slice(1);
  };

  it.each([
    [{ content: { a: 1 } }, '{"a":1}'],
    [{ content: 5 }, '5'],
    [{ content: { a: 1 }, is_error: true }, 'Error: {"a":1}'],
  ])('a result of %j is told as JSON', async (members, content) => {
    expect((await result(members))[1]).toMatchObject({ role: 'tool', content });
  });

  it('a failure that comes with a picture is still a failure', async () => {
    const picture = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } };
    const [, told, shown] = await result({
      is_error: true,
      content: [picture, { type: 'text', text: 'no such page' }],
    });
    expect(told).toMatchObject({ role: 'tool', content: expect.stringMatching(/^Error: /) });
    expect(shown).toMatchObject({ role: 'user', content: [{ type: 'image_url' }] });
  });

  it.each([
    ['abc', '{"input":"abc"}'],
    ['{"a":1}', '{"a":1}'],
    ['', '{}'],
    [null, '{}'],
  ])('a call with %j as its input has JSON', async (input, sent) => {
    const { messages } = await sentBy(
      '/v1/messages',
      messagesBody({
        messages: [
          hi,
          { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'read', input }] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'ok' }] },
        ],
      }),
    );
    expect(listOf(messages)[1]?.['tool_calls']).toMatchObject([{ function: { arguments: sent } }]);
  });

  it('a call without a name has one, at both doors', async () => {
    const [turn] = await result({ content: 'ok' }, null);
    expect(turn?.['tool_calls']).toMatchObject([{ function: { name: 'tool' } }]);
    const { messages } = await sentBy(
      '/v1/responses',
      responsesBody({
        input: [
          hi,
          { type: 'function_call', call_id: 'a', arguments: '{}' },
          { type: 'function_call_output', call_id: 'a', output: 'ok' },
        ],
      }),
    );
    expect(listOf(messages)[1]?.['tool_calls']).toMatchObject([{ function: { name: 'tool' } }]);
  });
});

describe('of two keys that a client sends, the one that can be ours counts', () => {
  it.each([
    [
      'in x-api-key, beside a token of Anthropic',
      () => ({ authorization: 'Bearer sk-ant-oat01-x', 'x-api-key': secret }),
      200,
    ],
    [
      'as a token, beside a key of Anthropic',
      () => ({ authorization: `Bearer ${secret}`, 'x-api-key': 'sk-ant-x' }),
      200,
    ],
    ['where both can be, the token', () => ({ authorization: `Bearer ${makeSecret('sk')}`, 'x-api-key': secret }), 401],
  ])('%s', async (_where, headers, status) => {
    const got = await askDoor('/v1/messages', secret, messagesBody({}), undefined, { headers: headers() });
    expect(got.status).toBe(status);
  });
});
