import { describe, expect, it } from 'vitest';
import { isAllowed } from '../../src/catalog/allow-list.ts';
import { describeModel } from '../../src/catalog/describe.ts';
import { type CatalogEntry, createCatalog, modelNotFound } from '../../src/catalog/lookup.ts';
import type { Model } from '../../src/catalog/model.ts';
import { editDistance, nearestNames } from '../../src/catalog/nearest.ts';
import { PROVIDERS } from '../../src/providers/registry.ts';
import { targetOf } from '../support/target-of.ts';

function model(id: string): Model {
  return {
    id,
    contextLength: 1000,
    maxOutput: 100,
    inputs: ['text'],
    tools: true,
    thinking: { kind: 'none' },
    structured: 'schema',
    wantsReasoning: false,
    prices: [{ validFrom: '2026-01-01', revision: 'r1', input: 1, cached: 0.1, output: 2 }],
    created: 1,
  };
}

const ENTRIES: readonly CatalogEntry[] = [
  {
    id: 'acme',
    models: [model('fast'), model('org/deep')],
    aliases: [
      { name: 'acme/old', model: 'fast', parameters: { thinking: { type: 'disabled' } } },
      { name: 'fast', model: 'fast' },
    ],
  },
];

const catalog = createCatalog(ENTRIES);
const everything = createCatalog(PROVIDERS);

describe('a model is found by its name', () => {
  it('by provider and model', () => {
    expect(catalog.find('acme/fast')).toMatchObject({
      kind: 'found',
      route: { name: 'acme/fast', targets: [{ provider: 'acme', model: { id: 'fast' }, parameters: {} }] },
      requested: 'acme/fast',
    });
  });

  it('split at the first slash only', () => {
    expect(targetOf(catalog, 'acme/org/deep')).toMatchObject({ provider: 'acme', model: { id: 'org/deep' } });
  });

  it('by an alias, with what it stands for', () => {
    expect(targetOf(catalog, 'acme/old')).toMatchObject({
      model: { id: 'fast' },
      parameters: { thinking: { type: 'disabled' } },
    });
    expect(targetOf(catalog, 'fast').model.id).toBe('fast');
  });

  it.each(['', '/', 'acme/', '/fast', 'acme', 'ACME/fast', '__proto__/x', '__proto__', 'constructor', 'acme/toString'])(
    'and not by %j',
    (name) => expect(catalog.find(name).kind).toBe('unknown'),
  );

  it.each([
    ['moonshot/kimi-k2.5', 'kimi-k2.5', {}],
    ['moonshot/kimi-k2-0905-preview', 'kimi-k2.6', { thinking: { type: 'disabled' } }],
    ['moonshot/kimi-k2-thinking', 'kimi-k2.6', { thinking: { type: 'enabled' } }],
    ['deepseek/deepseek-chat', 'deepseek-flash', { thinking: { type: 'disabled' } }],
    ['deepseek/deepseek-reasoner', 'deepseek-flash', { thinking: { type: 'enabled' } }],
    ['zai/glm-5', 'glm-5', {}],
    ['deepseek-flash', 'deepseek-flash', {}],
    ['kimi-k3', 'kimi-k3', {}],
    ['glm-5.3', 'glm-5.3', {}],
  ])('%s is served by %s', (name, id, parameters) => {
    expect(targetOf(everything, name)).toMatchObject({ model: { id }, parameters });
  });
});

describe('an unknown name', () => {
  it.each([
    ['deepseek/deepseek-flsh', 'deepseek/deepseek-flash'],
    ['moonshot/kimi-k3.1', 'moonshot/kimi-k3.1-pro'],
    ['zai/glm5.3', 'zai/glm-5.3'],
    ['DeepSeek/DeepSeek-Flash', 'deepseek/deepseek-flash'],
    ['kimi-k33', 'kimi-k3'],
  ])('%s brings up %s', (wanted, expected) => {
    const found = everything.find(wanted);
    expect(found.kind === 'unknown' && found.nearest()).toEqual(expect.arrayContaining([expected]));
  });

  it('are compared with every other only where somebody is told what is near them', () => {
    let compared = 0;
    const found = everything.find('deepseek/deepseek-flsh', () => {
      compared += 1;
      return true;
    });
    expect(compared).toBe(0);
    expect(found.kind === 'unknown' && found.nearest()).toContain('deepseek/deepseek-flash');
    expect(compared).toBeGreaterThan(0);
  });

  it('tells the nearest names, and how to see all', () => {
    const error = modelNotFound('acme/fats', ['acme/fast']);
    expect(error).toMatchObject({ code: 'model_not_found', status: 404, param: 'model' });
    expect(error.message).toContain("Did you mean 'acme/fast'?");
    expect(error.message).toContain('GET /api/v1/models');
  });

  it('brings up nothing when nothing is near', () => {
    expect(nearestNames('gpt-4o-mini-2024-07-18', ['acme/fast'])).toEqual([]);
  });

  it('of any length costs little and is not repeated whole', () => {
    const name = `acme/${'x'.repeat(5_000_000)}`;
    const found = everything.find(name);
    expect(found.kind).toBe('unknown');
    expect(modelNotFound(name, []).message.length).toBeLessThan(400);
  });

  it.each([
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
    ['same', 'same', 0],
  ])('%j and %j are %i apart', (left, right, distance) => expect(editDistance(left, right)).toBe(distance));
});

describe('the list', () => {
  it('holds every name that can be found, each once', () => {
    const names = everything.list().map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(everything.find(name).kind).toBe('found');
  });

  it('shows a model in the form of OpenAI, with prices and other names', () => {
    const [listed] = catalog.list();
    if (listed === undefined) throw new Error('empty list');
    expect(describeModel(listed, Date.parse('2026-06-01'))).toMatchObject({
      id: 'acme/fast',
      object: 'model',
      created: 1,
      owned_by: 'acme',
      context_length: 1000,
      pricing: { currency: 'USD', unit: '1M tokens', input: 1, cached_input: 0.1, output: 2, revision: 'r1' },
      aliases: ['acme/old', 'fast'],
    });
  });

  it('shows an alias as what it is', () => {
    const listed = catalog.list().find(({ name }) => name === 'acme/old');
    if (listed === undefined) throw new Error('no alias');
    expect(describeModel(listed, 0)).toMatchObject({ id: 'acme/old', alias_of: 'acme/fast', aliases: [] });
  });

  it('shows the hours at which other prices hold', () => {
    const listed = everything.list().find(({ name }) => name === 'deepseek/deepseek-flash');
    if (listed === undefined) throw new Error('no model');
    const { pricing } = describeModel(listed, Date.parse('2026-11-23T02:00:00Z'));
    expect(pricing).toMatchObject({ input: 0.3, revision: 'deepseek-2026-11-15:peak' });
    expect(pricing?.bands).toMatchObject([
      {
        name: 'peak',
        hours_utc: [
          { from: 1, to: 4 },
          { from: 6, to: 10 },
        ],
      },
    ]);
  });
});

describe('a key may use', () => {
  it.each([
    [null, ['acme/fast'], true],
    ['acme/fast', ['acme/fast'], true],
    ['acme/fast', ['acme/fast2'], false],
    ['acme/*', ['acme/org/deep'], true],
    ['acme/*', ['acme2/fast'], false],
    ['other/x, acme/fast', ['acme/fast'], true],
    ['acme/fast', ['fast', 'acme/fast'], true],
    ['acme/old', ['acme/old', 'acme/fast'], true],
    ['acme/old', ['acme/fast'], false],
    ['', ['acme/fast'], false],
    ['*', ['acme/fast'], false],
    ['acme', ['acme/fast'], false],
  ])('%j: %j is %s', (models, names, allowed) => expect(isAllowed(models, names)).toBe(allowed));
});
