import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createCatalog } from '../../src/catalog/lookup.ts';
import { mostOutput } from '../../src/providers/output-limit.ts';
import { PROVIDERS } from '../../src/providers/registry.ts';
import { putOldForm } from '../support/catalog.ts';
import { routerWith } from '../support/impatient-router.ts';
import { makeKey } from '../support/keys.ts';
import { playProvider, type SeenRequest } from '../support/provider.ts';
import { BASE_URL } from '../support/router.ts';
import { targetOf } from '../support/target-of.ts';

/* What is held for a request is the most that its provider may bill for it, whatever the client wrote. */

afterEach(() => {
  vi.restoreAllMocks();
});

const LIMITS =
  /^(max_(completion_|output_|new_|thinking_)?tokens|budget_tokens|thinking_?budget|maxoutputtokens|num_predict)$/;
const LONGEST = 384_000;
const PROMPT_TOKENS = 8;

/** The largest number that the most generous reader finds: any spelling, any depth, text for numbers. */
function mostIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((most, [name, member]) => {
    if (typeof member === 'object') return Math.max(most, mostIn(member));
    const number = Math.ceil(Number(member));
    if (!LIMITS.test(name.toUpperCase().toLowerCase()) || Number.isNaN(number)) return most;
    return Math.max(most, number < 0 ? LONGEST : Math.min(number, LONGEST));
  }, 0);
}

function choicesIn(body: Record<string, unknown>): number {
  const asked = Object.entries(body).filter(([name]) => /^(n|best_of|candidate_count)$/i.test(name));
  return Math.max(1, ...asked.map(([, count]) => Number(count)).filter(Number.isFinite));
}

/** A provider that uses all that its request allows, as it reads it, and says so. */
function greedy({ json }: SeenRequest): Response {
  const { messages: _messages, ...settings } = json;
  const output = (mostIn(settings) || 4_096) * choicesIn(json);
  const hour = (json['prompt_cache_options'] as { ttl?: string } | undefined)?.ttl === '1h';
  const message = { role: 'assistant', content: 'ok' };
  return Response.json({
    id: 'v',
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage: {
      prompt_tokens: PROMPT_TOKENS,
      completion_tokens: output,
      total_tokens: PROMPT_TOKENS + output,
      ...(hour ? { cache_write_tokens: PROMPT_TOKENS } : {}),
    },
  });
}

const FLASH = 'deepseek/deepseek-flash';
beforeAll(() =>
  putOldForm({
    aliases: {
      long: { model: FLASH, parameters: { max_tokens: LONGEST } },
      text: { model: FLASH, parameters: { max_completion_tokens: String(LONGEST) } },
      endless: { model: FLASH, parameters: { options: { num_predict: -1 } } },
      many: { model: FLASH, parameters: { n: 64, max_tokens: 4_000 } },
      kept: { model: 'moonshot/kimi-k3', parameters: { prompt_cache_options: { ttl: '1h' }, max_tokens: 10 } },
    },
  }),
);

/** Twenty at once; what the ledger has booked at last, and how many reached the provider. */
async function twenty(budgetDayUsd: number, body: string) {
  const { key, secret } = await makeKey({ budgetDayUsd });
  const provider = playProvider(greedy);
  const router = routerWith({});
  const headers = { authorization: `Bearer ${secret}` };
  const send = () => router.fetch(`${BASE_URL}/chat/completions`, { method: 'POST', body, headers });
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const response = await send();
      await response.text();
      return response.status;
    }),
  );
  await router.settled();
  const { ledgerNanoUsd, heldNanoUsd } = await env.KEY_LEDGER.getByName(key.id).sums();
  expect(heldNanoUsd).toBe(0);
  return { spentUsd: ledgerNanoUsd / 1e9, served: provider.seen.length, statuses, seen: provider.seen };
}

function body(members: Record<string, unknown>): string {
  return JSON.stringify({ model: FLASH, messages: [{ role: 'user', content: 'Hi' }], ...members });
}

describe('I7 twenty requests at once never spend more than the budget they share', () => {
  it.each([
    ['two limits, the small one first', body({ max_completion_tokens: 1, max_tokens: LONGEST })],
    ['two limits, the large one first', body({ max_completion_tokens: LONGEST, max_tokens: 1 })],
    ["Responses' limit beside the chat's", body({ max_tokens: 1, max_output_tokens: LONGEST })],
    ['one limit twice', body({ max_tokens: LONGEST }).replace('{', '{"max_tokens":1,')],
    ['one limit, escaped', body({ max_completion_tokens: 1 }).replace('{', `{"max_\\u0074okens":${LONGEST},`)],
    ['a limit in another spelling', body({ max_tokens: 1, MAX_TOKENS: LONGEST })],
    ['a limit in a spelling that only folding finds', body({ max_tokens: 1, 'max_to\u212aen\u017f': LONGEST })],
    ['several answers', body({ max_tokens: 1_000, n: 128 })],
    ['several answers, as text', body({ max_tokens: 1_000, n: '128' })],
    ['more answers than anybody gives', body({ max_tokens: 1_000, n: 100_000 })],
    ['the best of several answers', body({ max_tokens: 1_000, best_of: 128 })],
    ['several answers in another spelling', body({ max_tokens: 1_000, N: 128 })],
    ['a budget for thinking', body({ max_tokens: 1, thinking: { type: 'enabled', budget_tokens: LONGEST } })],
    ['the same at the top', body({ max_tokens: 1, thinking_budget: String(LONGEST) })],
    ['a limit in an object', body({ max_tokens: 1, extra_body: { generationConfig: { maxOutputTokens: LONGEST } } })],
    ['a limit that means no end', body({ options: { num_predict: -1 } })],
    ['an alias with a limit', body({ model: 'long' })],
    ['an alias with a limit as text', body({ model: 'text' })],
    ['an alias without an end', body({ model: 'endless', max_tokens: 1 })],
    ['an alias for many answers', body({ model: 'many' })],
  ])('%s', async (_title, text) => {
    const { spentUsd, statuses } = await twenty(0.01, text);
    expect(spentUsd).toBeLessThanOrEqual(0.01);
    for (const status of statuses) expect([200, 402]).toContain(status);
  });

  it('and as many are served as fit', async () => {
    const text = body({ max_tokens: 1_000 });
    const { spentUsd, served } = await twenty(0.01, text);
    expect(served).toBeGreaterThan(1);
    expect(served).toBeLessThan(20);
    expect(spentUsd).toBeLessThanOrEqual(0.01);
  });

  it('with a cache that keeps for an hour, which an alias asks for and a null does not undo', async () => {
    const { spentUsd, served, seen } = await twenty(0.001, body({ model: 'kept', prompt_cache_options: null }));
    expect(seen[0]?.json['prompt_cache_options']).toEqual({ ttl: '1h' });
    // 8 tokens at 6 USD and 10 at 15 USD a million.
    expect(spentUsd).toBeCloseTo(served * 0.000_198, 9);
    expect(spentUsd).toBeLessThanOrEqual(0.001);
  });
});

describe('of several limits one is sent, under the name that the provider has for it', () => {
  const names = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'];
  const own = { deepseek: 'max_tokens', zai: 'max_tokens', moonshot: 'max_completion_tokens', test: 'max_tokens' };
  const catalog = createCatalog(PROVIDERS);

  function prepare(model: string, request: Record<string, unknown>, parameters: Record<string, unknown> = {}) {
    const found = targetOf(catalog, model);
    const provider = PROVIDERS.find(({ id }) => id === found.provider);
    if (provider === undefined) throw new Error(`no provider of ${model}`);
    const whole = { model, messages: [], ...request };
    return {
      sent: provider.request(whole, { model: found.model, parameters, userHash: '' }).request,
      model: found.model,
      own: own[provider.id as keyof typeof own],
    };
  }

  const model = fc.constantFrom(...PROVIDERS.flatMap(({ id, models }) => models.map((each) => `${id}/${each.id}`)));
  const limit = fc.oneof(fc.integer({ min: 1, max: 2_000_000 }), fc.constant(null));
  const limits = fc.dictionary(fc.constantFrom(...names), limit);
  const odd = fc.oneof(limit, fc.constantFrom('384000', '7', -1, 0, 1.5, 'many', true, Number.POSITIVE_INFINITY));

  it('the larger, and never more than the model can give; a client’s own goes before what the name stands for', () => {
    fc.assert(
      fc.property(model, limits, fc.dictionary(fc.constantFrom(...names), odd), (name, request, parameters) => {
        const { sent, model: found, own: ownName } = prepare(name, request, parameters);
        const there = names.filter((each) => sent[each] != null);
        const asked = Object.values(request).filter((each) => each !== null);
        if (asked.length > 0) {
          expect(there).toEqual([ownName]);
          expect(sent[ownName]).toBe(Math.min(Math.max(...asked), found.maxOutput ?? 0));
        }
        expect(there.filter((each) => each !== ownName)).toEqual([]);
        const most = sent[ownName] ?? 4_096;
        expect(most).toBeTypeOf('number');
        expect(mostOutput(sent, found)).toBe(Math.min(Number(most), found.maxOutput ?? 0));
      }),
    );
  });

  it('and what another spelling might smuggle in goes', () => {
    const { sent } = prepare(FLASH, {
      Model: 'deepseek-v4-pro',
      TOOLS: [{ type: 'web_search' }],
      USER_ID: 'x',
      seed: 1,
    });
    expect(Object.keys(sent)).toEqual(['model', 'messages', 'seed', 'user_id']);
    expect(sent.model).toBe('deepseek-flash');
  });
});
