import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { app } from '../../src/app.ts';
import type { Model } from '../../src/catalog/model.ts';
import { rulesSchema } from '../../src/catalog/rules.ts';
import type { ChatRequest } from '../../src/protocol/chat.ts';
import { isSafeUrl } from '../../src/protocol/safe-url.ts';
import { declareProvider } from '../../src/providers/declared.ts';
import { openrouter } from '../../src/providers/presets/openrouter.ts';
import type { Preset, PresetModel } from '../../src/providers/presets/preset.ts';
import { PRESETS } from '../../src/providers/presets/presets.ts';
import { putRows } from '../support/catalog.ts';
import { makeKey } from '../support/keys.ts';
import { ledgerRow } from '../support/ledger-row.ts';
import { playProvider } from '../support/provider.ts';
import { internal } from '../support/router.ts';

function providerOf({ base_url, id, key_variable, name, rules }: Preset) {
  const declared = { id, name, baseUrl: base_url, keyVariable: key_variable, models: [] };
  return declareProvider({ ...declared, rules: rulesSchema.parse(rules) });
}

function modelOf({ id, max_output, thinking }: PresetModel): Model {
  return {
    ...{ id, contextLength: null, maxOutput: max_output ?? null, inputs: null, tools: null, structured: 'schema' },
    ...{ thinking: thinking ?? null, wantsReasoning: false, prices: [], created: 0 },
  };
}

/** The rows that `providers -- add ID --preset P` writes. */
function rowsOf({ base_url, id, key_variable, models, name, rules, valid_from }: Preset) {
  return {
    providers: [{ id, name, base_url, key_variable, rules }],
    models: models.map(({ price: _price, ...model }) => ({ provider: id, ...model })),
    prices: models.flatMap(({ id: model, price }) => (price ? [{ provider: id, model, valid_from, ...price }] : [])),
  };
}

/** What a provider gets of a request. */
function sent(preset: Preset, model: PresetModel, given: Record<string, unknown>): Record<string, unknown> {
  const request: ChatRequest = { model: 'x', messages: [{ role: 'user', content: 'hi' }], ...given };
  const context = { model: modelOf(model), parameters: {}, userHash: '' };
  const { model: _model, messages: _messages, ...rest } = providerOf(preset).request(request, context).request;
  return rest;
}

describe.each(PRESETS.map((preset) => [preset.id, preset] as const))('the preset %s', (_, preset) => {
  it('is what a row may hold', () => {
    expect(rulesSchema.safeParse(preset.rules).error).toBeUndefined();
    expect(preset.id).toMatch(/^[a-z]+$/);
    expect(preset.key_variable).toMatch(/^[A-Z]+_API_KEY$/);
    expect(isSafeUrl(new URL(preset.base_url))).toBe(true);
    expect(new URL(preset.base_url).href.replace(/\/$/, '')).toBe(preset.base_url);
    expect(new Set(preset.models.map(({ id }) => id)).size).toBe(preset.models.length);
  });

  it('says where each fact comes from and when, and what could not be checked', () => {
    expect(preset.sources.length).toBeGreaterThan(0);
    for (const { day, page, says } of preset.sources) {
      expect(new URL(page).protocol).toBe('https:');
      expect(Date.parse(day)).toBeLessThanOrEqual(Date.parse('2026-11-28'));
      expect(says).not.toBe('');
    }
    expect(preset.unchecked.length).toBeGreaterThan(0);
    expect(preset.valid_from).toMatch(/^20\d\d-\d\d-\d\d$/);
  });

  it('has prices that bills can be exact about, the cached one no higher', () => {
    for (const { id, kind, price } of preset.models) {
      if (price === undefined) continue;
      const all = Object.values(price);
      expect(all.every((usd) => Math.abs(usd * 1e6 - Math.round(usd * 1e6)) < 1e-6)).toBe(true);
      expect(price.cached ?? 0).toBeLessThanOrEqual(price.input);
      if (kind === undefined) expect(price.output, id).toBeGreaterThan(0);
    }
  });

  it('is taken whole by the catalogue, and each model serves at its price', async () => {
    await putRows(rowsOf(preset));
    const { problems } = await (await internal('/internal/catalog')).json<{ problems: unknown[] }>();
    expect(problems).toEqual([]);
    const bindings = { ...env, [preset.key_variable]: 'a-key-of-theirs' };
    const { secret, key } = await makeKey();
    const usage = { prompt_tokens: 1000, completion_tokens: 100 };
    const choices = [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }];
    const { seen } = playProvider(() => Response.json({ choices, usage }));
    for (const { id, kind, price } of preset.models) {
      if (kind === 'embedding') continue;
      const body = JSON.stringify({ model: `${preset.id}/${id}`, messages: [{ role: 'user', content: 'hi' }] });
      const init = { method: 'POST', headers: { authorization: `Bearer ${secret}` }, body };
      const request = new Request('http://router.test/api/v1/chat/completions', init);
      const response = await app.fetch(request, bindings, createExecutionContext());
      expect([response.status, response.headers.get('x-llm-model')]).toEqual([200, id]);
      expect(seen.at(-1)?.url).toBe(`${preset.base_url}/chat/completions`);
      expect(seen.at(-1)?.headers.get('authorization')).toBe('Bearer a-key-of-theirs');
      const row = await ledgerRow(key.id, response);
      expect(row?.costNanoUsd).toBe(Math.round(1000 * 1000 * (price?.input ?? 0) + 100 * 1000 * (price?.output ?? 0)));
    }
  });

  it.each(preset.models.filter(({ kind }) => kind === undefined).map((model) => [model.id, model] as const))(
    'steers %s as far as it can be steered, and leaves no word that it would not know',
    (__, model) => {
      const own = { ...preset.rules.thinking?.on, ...preset.rules.thinking?.off };
      const known = new Set([...Object.keys(own), 'reasoning_effort', ...Object.keys(preset.rules.set ?? {})]);
      for (const given of [{ thinking: { type: 'enabled' } }, { thinking: { type: 'disabled' } }])
        for (const effort of [{}, { reasoning_effort: 'high' }, { reasoning_effort: 'none' }]) {
          const got = sent(preset, model, { ...given, ...effort });
          expect(Object.keys(got).filter((name) => !known.has(name))).toEqual([]);
          if (model.thinking?.kind === 'none') expect(got).toEqual(preset.rules.set ?? {});
        }
      if (model.thinking?.kind !== 'switch') return;
      const [on, off] = ['enabled', 'disabled'].map((type) => sent(preset, model, { thinking: { type } }));
      expect(on).not.toEqual(off);
    },
  );
});

describe('OpenRouter', () => {
  it('takes any model, and says what it cost', () => {
    const provider = providerOf(openrouter);
    expect(provider.statesCost).toBe(true);
    expect(provider.readUsage({ prompt_tokens: 1, completion_tokens: 1, cost: 0.00078 })?.statedNanoUsd).toBe(780_000);
    const any: PresetModel = { id: 'openai/o1' };
    expect(sent(openrouter, any, { reasoning_effort: 'high' })).toEqual({
      reasoning: { enabled: true, effort: 'high' },
    });
    expect(sent(openrouter, any, {})).toEqual({});
  });
});
