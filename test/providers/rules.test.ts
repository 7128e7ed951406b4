import { beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/protocol/json.ts';
import { makeKey } from '../support/keys.ts';
import { playByRules } from '../support/play-by-rules.ts';
import type { SeenRequest } from '../support/provider.ts';
import { getDirectly } from '../support/router.ts';

/* Requests that a provider would refuse, through the door: what reaches a provider that keeps to its rules. */

const PURPOSES = ['default', 'reasoning', 'cursor'] as const;
type Purpose = (typeof PURPOSES)[number];

const secrets: Partial<Record<Purpose, string>> = {};

beforeAll(async () => {
  for (const purpose of PURPOSES) secrets[purpose] = (await makeKey({ purpose })).secret;
});

interface Asked {
  status: number;
  error: { code: string; message: string; param: string | null } | undefined;
  /** What the provider got; undefined where it was not called. */
  sent: SeenRequest | undefined;
}

async function ask(body: JsonObject | string, purpose: Purpose = 'default'): Promise<Asked> {
  const { seen, restore } = playByRules();
  const response = await getDirectly('/api/v1/chat/completions', {
    method: 'POST',
    headers: { authorization: `Bearer ${secrets[purpose]}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  restore();
  const error = response.status === 200 ? undefined : JSON.parse(text).error;
  return { status: response.status, error, sent: seen[0] };
}

const user = (content: unknown) => ({ role: 'user', content });

describe.each(PURPOSES)('a %s key', (purpose) => {
  it.each(['deepseek/deepseek-flash', 'moonshot/kimi-k3', 'zai/glm-5.3'])(
    "may say developer to %s, which gets a system's message",
    async (model) => {
      const messages = [{ role: 'developer', content: 'Answer in one word.', name: 'x' }, user('Capital of Chad?')];
      for (const stream of [false, true]) {
        const { status, sent } = await ask({ model, messages, stream }, purpose);
        expect(status).toBe(200);
        expect(sent?.json['messages']).toEqual([
          { role: 'system', content: 'Answer in one word.', name: 'x' },
          messages[1],
        ]);
      }
    },
  );
});

const PICTURE = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } };
const CLIP = { type: 'video_url', video_url: { url: 'https://example.com/clip.mp4' } };
const SOUND = { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } };
const BLIND = ['deepseek/deepseek-v4-pro', 'zai/glm-5.2'];
const TOOLS = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }];

/** A chat whose tool answered with `content`. */
function afterTool(content: unknown): JsonObject[] {
  return [
    user('Look.'),
    {
      role: 'assistant',
      content: '',
      reasoning_content: 'r',
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'c1', content },
  ];
}

function sentMessages({ sent }: Asked): JsonObject[] {
  const messages = sent?.json['messages'];
  return Array.isArray(messages) ? messages : [];
}

describe.each(PURPOSES)('a model that reads no pictures, asked with a %s key', (purpose) => {
  it.each(BLIND)("is told in words that a tool's result held one: %s", async (model) => {
    const result = [{ type: 'text', text: 'Here:' }, PICTURE, CLIP, SOUND];
    const asked = await ask({ model, messages: afterTool(result), tools: TOOLS }, purpose);
    expect(asked.status).toBe(200);
    expect(sentMessages(asked)[2]).toMatchObject({
      role: 'tool',
      tool_call_id: 'c1',
      content: 'Here:\n[image: this model reads none]\n[video: this model reads none]\n[audio: this model reads none]',
    });
  });

  it.each(BLIND)('takes over a chat that began with a picture, the same bytes each turn: %s', async (model) => {
    const messages = [
      user([{ type: 'text', text: 'What is this?' }, PICTURE]),
      { role: 'assistant', content: 'A cat.', reasoning_content: 'r' },
      user('Sure?'),
    ];
    const first = await ask({ model, messages }, purpose);
    const later = [...messages, { role: 'assistant', content: 'Yes.', reasoning_content: 'r' }, user('Thanks.')];
    const second = await ask({ model, messages: later }, purpose);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(sentMessages(first)[0]).toEqual(user('What is this?\n[image: this model reads none]'));
    expect(JSON.stringify(sentMessages(second))).toContain(JSON.stringify(sentMessages(first)).slice(0, -1));
  });

  it.each(BLIND)('refuses the question that is about one, and says who reads it: %s', async (model) => {
    const question = user([{ type: 'text', text: 'And this?' }, PICTURE]);
    for (const messages of [[question], [...afterTool('ok'), question], [question, user('Quick!')]]) {
      const { status, error, sent } = await ask({ model, messages, tools: TOOLS }, purpose);
      expect(status).toBe(400);
      expect(error).toMatchObject({ code: 'unsupported_value', param: 'messages' });
      expect(error?.message).toMatch(/image.*(deepseek\/deepseek-flash|zai\/glm-5.3-flash)/);
      expect(sent).toBeUndefined();
    }
  });
});

it("a picture in an Anthropic tool's result becomes words too", async () => {
  const source = { type: 'base64', media_type: 'image/png', data: 'AA==' };
  const messages = [
    user('Look.'),
    { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'look', input: {} }] },
    user([{ type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'image', source }] }]),
  ];
  const asked = await ask({ model: 'deepseek/deepseek-v4-pro', messages, tools: TOOLS }, 'cursor');
  expect(asked.status).toBe(200);
  expect(sentMessages(asked)[2]).toEqual({
    role: 'tool',
    tool_call_id: 'c1',
    content: '[image: this model reads none]',
  });
});

describe.each(PURPOSES)('what a tool answers is one text for the provider: a %s key', (purpose) => {
  const READERS = ['deepseek/deepseek-flash', 'moonshot/kimi-k3', 'zai/glm-5.3-flash'];

  it.each(READERS)('and its pictures stand in a message behind the last result: %s', async (model) => {
    const calls = ['c1', 'c2'].map((id) => ({ id, type: 'function', function: { name: 'look', arguments: '{}' } }));
    const turn = [
      user('Look.'),
      { role: 'assistant', content: '', reasoning_content: 'r', tool_calls: calls },
      { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text: 'Here:' }, PICTURE] },
      { role: 'tool', tool_call_id: 'c2', content: 'ok' },
    ];
    const first = await ask({ model, messages: turn, tools: TOOLS }, purpose);
    expect(first.status).toBe(200);
    const sent = sentMessages(first);
    expect(sent.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool', 'user']);
    expect(sent[2]).toMatchObject({ content: 'Here:\n[see below]' });
    expect(sent[4]).toEqual(user([PICTURE]));
    const later = [...turn, { role: 'assistant', content: 'A cat.', reasoning_content: 'r' }, user('Sure?')];
    const second = sentMessages(await ask({ model, messages: later, tools: TOOLS }, purpose));
    expect(JSON.stringify(second.slice(0, 5))).toBe(JSON.stringify(sent));
  });

  // Qwen Code sends its results so to any model but DeepSeek's (0.24.4).
  it.each([...READERS, ...BLIND])('however it was cut, as is what the assistant said: %s', async (model) => {
    const messages = afterTool([
      { type: 'text', text: 'One' },
      { type: 'text', text: 'two' },
    ]);
    const said = { role: 'assistant', content: [{ type: 'text', text: 'Done.' }], reasoning_content: 'r' };
    const asked = await ask({ model, messages: [...messages, said, user('Good.')], tools: TOOLS }, purpose);
    expect(asked.status).toBe(200);
    expect(sentMessages(asked)[2]).toMatchObject({ content: 'One\ntwo' });
    expect(sentMessages(asked)[3]).toMatchObject({ content: 'Done.' });
  });
});

const SCHEMA = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
  additionalProperties: false,
};
const FORMAT = { type: 'json_schema', json_schema: { name: 'person', strict: true, schema: SCHEMA } };

describe.each(['deepseek/deepseek-flash', 'zai/glm-5.3'])('%s, which knows json_object alone', (model) => {
  it.each(PURPOSES)('gets the schema in the leading system message: a %s key', async (purpose) => {
    const question = user('Bob is 30.');
    const asked = await ask({ model, messages: [question], response_format: FORMAT }, purpose);
    expect(asked.status).toBe(200);
    expect(asked.sent?.json['response_format']).toEqual({ type: 'json_object' });
    const words =
      'Answer with one JSON object and nothing else.\nIt must be valid against this JSON Schema:\n' +
      JSON.stringify(SCHEMA);
    expect(sentMessages(asked)).toEqual([{ role: 'system', content: words }, question]);
    for (const role of ['system', 'developer']) {
      const led = [{ role, content: 'Be brief.' }, question];
      const again = sentMessages(await ask({ model, messages: led, response_format: FORMAT }, purpose));
      expect(again).toEqual([{ role: 'system', content: `Be brief.\n\n${words}` }, question]);
    }
  });

  it('sees the same prefix in the next turn, and is told what the answer is for', async () => {
    const format = { type: 'json_schema', json_schema: { name: 'p', description: 'A person.', schema: SCHEMA } };
    const messages = [{ role: 'system', content: [{ type: 'text', text: 'Be brief.' }] }, user('Bob is 30.')];
    const first = sentMessages(await ask({ model, messages, response_format: format }));
    const later = [...messages, { role: 'assistant', content: '{}', reasoning_content: 'r' }, user('And Ann?')];
    const second = sentMessages(await ask({ model, messages: later, response_format: format }));
    expect(first[0]?.['content']).toMatch(/^Be brief\.\n\nAnswer with one JSON object .*It is: A person\.\n/);
    expect(JSON.stringify(second.slice(0, first.length))).toBe(JSON.stringify(first));
  });

  it('keeps json_object as it is', async () => {
    const messages = [user('As JSON: Bob is 30.')];
    const asked = await ask({ model, messages, response_format: { type: 'json_object' } });
    expect(asked.sent?.json).toMatchObject({ messages, response_format: { type: 'json_object' } });
  });
});

it('Kimi gets the schema itself', async () => {
  const asked = await ask({ model: 'moonshot/kimi-k3', messages: [user('Bob is 30.')], response_format: FORMAT });
  expect(asked.sent?.json['response_format']).toEqual(FORMAT);
});

describe('GLM, which takes no tool choice but auto', () => {
  const messages = [user('Find the note on Rome.')];
  const note = { type: 'function', function: { name: 'note', parameters: { type: 'object', properties: {} } } };
  const tools = [...TOOLS, note];
  const orderTo = (tool: string) => ({ role: 'system', content: `Call ${tool} now, and answer with nothing else.` });

  it.each([
    ['required', { tool_choice: 'auto', tools, messages: [...messages, orderTo('a tool')] }],
    [
      { type: 'function', function: { name: 'note' } },
      { tool_choice: 'auto', tools: [note], messages: [...messages, orderTo('the tool note')] },
    ],
    ['auto', { tool_choice: 'auto', tools, messages }],
    [null, { tool_choice: null, tools, messages }],
    ['none', { messages }],
  ])('is steered to %j', async (choice, sent) => {
    for (const purpose of PURPOSES) {
      const asked = await ask({ model: 'zai/glm-5.3-flash', messages, tools, tool_choice: choice }, purpose);
      expect(asked.status).toBe(200);
      const { tool_choice, tools: offered, messages: said } = asked.sent?.json ?? {};
      // Cursor's reader leaves out a choice that is null.
      expect({ tool_choice: tool_choice ?? null, tools: offered, messages: said }).toEqual({
        tool_choice: null,
        tools: undefined,
        ...sent,
      });
    }
  });

  it("understands Anthropic's any, and refuses a tool that is not there", async () => {
    const any = await ask({ model: 'zai/glm-5.3', messages, tools, tool_choice: { type: 'any' } }, 'cursor');
    expect(any.sent?.json['tool_choice']).toBe('auto');
    const choice = { type: 'function', function: { name: 'gone' } };
    const { status, error, sent } = await ask({ model: 'zai/glm-5.3', messages, tools, tool_choice: choice });
    expect([status, error?.param, sent]).toEqual([400, 'tool_choice', undefined]);
    expect(error?.message).toContain("'gone'");
  });
});

const WHEN = { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] };
const FORMS = [{ type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }];
const TWO = { id: { type: 'string' }, title: { type: 'string' } };
const EITHER = [{ required: ['id'] }, { required: ['title'] }];

/** Schemas as MCP servers and SDKs write them, and what Kimi gets. */
const SCHEMAS: [string, JsonObject, JsonObject][] = [
  [
    'a union at the root',
    { type: 'object', anyOf: FORMS },
    { type: 'object', properties: { name: { type: 'string' } }, allOf: [{ anyOf: FORMS }] },
  ],
  [
    'branches without properties',
    { type: 'object', properties: TWO, anyOf: EITHER },
    { type: 'object', properties: TWO, allOf: [{ anyOf: EITHER }] },
  ],
  [
    'a union further in',
    {
      type: 'object',
      properties: { all: { type: 'array', items: { type: 'object', properties: TWO, anyOf: EITHER } } },
    },
    {
      type: 'object',
      properties: { all: { type: 'array', items: { type: 'object', properties: TWO, allOf: [{ anyOf: EITHER }] } } },
    },
  ],
  [
    'definitions of draft 7',
    { type: 'object', definitions: { When: WHEN }, properties: { start: { $ref: '#/definitions/When' } } },
    { type: 'object', properties: { start: { $ref: '#/$defs/When' } }, $defs: { When: WHEN } },
  ],
  ['a reference as the root', { $ref: '#/definitions/When', definitions: { When: WHEN } }, WHEN],
  [
    'a reference to a property, as Cursor writes one',
    { type: 'object', properties: { step: { type: 'string' }, last: { $ref: '#/properties/step', description: 'L' } } },
    {
      type: 'object',
      properties: { step: { $ref: '#/$defs/step' }, last: { $ref: '#/$defs/step', description: 'L' } },
      $defs: { step: { type: 'string' } },
    },
  ],
  [
    'keywords beside a reference',
    {
      type: 'object',
      properties: { a: { $ref: '#/$defs/S', type: 'string' }, b: { $ref: '#/$defs/S', minLength: 5 } },
      $defs: { S: { type: 'string', minLength: 1 } },
    },
    {
      type: 'object',
      properties: { a: { $ref: '#/$defs/S' }, b: { minLength: 5, allOf: [{ $ref: '#/$defs/S' }] } },
      $defs: { S: { type: 'string', minLength: 1 } },
    },
  ],
  [
    'recursion',
    { type: 'object', properties: { kids: { type: 'array', items: { $ref: '#', type: 'object' } } } },
    { type: 'object', properties: { kids: { type: 'array', items: { $ref: '#' } } } },
  ],
  [
    'an enum with null in it',
    { type: 'object', properties: { engine: { type: 'string', enum: ['a', null] }, view: { enum: [null, 'x', 1] } } },
    {
      type: 'object',
      properties: {
        engine: { type: 'string', enum: ['a'] },
        view: { anyOf: [{ type: 'null' }, { type: 'string', enum: ['x'] }, { type: 'integer', enum: [1] }] },
      },
    },
  ],
  [
    'an enum without type',
    { type: 'object', properties: { mode: { enum: ['a'] } } },
    { type: 'object', properties: { mode: { enum: ['a'], type: 'string' } } },
  ],
  [
    'an empty enum',
    { type: 'object', properties: { mode: { type: 'string', enum: [] } } },
    { type: 'object', properties: { mode: { type: 'string' } } },
  ],
  [
    'null in place of lists',
    { type: 'object', required: null, properties: { a: { type: 'string', enum: null, items: null } } },
    { type: 'object', properties: { a: { type: 'string' } } },
  ],
  [
    'required that is not there',
    { type: 'object', properties: {}, required: ['a'] },
    { type: 'object', properties: { a: {} }, required: ['a'] },
  ],
  [
    'true and false for schemas',
    { type: 'object', properties: { a: true, b: false, c: { items: false } } },
    { type: 'object', properties: { a: {}, b: { not: {} }, c: { maxItems: 0 } } },
  ],
  ['no type at the root', { oneOf: FORMS }, { type: 'object', oneOf: FORMS }],
];

describe.each(PURPOSES)('Kimi, asked with a %s key', (purpose) => {
  const model = 'moonshot/kimi-k3';
  const messages = [user('Go on.')];
  const toolOf = (parameters: unknown) => ({
    type: 'function',
    function: { name: 'plan', description: 'd', parameters },
  });

  it.each(SCHEMAS)("gets a tool's schema in its own form: %s", async (_, given, sent) => {
    const asked = await ask({ model, messages, tools: [toolOf(given)] }, purpose);
    expect(asked.status).toBe(200);
    expect(asked.sent?.json['tools']).toEqual([toolOf(sent)]);
  });

  it.each(SCHEMAS)('gets response_format in its own form: %s', async (_, schema) => {
    const format = { type: 'json_schema', json_schema: { name: 'plan', schema } };
    expect((await ask({ model, messages, response_format: format }, purpose)).status).toBe(200);
  });

  it.each([
    [{ type: 'object', properties: { a: { $ref: 'https://json.example/a.json' } } }, 'properties.a.$ref'],
    [{ type: 'object', properties: { a: { type: 'int' } } }, 'properties.a.type'],
    [{ type: 'string' }, 'type'],
  ])('refuses what has no such form, by the name of the tool: %j', async (parameters, where) => {
    const { status, error, sent } = await ask({ model, messages, tools: [toolOf(parameters)] }, purpose);
    expect(status).toBe(400);
    expect(error).toMatchObject({ code: 'unsupported_value', param: 'tools' });
    expect(error?.message).toContain(`'plan'`);
    expect(error?.message).toContain(`'${where}'`);
    expect(sent).toBeUndefined();
  });
});

it('a schema in order reaches Kimi as the very bytes it came in', async () => {
  const tools =
    '[ {"type":"function", "function":{"name":"f","parameters":{ "type":"object","properties":{"n":{"type":"integer","maximum":1e3}}}}}]';
  const { sent } = await ask(
    `{"model":"moonshot/kimi-k3","messages":[{"role":"user","content":"hi"}],"tools":${tools}}`,
  );
  expect(sent?.text).toContain(`"tools":${tools}`);
});

it.each(PURPOSES)(
  'numbers beyond 2^53 keep their digits in a schema that is put into form: a %s key',
  async (purpose) => {
    const parameters =
      '{"type":"object","properties":{"micros":{"type":"integer","maximum":9223372036854775807},"x":{"type":"number","maximum":1e400},"id":{"enum":[9223372036854775806,"a"]},"mode":{"enum":["a"]}}}';
    const { status, sent } = await ask(
      `{"model":"moonshot/kimi-k2.6","seed":9007199254740993,"messages":[{"role":"user","content":"go"}],"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":${parameters}}}]}`,
      purpose,
    );
    expect(status).toBe(200);
    expect(sent?.text).toContain('"maximum":9223372036854775807}');
    expect(sent?.text).toContain('"maximum":1e400}');
    expect(sent?.text).toContain(
      '{"anyOf":[{"type":"integer","enum":[9223372036854775806]},{"type":"string","enum":["a"]}]}',
    );
    expect(sent?.text).toContain('"mode":{"enum":["a"],"type":"string"}');
    expect(sent?.text).toContain('"seed":9007199254740993');
  },
);

it.each([
  ['zai/glm-5.3-flash', { type: 'video_url', video_url: { url: 'https://example.com/clip.mp4' } }],
  ['zai/glm-5v-turbo', { type: 'file_url', file_url: { url: 'https://example.com/a.pdf' } }],
])('%s gets the %j', async (model, part) => {
  const messages = [user([{ type: 'text', text: 'What is this?' }, part])];
  const { status, sent } = await ask({ model, messages });
  expect([status, sent?.json['messages']]).toEqual([200, messages]);
});
