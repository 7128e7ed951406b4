import { describe, expect, it } from 'vitest';
import { createCatalog } from '../../src/catalog/lookup.ts';
import { priceAt } from '../../src/catalog/price.ts';
import type { ChatRequest } from '../../src/protocol/chat.ts';
import { errorBody } from '../../src/protocol/errors.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { PROVIDERS as BUILT_IN } from '../../src/providers/registry.ts';
import { COMMON_FAILURES, type FailureCase, OWN_FAILURES } from '../fixtures/failures.ts';
import { oddProvider } from '../fixtures/odd-provider.ts';
import { REQUESTS, USER_HASH } from '../fixtures/requests.ts';
import { USAGES } from '../fixtures/usages.ts';
import { targetOf } from '../support/target-of.ts';

// One that is only data has to hold as much.
const PROVIDERS: readonly Provider[] = [...BUILT_IN, oddProvider];
const catalog = createCatalog(PROVIDERS);
const MESSAGES = [{ role: 'user', content: 'hi' }];
const OPENAI_REASONS = ['stop', 'length', 'tool_calls', 'content_filter', 'function_call', 'error'];

function prepare(request: Record<string, unknown> & { model: string }) {
  const found = targetOf(catalog, request.model);
  const provider = PROVIDERS.find(({ id }) => id === found.provider);
  if (provider === undefined) throw new Error(`no provider of ${request.model}`);
  const { model, parameters } = found;
  const whole: ChatRequest = { messages: MESSAGES, ...request };
  return { ...provider.request(whole, { model, parameters, userHash: USER_HASH }), whole, model };
}

function failed(provider: Provider, { status, body, retryAfter }: FailureCase) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return provider.error({ status, body: text, retryAfter: retryAfter ?? null });
}

describe.each(PROVIDERS.map((provider) => [provider.id, provider] as const))('%s', (id, provider) => {
  it('has an id without a slash, and models with a price for today', () => {
    expect(id).toMatch(/^[a-z][a-z0-9]*$/);
    expect(provider.models.length).toBeGreaterThan(0);
    for (const model of provider.models) {
      expect(priceAt(model, Date.now()), model.id).not.toBeNull();
      expect(model.maxOutput).toBeLessThanOrEqual(model.contextLength ?? 0);
      expect(model.inputs).toContain('text');
      expect(Number.isInteger(model.created)).toBe(true);
    }
  });

  it('has prices that bills can be exact about', () => {
    for (const table of provider.models.flatMap(({ prices }) => prices)) {
      for (const prices of [table, ...(table.bands ?? []).map((band) => band.prices)]) {
        for (const price of [prices.input, prices.cached, prices.output, prices.cacheWrite ?? 0]) {
          expect(Math.abs(price * 1e4 - Math.round(price * 1e4))).toBeLessThan(1e-6);
        }
        expect(prices.cached).toBeLessThanOrEqual(prices.input);
      }
    }
  });

  it('has names that are all different and lead to its own models', () => {
    const names = [...provider.models.map((model) => `${id}/${model.id}`), ...provider.aliases.map(({ name }) => name)];
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(targetOf(catalog, name).provider, name).toBe(id);
  });

  it('maps its finish reasons to words that clients know', () => {
    for (const reason of Object.values(provider.finishReasons)) expect(OPENAI_REASONS).toContain(reason);
  });

  it.each(provider.models.map((model) => model.id))('passes what it does not know, as it is: %s', (name) => {
    const own = {
      custom: { deep: [1, { two: null }] },
      metadata: { a: 'b' },
      seed: 7,
      user: 'me',
      response_format: { type: 'text' },
    };
    const given = { ...own, model: `${id}/${name}`, stream: false };
    const { request, whole } = prepare(given);
    expect(request).toMatchObject({ ...own, model: name });
    expect(request.messages).toBe(whole.messages);
    expect(request['custom']).toBe(own.custom);
    expect(request['stream_options']).toBeUndefined();
    const kept = Object.keys(request).filter((member) => member in whole);
    expect(kept).toEqual(Object.keys(whole));
    expect(whole).toEqual({ messages: MESSAGES, ...given });
  });

  it('asks every stream for its usage, and says so', () => {
    const { request, changes } = prepare({ model: `${id}/${provider.models[0]?.id}`, stream: true });
    expect(request.stream_options).toEqual({ include_usage: true });
    expect(changes).toContain('set stream_options: the bill needs it');
  });

  it('keeps a stream that asks for usage by itself as it is', () => {
    const options = { include_usage: true };
    const { request } = prepare({ model: `${id}/${provider.models[0]?.id}`, stream: true, stream_options: options });
    expect(request.stream_options).toBe(options);
  });

  it.each(provider.models.map((model) => model.id))('takes images or refuses them early: %s', (name) => {
    const part = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } };
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'look' }, part] }];
    const send = () => prepare({ model: `${id}/${name}`, messages });
    const takes = provider.models.find((model) => model.id === name)?.inputs?.includes('image');
    if (takes) expect(send().request.messages).toBe(messages);
    else expect(send).toThrow(expect.objectContaining({ code: 'unsupported_value', status: 400, param: 'messages' }));
  });

  it.each([...COMMON_FAILURES, ...(OWN_FAILURES[id] ?? [])].map((each) => [each.title, each] as const))(
    'when it %s',
    (_, failure) => {
      const error = failed(provider, failure);
      const { code, status, providerCode, param, retryAfter, says } = failure.expected;
      expect({ code: error.code, status: error.status }).toEqual({ code, status });
      expect(error.providerCode).toBe(providerCode ?? null);
      expect(error.param).toBe(param ?? null);
      expect(error.retryAfter).toBe(retryAfter ?? null);
      if (says !== undefined) expect(error.message).toContain(says);
      expect(error.message).not.toBe('');
      expect(JSON.stringify(errorBody(error))).not.toMatch(/<[a-z!]|sk-|org-|ak-f/i);
    },
  );

  it('never lets its own trouble look like the fault of the user', () => {
    for (const status of [401, 402, 403, 429, 500, 503]) {
      const error = failed(provider, {
        title: '',
        status,
        body: { error: {} },
        expected: { code: 'internal_error', status: 0 },
      });
      expect([429, 502, 503]).toContain(error.status);
    }
    const broke = failed(provider, {
      title: '',
      status: 402,
      body: {},
      expected: { code: 'internal_error', status: 0 },
    });
    expect(broke.passes).toBe(false);
  });

  it.each(USAGES.map((each) => [each.title, each] as const))('reads usage: %s', (_, { usage, expected }) => {
    expect(provider.readUsage(usage)).toEqual(expected);
  });
});

describe('requests', () => {
  it.each(REQUESTS.map((each) => [`${each.model}: ${each.title}`, each] as const))(
    '%s',
    (_, { model, given, sent }) => {
      const { request, model: served, whole } = prepare({ model, ...given });
      const { model: id, messages, ...rest } = request;
      expect(id).toBe(served.id);
      expect(messages).toBe(whole.messages);
      expect(rest).toEqual(sent);
      expect(Object.keys(rest)).toEqual(Object.keys(sent));
    },
  );

  it.each([
    ['moonshot/kimi-k2.7-code', { tool_choice: 'required' }],
    ['moonshot/kimi-k3', { tool_choice: { type: 'function', function: { name: 'look' } }, tools: [{}, {}] }],
    ['moonshot/kimi-k2.6', { tool_choice: 'required', thinking: { type: 'enabled' } }],
    ['deepseek/deepseek-reasoner', { tool_choice: 'required' }],
  ])('%s refuses early what the provider would: %j', (model, given) => {
    expect(() => prepare({ model, ...given })).toThrow(
      expect.objectContaining({ code: 'unsupported_value', param: 'tool_choice', status: 400 }),
    );
  });

  it('names models that take what was refused', () => {
    const messages = [{ role: 'user', content: [{ type: 'image_url' }] }];
    expect(() => prepare({ model: 'deepseek/deepseek-v4-pro', messages })).toThrow(/deepseek\/deepseek-flash/);
    const video = [{ role: 'user', content: [{ type: 'video_url' }] }];
    expect(() => prepare({ model: 'zai/glm-5.3', messages: video })).toThrow(/zai\/glm-5v-turbo/);
    const file = [{ role: 'user', content: [{ type: 'file_url' }] }];
    expect(() => prepare({ model: 'zai/glm-5.3', messages: file })).toThrow(/zai\/glm-5.3-flash/);
  });

  it('keeps good tool schemas as the very same objects', () => {
    const tools = [
      {
        type: 'function',
        function: { name: 'f', parameters: { type: 'object', properties: { a: { type: 'string' } } } },
      },
    ];
    expect(prepare({ model: 'moonshot/kimi-k3', tools }).request['tools']).toBe(tools);
  });
});
