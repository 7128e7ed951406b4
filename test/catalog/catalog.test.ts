import { describe, expect, it } from 'vitest';
import { isAllowed } from '../../src/catalog/allow-list.ts';
import { describeModel } from '../../src/catalog/describe.ts';
import { type CatalogEntry, createCatalog, modelNotFound } from '../../src/catalog/lookup.ts';
import type { Model } from '../../src/catalog/model.ts';
import { editDistance, nearestNames } from '../../src/catalog/nearest.ts';
import { applyOverrides } from '../../src/catalog/overrides.ts';
import { priceAt } from '../../src/catalog/price.ts';
import { RouterError } from '../../src/protocol/errors.ts';
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
    expect(everything.find(wanted)).toMatchObject({ kind: 'unknown', nearest: expect.arrayContaining([expected]) });
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

function overridden(json: unknown) {
  return createCatalog(applyOverrides(ENTRIES, JSON.stringify(json)));
}

const NEW_PRICE = { validFrom: '2026-06-01', revision: 'own-1', input: 0.5, cached: 0.05, output: 1 };

const NIGHT = {
  name: 'night',
  weekdays: [1],
  hours: [{ from: 22, to: 4 }],
  prices: { input: 0.1, cached: 0.01, output: 0.2 },
};

describe('MODELS_JSON', () => {
  it('may be empty', () => expect(applyOverrides(ENTRIES, '')).toBe(ENTRIES));

  it('may begin as files of Windows do', () => expect(applyOverrides(ENTRIES, '\ufeff{}\r\n')).toBe(ENTRIES));

  it('adds a model', () => {
    const entry = { contextLength: 2000, maxOutput: 200, prices: [NEW_PRICE] };
    expect(targetOf(overridden({ models: { 'acme/new': entry } }), 'acme/new')).toMatchObject({
      model: { id: 'new', contextLength: 2000, inputs: ['text'], tools: true },
    });
  });

  it('corrects a price from a day on, and leaves the past and the rest', () => {
    const found = targetOf(overridden({ models: { 'acme/fast': { prices: [NEW_PRICE] } } }), 'acme/fast');
    expect(priceAt(found.model, Date.parse('2026-05-31'))?.revision).toBe('r1');
    expect(priceAt(found.model, Date.parse('2026-06-01'))?.revision).toBe('own-1');
    expect(found.model.contextLength).toBe(1000);
  });

  it('adds an alias, short or with parameters, and replaces one', () => {
    const changed = overridden({
      aliases: {
        quick: 'acme/fast',
        'acme/old': { model: 'acme/org/deep', parameters: { temperature: 0 }, note: 'moved' },
      },
    });
    expect(targetOf(changed, 'quick').model.id).toBe('fast');
    expect(targetOf(changed, 'acme/old')).toMatchObject({ model: { id: 'org/deep' }, parameters: { temperature: 0 } });
  });

  it.each([
    ['{', 'wrong at line 1, column 2: it is not JSON'],
    ['{"models": {},\n  "aliases": nothing}', 'wrong at line 2, column 14: it is not JSON'],
    ['[]', 'wrong at its first level: Invalid input: expected object'],
    [{ model: {} }, 'its first level: member 1 of it is not known here'],
    [{ models: { 'acme/new': {} } }, '"models" > entry 1: a new model needs contextLength, maxOutput and prices'],
    [{ models: { 'nobody/new': {} } }, '"models" > entry 1: its name does not begin with a provider'],
    [{ models: { 'acme/fast': {}, plain: {} } }, '"models" > entry 2: its name does not begin with a provider'],
    [{ models: { 'acme/fast': { prices: [{ ...NEW_PRICE, input: -1 }] } } }, '"acme/fast" > "prices" > [0] > "input"'],
    [{ models: { 'acme/fast': { prices: [{ ...NEW_PRICE, input: '1' }] } } }, '"acme/fast" > "prices" > [0] > "input"'],
    [{ models: { 'acme/fast': { prices: [{ ...NEW_PRICE, input: 0.00000012 }] } } }, 'six decimals'],
    [{ models: { 'acme/fast': { prices: [{ ...NEW_PRICE, validFrom: 'soon' }] } } }, 'must be a day'],
    [
      { models: { 'acme/fast': { prices: [{ ...NEW_PRICE, input: 1e300 }] } } },
      '"acme/fast" > "prices" > [0] > "input"',
    ],
    [{ models: { 'acme/fast': { prices: [{ ...NEW_PRICE, validFrom: '2026-02-30' }] } } }, 'must be a day'],
    [
      { models: { 'acme/fast': { prices: [{ ...NEW_PRICE, revision: 'r1' }] } } },
      '"acme/fast" > "prices": there are two prices of one revision',
    ],
    [
      { models: { 'acme/fast': { prices: [{ ...NEW_PRICE, bands: [NIGHT] }] } } },
      '"hours" > [0]: must begin before it',
    ],
    [{ models: { 'acme/fast': { maxOutput: 5, contextLenght: 5 } } }, '"acme/fast": member 2 of it is not known here'],
    [{ models: { 'acme/': {} } }, '"models" > entry 1: a name has no blanks'],
    ['{"models":{"__proto__":{}}}', '"__proto__": nothing can have this name'],
    [{ models: { constructor: {} } }, '"models" > entry 1: its name does not begin with a provider'],
    [{ aliases: { '': 'acme/fast' } }, '"aliases" > entry 1: a name has no blanks'],
    [
      { aliases: { quick: { model: 'acme/fast', params: {} } } },
      '"aliases" > entry 1: member 2 of it is not known here',
    ],
    [{ aliases: { quick: { model: 5 } } }, '"aliases" > entry 1 > "model": Invalid input: expected string'],
    [{ aliases: { quick: 'acme/none' } }, '"aliases" > entry 1: \'acme\' has no model of the name'],
    [{ aliases: { quick: 'none' } }, '"aliases" > entry 1: its model does not begin with a provider'],
    [{ aliases: { 'acme/fast': 'acme/org/deep' } }, 'a model has this name already'],
    [{ aliases: { quick: 5 } }, '"aliases" > entry 1: Invalid input: expected object'],
  ])('%j is a clear mistake', (json, message) => {
    const text = typeof json === 'string' ? json : JSON.stringify(json);
    let thrown: unknown;
    try {
      applyOverrides(ENTRIES, text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(RouterError);
    expect(thrown).toMatchObject({ code: 'invalid_configuration', param: 'MODELS_JSON' });
    expect((thrown as RouterError).message).toContain(message); // checked by the line above
  });
});
