import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import Anthropic from '@anthropic-ai/sdk';
import { generateText } from 'ai';
import OpenAI from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import readme from '../../README.md?raw';
import { baseUrlFor, type Client, type Reach, type Step, suits, textOf } from '../../src/connect/client.ts';
import { CLIENTS } from '../../src/connect/clients.ts';
import { EXAMPLE_MODELS, exampleModels } from '../../src/connect/example-models.ts';
import { knownCatalog, NO_ROWS } from '../../src/offer/offered.ts';
import { PURPOSES } from '../../src/pipelines/purposes.ts';
import { makeKey } from '../support/keys.ts';
import { get, routerFetch } from '../support/router.ts';

const reach: Reach = { origin: 'https://router.example', key: 'sk-secret', ...EXAMPLE_MODELS };

const all = CLIENTS.map((client) => [client.name, client] as const);

function valuesOf(step: Step): string[] {
  return step.kind === 'fields' ? step.fields.map(([, value]) => value) : [textOf(step)];
}

function printed(client: Client, filled: Reach): string {
  return client.steps(filled).flatMap(valuesOf).join('\n');
}

function fileOf(name: string, filled = reach): string {
  const steps = CLIENTS.find((client) => client.name === name)?.steps(filled) ?? [];
  return steps.flatMap((step) => (step.kind === 'file' ? [step.text] : [])).join();
}

describe('the set-up of each client', () => {
  it('is there for the clients that people ask for, each under an id of its own', () => {
    expect(CLIENTS.map(({ name }) => name)).toEqual([
      'Cursor',
      'Claude Code',
      'Codex',
      'opencode',
      'Qwen Code',
      'Cline',
      'Continue',
      'Kilo',
      'Zed',
      'OpenAI SDK',
      'Anthropic SDK',
      'AI SDK',
      'LangChain',
      'curl',
    ]);
    expect(new Set(CLIENTS.map(({ id }) => id)).size).toBe(CLIENTS.length);
  });

  it.each(all)('%s: holds the address, the key and a model, and nothing that is not filled in', (_name, client) => {
    const text = printed(client, reach);
    expect(text).toContain(baseUrlFor(client, reach.origin));
    expect(text).toContain(reach.key);
    expect(text).toContain(reach.model);
    expect(text).not.toMatch(/undefined|null|\[object/);
    expect(PURPOSES).toContain(client.purpose);
  });

  it.each(all)('%s: has /v1 in its base URL unless it puts it there itself', (name, client) => {
    const own = ['Claude Code', 'Anthropic SDK'].includes(name);
    const addresses = Array.from(printed(client, reach).matchAll(/https:\/\/router\.example[^\s"']*/g), ([one]) => one);
    expect(addresses.length).toBeGreaterThan(0);
    for (const address of addresses) {
      expect(address).toMatch(own ? /^https:\/\/router\.example$/ : /^https:\/\/router\.example\/api\/v1(?=$|\/chat)/);
    }
  });

  it.each(all)('%s: says in both languages what works', (_name, { works, limits }) => {
    for (const said of [works, ...(limits === null ? [] : [limits])]) {
      expect(said.en).toMatch(/^[\u0020-\u007e’]+\.$/);
      expect(said.zh).toMatch(/\p{Script=Han}.*。$/u);
    }
  });

  it('names a purpose by which the client keeps its reasoning, and takes one with a memory to spare', () => {
    const purposes = Object.fromEntries(CLIENTS.map(({ name, purpose }) => [name, purpose]));
    expect(purposes).toMatchObject({
      Cursor: 'cursor',
      Continue: 'reasoning',
      LangChain: 'reasoning',
      Codex: 'default',
    });
    const suited = (name: string) => PURPOSES.filter((own) => CLIENTS.some((c) => c.name === name && suits(c, own)));
    expect(suited('Cursor')).toEqual(['cursor']);
    expect(suited('Codex')).toEqual(['default', 'reasoning']);
    expect(suited('LangChain')).toEqual(['reasoning']);
  });

  it('is JSON where the file is, and safe to paste into a shell', () => {
    for (const name of ['opencode', 'Kilo']) {
      expect(JSON.parse(fileOf(name))).toMatchObject({
        model: `router/${reach.model}`,
        provider: { router: { options: { baseURL: 'https://router.example/api/v1', apiKey: reach.key } } },
      });
    }
    const zed = JSON.parse(fileOf('Zed')).language_models.openai_compatible.router;
    expect(zed).toMatchObject({ api_url: 'https://router.example/api/v1', available_models: [{ name: reach.model }] });
    const odd = { kind: 'environment', variables: [['KEY', `<it's>; rm $HOME`]], run: 'program' } as const;
    expect(textOf(odd)).toBe(`export KEY='<it'\\''s>; rm $HOME'\nprogram`);
  });
});

describe('the models of examples', () => {
  it('are in the catalogue', () => {
    const names = knownCatalog(NO_ROWS)
      .list()
      .map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.values(EXAMPLE_MODELS)));
    expect(exampleModels(names)).toEqual(EXAMPLE_MODELS);
  });

  it.each([
    [['test/echo', 'test/reason'], { model: 'test/reason', smallModel: 'test/echo' }],
    [['zai/glm-5.3', 'glm-5.3'], { model: 'glm-5.3', smallModel: 'glm-5.3' }],
    [['acme/one'], { model: 'acme/one', smallModel: 'acme/one' }],
    [[], EXAMPLE_MODELS],
  ])('out of %j are %j', (usable, models) => {
    expect(exampleModels(usable)).toEqual(models);
  });
});

describe('an address of a set-up', () => {
  /** What a client puts behind its base URL, and asks. */
  const asks = {
    chat: { path: '/chat/completions', body: {} },
    messages: { path: '/v1/messages', body: { max_tokens: 100 } },
    responses: { path: '/responses', body: {} },
  };
  let secret = '';

  beforeAll(async () => {
    ({ secret } = await makeKey());
  });

  it.each(all)('%s is answered there', async (_name, client) => {
    const { path, body } = asks[client.endpoint];
    const messages = [{ role: 'user', content: 'hello' }];
    const asked = client.endpoint === 'responses' ? { input: messages } : { messages };
    const response = await get(baseUrlFor(client, '') + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'test/echo', ...asked, ...body }),
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('hello');
  });

  it('is what the SDKs of OpenAI and Anthropic and the AI SDK want', async () => {
    const baseURL = (name: string) => {
      const client = CLIENTS.find((each) => each.name === name);
      return client === undefined ? '' : baseUrlFor(client, 'http://router.test');
    };
    const options = { apiKey: secret, fetch: routerFetch, maxRetries: 0 };
    const messages = [{ role: 'user' as const, content: 'hello' }];
    const openai = new OpenAI({ ...options, baseURL: baseURL('OpenAI SDK') });
    const chat = await openai.chat.completions.create({ model: 'test/echo', messages });
    expect(chat.choices[0]?.message.content).toBe('hello');
    const anthropic = new Anthropic({ ...options, baseURL: baseURL('Anthropic SDK') });
    const message = await anthropic.messages.create({ model: 'test/echo', max_tokens: 100, messages });
    expect(message.content).toMatchObject([{ type: 'text', text: 'hello' }]);
    const router = createOpenAICompatible({ ...options, name: 'router', baseURL: baseURL('AI SDK') });
    expect((await generateText({ model: router('test/echo'), prompt: 'hello' })).text).toBe('hello');
  });
});

/** How a cell of the README's table names the place of a step. */
function placeOf(step: Step): string {
  switch (step.kind) {
    case 'fields':
      return step.where.en;
    case 'environment':
      return 'environment';
    case 'file':
      return `\`${step.path}\``;
    case 'code':
      return step.language;
  }
}

describe("the README's table", () => {
  const host: Reach = { origin: '<host>', key: '<key>', ...EXAMPLE_MODELS };

  it('is made of the same data', () => {
    const rows = CLIENTS.map((client) => {
      const places = client.steps(host).map(placeOf).join(', ');
      return `| ${client.name} | ${places} | \`${baseUrlFor(client, '<host>')}\` | \`${client.purpose}\` |`;
    });
    const section = readme.slice(readme.indexOf('## Connect your client'), readme.indexOf('## Keys'));
    expect(section.match(/^\|.*\|$/gm)).toEqual([
      '| client | where to set it | base URL | the key’s purpose |',
      '|---|---|---|---|',
      ...rows,
    ]);
  });

  it.each(['Claude Code', 'Codex'])('and so is what it shows of %s', (name) => {
    const client = CLIENTS.find((each) => each.name === name);
    const texts = (client?.steps(host) ?? []).flatMap(valuesOf);
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) expect(readme).toContain(`\n${text}\n\`\`\``);
  });
});
