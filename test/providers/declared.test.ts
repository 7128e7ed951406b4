import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/catalog/model.ts';
import { rulesSchema } from '../../src/catalog/rules.ts';
import type { ChatMessage } from '../../src/protocol/chat.ts';
import { declareProvider } from '../../src/providers/declared.ts';
import { mostOutput } from '../../src/providers/output-limit.ts';
import { oddProvider, UNKNOWN_MODEL } from '../fixtures/odd-provider.ts';

const MESSAGES: ChatMessage[] = [{ role: 'user', content: 'hi' }];

function modelOf(id: string): Model {
  const model = [...oddProvider.models, UNKNOWN_MODEL].find((each) => each.id === id);
  if (model === undefined) throw new Error(`no model ${id}`);
  return model;
}

/** What the provider gets of a request, without what every request has. */
function sent(given: Record<string, unknown>, id = 'thinker', parameters: Record<string, unknown> = {}) {
  const model = modelOf(id);
  const context = { model, parameters, userHash: 'u_1' };
  const prepared = oddProvider.request({ model: `odd/${id}`, messages: MESSAGES, ...given }, context);
  const { model: _model, messages: _messages, region: _region, temperature: _temperature, ...rest } = prepared.request;
  return { prepared, rest, thinks: oddProvider.isThinking(prepared.request, model), model };
}

describe('a request to a declared provider', () => {
  it('loses what the provider does not take, gets what it wants, and keeps the rest', () => {
    const { request } = sent({ logit_bias: {}, seed: 7, temperature: 0.2 }).prepared;
    expect(request).toEqual({ model: 'thinker', messages: MESSAGES, seed: 7, region: 'eu', temperature: 1 });
    expect(sent({ region: 'us' }).prepared.request['region']).toBe('us');
    expect(sent({}, 'thinker', { region: 'asia', logit_bias: {} }).prepared.request).toMatchObject({ region: 'asia' });
    expect(sent({}, 'thinker', { logit_bias: {} }).prepared.request).not.toHaveProperty('logit_bias');
  });

  it.each([
    [{ max_tokens: 10 }, 10],
    [{ max_completion_tokens: 10 }, 10],
    [{ max_output_tokens: 10 }, 10],
    [{ answer_length: 10 }, 10],
    [{ max_tokens: 10, answer_length: 9_000 }, 9_000],
    [{ max_tokens: 9_000, answer_length: 10 }, 9_000],
    [{ max_tokens: 10, max_completion_tokens: 30, answer_length: 20 }, 30],
    [{ max_tokens: 1_000_000 }, 20_000],
  ])('has one limit, the larger, by its name: %j', (given, limit) => {
    const { model, rest } = sent({ ...given, ANSWER_LENGTH: 100_000 });
    expect(rest).toEqual({ answer_length: limit });
    expect(mostOutput({ model: 'm', messages: [], ...rest }, model, oddProvider.limitName)).toBe(limit);
  });

  it('has the limit of the requested name only where it has none of its own', () => {
    expect(sent({}, 'thinker', { max_tokens: 50 }).rest).toEqual({ answer_length: 50 });
    expect(sent({ answer_length: 70 }, 'thinker', { max_tokens: 50 }).rest).toEqual({ answer_length: 70 });
  });

  const on = { deep_thought: true };
  const off = { deep_thought: false };
  it.each<[string, Record<string, unknown>, Record<string, unknown>, boolean]>([
    ['thinker', {}, {}, true],
    ['thinker', { thinking: { type: 'enabled', budget_tokens: 5_000 } }, on, true],
    ['thinker', { thinking: { type: 'disabled' } }, off, false],
    ['thinker', { thinking: false }, off, false],
    ['thinker', { reasoning_effort: 'none' }, off, false],
    ['thinker', { reasoning_effort: 'high' }, { effort_level: 'heavy' }, true],
    ['thinker', { reasoning_effort: 'medium' }, { effort_level: 'heavy' }, true],
    ['thinker', { reasoning_effort: 'minimal' }, { effort_level: 'light' }, true],
    ['thinker', { reasoning_effort: 'max' }, { budget_tokens: 32_000 }, true],
    ['thinker', { thinking: { type: 'enabled' }, reasoning_effort: 'low' }, { ...on, effort_level: 'light' }, true],
    ['thinker', { thinking: { type: 'disabled' }, reasoning_effort: 'low' }, off, false],
    ['thinker', off, off, false],
    ['thinker', on, on, true],
    ['shy', {}, {}, false],
    ['shy', { thinking: { type: 'enabled' } }, on, true],
    ['shy', { reasoning_effort: 'low' }, { ...on, effort_level: 'light' }, true],
    ['shy', { reasoning_effort: 'none' }, off, false],
    ['shy', on, on, true],
    ['always', {}, {}, true],
    ['always', { thinking: { type: 'disabled' } }, { ...on, effort_level: 'light' }, true],
    ['always', { reasoning_effort: 'none' }, { effort_level: 'light' }, true],
    ['plain', { thinking: { type: 'enabled' }, reasoning_effort: 'high' }, {}, false],
    ['unknown', {}, {}, false],
    ['unknown', { thinking: { type: 'disabled' } }, off, false],
    ['unknown', { reasoning_effort: 'high' }, { ...on, effort_level: 'heavy' }, true],
    ['unknown', { thinking: { type: 'enabled' } }, on, true],
  ])('steers thinking in its own words: %s, %j', (id, given, expected, thinks) => {
    expect(sent(given, id)).toMatchObject({ rest: expected, thinks });
    expect(Object.keys(sent(given, id).rest).sort()).toEqual(Object.keys(expected).sort());
  });

  it('puts members of its own beside those that the client sent in the same object', () => {
    const provider = declareProvider({
      ...{ id: 'qwen', name: 'Q', baseUrl: 'https://q.example', keyVariable: 'Q_API_KEY', models: [] },
      rules: rulesSchema.parse({ thinking: { off: { chat_template_kwargs: { enable_thinking: false } } } }),
    });
    const request = { model: 'q', messages: MESSAGES, chat_template_kwargs: { a: 1 }, thinking: { type: 'disabled' } };
    const { request: got } = provider.request(request, { model: modelOf('thinker'), parameters: {}, userHash: '' });
    expect(got['chat_template_kwargs']).toEqual({ a: 1, enable_thinking: false });
  });

  it('gives reasoning back under its name', () => {
    const messages = [
      ...MESSAGES,
      { role: 'assistant', content: 'a', reasoning_content: 'so' },
      { role: 'assistant', content: 'b', reasoning: 'then' },
      { role: 'user', content: 'c', reasoning_content: 'mine' },
    ];
    const { request } = sent({ messages }).prepared;
    expect(request.messages).toEqual([
      ...MESSAGES,
      { role: 'assistant', content: 'a', thoughts: 'so' },
      { role: 'assistant', content: 'b', thoughts: 'then' },
      { role: 'user', content: 'c', reasoning_content: 'mine' },
    ]);
  });

  it('is served where the client has lost reasoning that the provider would miss', () => {
    const calls = [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }];
    const lost = [...MESSAGES, { role: 'assistant', content: null, tool_calls: calls }];
    const all = sent({ messages: lost });
    expect(all.prepared.notice).toBe('reasoning_lost');
    expect(all.rest).toMatchObject({ deep_thought: false });
    const some = sent({ messages: [...lost, { role: 'assistant', content: 'x', reasoning_content: 'so' }] });
    expect(some.prepared.request.messages[1]).toMatchObject({ thoughts: ' ' });
    expect(sent({ messages: lost }, 'plain').prepared.notice).toBeNull();
  });
});

describe('a model of which the catalogue says nothing', () => {
  const calls = [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }];
  const messages = [...MESSAGES, { role: 'assistant', content: null, tool_calls: calls }];

  it.each([
    [{ wants_reasoning: true }, true],
    [{ wants_reasoning: true, thinking: { on: { deep: true }, off: { deep: false } } }, true],
    [{ wants_reasoning: false, thinking: { on: { deep: true }, off: { deep: false } } }, false],
    [{ wants_reasoning: false }, false],
  ])('is thought to think where its provider wants reasoning back: %j', (rules, thinks) => {
    const model = { ...UNKNOWN_MODEL, wantsReasoning: rules.wants_reasoning };
    const provider = declareProvider({
      ...{ id: 'any', name: 'Any', baseUrl: 'https://any.example', keyVariable: 'ANY_API_KEY', models: [] },
      rules: rulesSchema.parse({ ...rules, models: '*' }),
    });
    const request = { model: 'any/unknown', messages: MESSAGES, reasoning_effort: 'high', deep: true };
    const plain = provider.request(
      { model: 'any/unknown', messages: MESSAGES },
      { model, parameters: {}, userHash: '' },
    );
    expect(provider.isThinking(plain.request, model)).toBe(thinks);
    const lost = provider.request({ ...request, messages }, { model, parameters: {}, userHash: '' });
    expect(lost.notice).toBe(rules.wants_reasoning ? 'reasoning_lost' : null);
    // Nobody knows how to keep it from thinking where no rule says so.
    if (rules.wants_reasoning) {
      const sentOff = 'thinking' in rules ? { deep: false } : { deep: true, reasoning_effort: 'high' };
      expect(lost.request).toMatchObject(sentOff);
      expect(lost.request).not.toHaveProperty('thinking');
    }
    // What nobody knows better passes.
    if (!('thinking' in rules)) expect(plain.request).toEqual({ model: 'unknown', messages: MESSAGES });
  });

  it('is not steered by words that only begin as the rule does', () => {
    expect(sent({ deep_thought: { a: 1 } }, 'thinker').rest).toEqual({ deep_thought: { a: 1 } });
  });
});

describe('an answer of a declared provider', () => {
  it('says its reasoning under the name that clients know', () => {
    const chunk = {
      choices: [
        { index: 0, delta: { thoughts: 'So', content: null } },
        { index: 1, delta: { thoughts: null, content: 'Hi' } },
        { index: 2, delta: { thoughts: [{ text: 'a' }, { text: 'b' }], reasoning_content: '' } },
      ],
    };
    expect(oddProvider.mendChunk?.(chunk)).toBe(true);
    expect(chunk.choices.map(({ delta }) => delta)).toEqual([
      { content: null, reasoning_content: 'So' },
      { content: 'Hi' },
      { reasoning_content: 'ab' },
    ]);
    const plain = { choices: [{ index: 0, delta: { content: 'Hi' } }], usage: null };
    expect(oddProvider.mendChunk?.(plain)).toBe(false);
    const whole = { choices: [{ index: 0, message: { role: 'assistant', content: 'Hi', thoughts: 'So' } }] };
    expect(oddProvider.mendCompletion?.(whole)).toBe(true);
    expect(whole.choices[0]?.message).toEqual({ role: 'assistant', content: 'Hi', reasoning_content: 'So' });
  });

  const usage = {
    ...{ prompt_tokens: 100, completion_tokens: 50, total_tokens: 150, cached_tokens: 0 },
    ...{ cache: { read: 80 }, thinking: { tokens: 30 }, bill: { usd: 0.0123456789 } },
  };

  it('says what was used where its pointers lead, to bills and to clients', () => {
    expect(oddProvider.readUsage(usage)).toEqual({
      ...{ inputTokens: 100, cachedTokens: 80, cacheWriteTokens: 0, outputTokens: 50, reasoningTokens: 30 },
      statedNanoUsd: 12_345_679,
    });
    const chunk = { choices: [], usage: { ...usage } };
    expect(oddProvider.mendChunk?.(chunk)).toBe(true);
    expect(chunk.usage).toMatchObject({
      ...{ cached_tokens: 80, prompt_tokens_details: { cached_tokens: 80 } },
      completion_tokens_details: { reasoning_tokens: 30 },
    });
    expect(oddProvider.mendChunk?.(chunk)).toBe(false);
  });

  it.each([
    [{ usd: '0.5' }, 500_000_000],
    [{ usd: 0 }, 0],
    [{ usd: -1 }, undefined],
    [{ usd: 'free' }, undefined],
    [{ usd: 1e9 }, undefined],
    [null, undefined],
    [[1], undefined],
  ])('is billed by its own word only where that is an amount: %j', (bill, nano) => {
    expect(oddProvider.readUsage({ ...usage, bill })?.statedNanoUsd).toBe(nano);
  });

  it('is billed by its own word where it counts no tokens', () => {
    expect(oddProvider.readUsage({ bill: { usd: 1 } })).toMatchObject({ inputTokens: 0, statedNanoUsd: 1_000_000_000 });
    expect(oddProvider.readUsage('nothing')).toBeNull();
  });
});

describe('a failure of a declared provider', () => {
  it.each([
    [400, { error: { message: 'This has Too Many Tokens for me.' } }, 'context_length_exceeded'],
    [400, { error: { message: 'Not nice!' } }, 'content_filter'],
    [400, { error: { code: 'E-77', message: 'x' } }, 'upstream_insufficient_balance'],
    [400, { error: { code: 4711 } }, 'upstream_insufficient_balance'],
    [400, { error: { message: 'id 471123 is unknown' } }, 'invalid_request'],
    [401, { error: { message: 'no' } }, 'upstream_auth_error'],
  ])('is told by its own words, else as any: %i %j', (status, body, code) => {
    expect(oddProvider.error({ status, body: JSON.stringify(body), retryAfter: null }).code).toBe(code);
  });

  it('names the variable and what there is to check', () => {
    const refused = oddProvider.error({ status: 401, body: '{"error": {}}', retryAfter: null });
    expect(refused.message).toContain('ODD_API_KEY');
    const redirected = oddProvider.error({ status: 302, body: '', retryAfter: null });
    expect(redirected.message).toContain("the provider's base URL");
  });
});
