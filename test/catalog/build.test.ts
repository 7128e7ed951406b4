import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildCatalog } from '../../src/catalog/build.ts';
import type { Model } from '../../src/catalog/model.ts';
import { rowsOfOldForm } from '../../src/catalog/old-form.ts';
import { priceAt } from '../../src/catalog/price.ts';
import type { CatalogRows } from '../../src/catalog/rows.ts';
import type { BuiltIn } from '../../src/catalog/sheet.ts';
import { targetOf } from '../support/target-of.ts';

/* What is built in and the rows of the database come to one catalogue, and a row that is wrong takes nothing with it. */

function model(id: string): Model {
  return {
    id,
    contextLength: 1000,
    maxOutput: 100,
    inputs: ['text'],
    tools: true,
    thinking: { kind: 'none' },
    structured: 'object',
    wantsReasoning: false,
    prices: [{ validFrom: '2026-01-01', revision: 'r1', input: 1, cached: 0.1, output: 2 }],
    created: 1,
    note: 'as it was',
  };
}

const BUILT_INS: readonly BuiltIn[] = [
  {
    id: 'acme',
    name: 'Acme',
    keyVariable: 'ACME_API_KEY',
    baseUrls: ['https://acme.example/v1'],
    models: [model('fast'), model('org/deep')],
    aliases: [
      { name: 'acme/old', model: 'fast', parameters: { thinking: { type: 'disabled' } } },
      { name: 'fast', model: 'fast' },
    ],
  },
];

function build(rows: Partial<CatalogRows>) {
  const built = buildCatalog(BUILT_INS, { providers: [], models: [], prices: [], routes: [], ...rows });
  return { ...built, all: built.catalog(() => true) };
}

const QWEN = { id: 'qwen', base_url: 'https://qwen.example/v1', key_variable: 'QWEN_API_KEY' };
const PRICE = { provider: 'acme', model: 'fast', valid_from: '2026-06-01', input: 0.5, cached: 0.05, output: 1 };

describe('a row of the same name corrects what is built in', () => {
  it('and leaves what it does not say', () => {
    const { all, problems } = build({ models: [{ provider: 'acme', id: 'fast', context_length: 5, tools: 0 }] });
    expect(problems).toEqual([]);
    const found = targetOf(all, 'acme/old').model;
    expect(found).toMatchObject({
      contextLength: 5,
      maxOutput: 100,
      tools: false,
      note: 'as it was',
      inputs: ['text'],
    });
    expect(found.prices.map(({ revision }) => revision)).toEqual(['r1']);
  });

  it('hides it, with all its names', () => {
    const { all, problems } = build({ models: [{ provider: 'acme', id: 'fast', status: 'disabled' }] });
    expect(problems).toEqual([]);
    for (const name of ['acme/fast', 'fast', 'acme/old']) expect(all.find(name).kind, name).toBe('unknown');
    expect(all.find('acme/org/deep').kind).toBe('found');
  });

  it('hides a provider, and a name alone', () => {
    expect(build({ providers: [{ id: 'acme', status: 'disabled' }] }).isOff('acme')).toBe(true);
    const { all, problems } = build({ routes: [{ name: 'fast', status: 'disabled' }] });
    expect(problems).toEqual([]);
    expect(all.find('fast').kind).toBe('unknown');
    expect(all.find('acme/fast').kind).toBe('found');
  });
});

describe('a model that only a row has', () => {
  it('is known by what is said of it, and nothing is checked by the rest', () => {
    const { all } = build({ models: [{ provider: 'acme', id: 'new', inputs: 'text,image', wants_reasoning: 1 }] });
    expect(targetOf(all, 'acme/new').model).toEqual({
      ...{ id: 'new', contextLength: null, maxOutput: null, inputs: ['text', 'image'], tools: null, thinking: null },
      ...{ structured: 'object', wantsReasoning: true, prices: [], created: 0 },
    });
    expect(targetOf(all, 'new').allowedBy).toEqual(['acme/new', 'new']);
  });

  it('may make embeddings', () => {
    const { all, problems } = build({
      models: [{ provider: 'acme', id: 'embed', kind: 'embedding' }],
      prices: [{ provider: 'acme', model: 'embed', valid_from: '2026-01-01', input: 1 }],
    });
    expect(problems).toEqual([]);
    expect(targetOf(all, 'acme/embed').model).toMatchObject({
      embedding: { maxInputs: null, dimensions: null },
      prices: [{ input: 1, cached: 1, output: 0 }],
    });
  });
});

describe('prices', () => {
  it('hold from their time on, to the instant, and the past stays', () => {
    const at = (time: string) => {
      const { all } = build({ prices: [{ ...PRICE, id: 1, valid_from: '2026-06-01T12:00:00Z' }] });
      return priceAt(targetOf(all, 'acme/fast').model, Date.parse(time))?.prices.input;
    };
    expect(at('2026-06-01T11:59:59Z')).toBe(1);
    expect(at('2026-06-01T12:00:00Z')).toBe(0.5);
  });

  it('of two with one time the one written later holds, whatever the order of the rows', () => {
    const rows = [
      { ...PRICE, id: 2, input: 9 },
      { ...PRICE, id: 1, input: 3 },
    ];
    const { all, problems } = build({ prices: rows });
    expect(problems).toEqual([]);
    expect(priceAt(targetOf(all, 'acme/fast').model, Date.parse('2026-07-01'))).toMatchObject({
      prices: { input: 9 },
      revision: '2026-06-01-2',
    });
  });

  it.each([
    [{ ...PRICE, input: 0.123456 }, null],
    [{ ...PRICE, input: '0.5', bands: '[]' }, null],
    [{ ...PRICE, valid_from: '2026-06-01 10:00:00' }, null],
    [{ ...PRICE, input: 0.1234567 }, 'input must be an amount in USD'],
    [{ ...PRICE, input: -1 }, 'input must be an amount in USD'],
    [{ ...PRICE, input: 'cheap' }, 'input must be an amount in USD'],
    [{ ...PRICE, input: null }, 'input must be an amount in USD'],
    [{ ...PRICE, output: null }, 'output is missing'],
    [{ ...PRICE, valid_from: 'soon' }, 'valid_from must be a day or an instant in UTC'],
    [{ ...PRICE, valid_from: '2026-02-30' }, 'valid_from must be a day or an instant in UTC'],
    [{ ...PRICE, revision: 'r1' }, 'there is another price of the revision r1'],
    [{ ...PRICE, model: 'gone' }, 'there is no model acme/gone'],
    [{ ...PRICE, bands: '[{"name":' }, 'bands is not JSON'],
    [
      { ...PRICE, bands: [{ name: 'night', weekdays: [1], hours: [{ from: 22, to: 4 }], prices: PRICE }] },
      'bands.0.hours.0 must begin before it ends',
    ],
  ])('%j: %s', (row, reason) => {
    const { all, problems } = build({ prices: [row] });
    expect(problems.map((problem) => problem.reason)).toEqual(reason === null ? [] : [expect.stringContaining(reason)]);
    const { prices } = targetOf(all, 'acme/fast').model;
    expect(prices.map(({ revision }) => revision)).toHaveLength(reason === null ? 2 : 1);
  });
});

describe('providers that are only rows', () => {
  it('bring models, whatever else is wrong', () => {
    const { all, problems, providers } = build({
      providers: [{ ...QWEN, name: 'Qwen', rules: '{"strip":["user"]}' }, { id: 'half' }],
      models: [
        { provider: 'qwen', id: 'max', context_length: 8 },
        { provider: 'half', id: 'x' },
      ],
    });
    expect(providers).toMatchObject([
      { id: 'qwen', name: 'Qwen', baseUrl: QWEN.base_url, keyVariable: 'QWEN_API_KEY', rules: { strip: ['user'] } },
    ]);
    expect(targetOf(all, 'qwen/max').model.contextLength).toBe(8);
    expect(problems).toEqual([
      { table: 'providers', name: 'half', reason: 'base_url is missing' },
      { table: 'models', name: 'half/x', reason: 'there is no provider half' },
    ]);
  });

  it('may take any id, which has a price where a row says so', () => {
    const { all, problems } = build({
      providers: [{ ...QWEN, rules: { models: '*' } }],
      prices: [{ ...PRICE, provider: 'qwen', model: 'some/thing' }],
      models: [{ provider: 'qwen', id: 'hidden', status: 'disabled' }],
    });
    expect(problems).toEqual([]);
    expect(targetOf(all, 'qwen/some/thing').model.prices).toHaveLength(1);
    expect(targetOf(all, 'qwen/any').model).toMatchObject({ id: 'any', prices: [], contextLength: null });
    for (const name of ['qwen/hidden', 'qwen/', 'qwen', 'qwen/a b', `qwen/${'x'.repeat(5_000_000)}`]) {
      expect(all.find(name).kind).toBe('unknown');
    }
  });

  it.each([
    [{ ...QWEN, id: 'Qw/en' }, 'id must be 1 to 40'],
    [{ ...QWEN, base_url: 'http://qwen.example' }, 'base_url must be a URL'],
    [{ ...QWEN, base_url: 'qwen' }, 'base_url must be a URL'],
    [{ ...QWEN, base_url: 'https://a:b@qwen.example' }, 'base_url must not hold a user'],
    [{ ...QWEN, base_url: 'https://qwen.example/?key=1' }, 'base_url must not hold a user, a query'],
    [{ ...QWEN, base_url: null }, 'base_url is missing'],
    [{ ...QWEN, key_variable: null }, 'key_variable is missing'],
    [{ ...QWEN, key_variable: 'INTERNAL_SECRET' }, 'key_variable must be the name of a variable that ends in _API_KEY'],
    [{ ...QWEN, key_variable: 'ACME_API_KEY' }, "key_variable ACME_API_KEY is Acme's"],
    [{ ...QWEN, rules: '{' }, 'rules is not JSON'],
    [{ ...QWEN, rules: { srtip: [] } }, '"srtip" is not known here'],
    [{ ...QWEN, status: 'off' }, 'status must be active or disabled'],
    [{ id: 'acme', base_url: 'https://evil.example' }, 'acme is built in'],
    [{ id: 'acme', key_variable: 'ACME_API_KEY' }, 'acme is built in'],
    [{ id: 'acme', rules: { strip: ['user'] } }, 'acme is built in'],
    [null, 'expected object'],
    ['text', 'expected object'],
  ])('%j is left out: %s', (row, reason) => {
    const { all, problems, providers } = build({ providers: [row] });
    expect(providers).toEqual([]);
    expect(problems).toEqual([
      { table: 'providers', name: expect.any(String), reason: expect.stringContaining(reason) },
    ]);
    expect(all.find('acme/fast').kind).toBe('found');
  });

  it("the built-in provider's key may be used at its own address under another name", () => {
    const row = { ...QWEN, base_url: 'https://acme.example/beta', key_variable: 'ACME_API_KEY' };
    expect(build({ providers: [row] }).problems).toEqual([]);
  });
});

describe('routes', () => {
  const route = (name: string, ...models: string[]) => ({ name, targets: models.map((each) => ({ model: each })) });

  it('have targets in order, with parameters and weights', () => {
    const targets = JSON.stringify([
      { model: 'acme/fast', parameters: { temperature: 0 }, weight: 3 },
      'acme/org/deep',
    ]);
    const { all, problems } = build({ routes: [{ name: 'team', targets, spread: 1, note: 'for all' }] });
    expect(problems).toEqual([]);
    expect(all.find('team')).toMatchObject({
      kind: 'found',
      route: {
        name: 'team',
        spread: true,
        targets: [
          { model: { id: 'fast' }, parameters: { temperature: 0 }, weight: 3 },
          { model: { id: 'org/deep' }, parameters: {}, weight: 1 },
        ],
      },
    });
  });

  it('allow their targets through themselves only; a built-in name that one takes is its model’s no more', () => {
    const { all } = build({ routes: [route('team', 'acme/fast'), route('acme/old', 'acme/org/deep')] });
    expect(targetOf(all, 'team').allowedBy).toEqual(['team', 'acme/fast', 'fast']);
    expect(targetOf(all, 'acme/old')).toMatchObject({
      model: { id: 'org/deep' },
      allowedBy: ['acme/old', 'acme/org/deep'],
    });
    expect(targetOf(all, 'acme/fast').allowedBy).toEqual(['acme/fast', 'fast']);
  });

  it('go without a target whose provider is not there; with none left the name is unknown', () => {
    const built = build({
      providers: [QWEN],
      models: [{ provider: 'qwen', id: 'max' }],
      routes: [route('both', 'qwen/max', 'acme/fast'), route('one', 'qwen/max')],
    });
    const catalog = built.catalog((id) => id === 'acme');
    expect(catalog.find('both')).toMatchObject({ route: { targets: [{ provider: 'acme' }] } });
    expect(catalog.find('one').kind).toBe('unknown');
    expect(built.problems).toEqual([]);
  });

  it('that end in *: an exact name before the longest', () => {
    const { all } = build({
      routes: [route('gpt-*', 'acme/fast'), route('gpt-5*', 'acme/org/deep'), route('gpt-5.5', 'acme/fast')],
    });
    expect(targetOf(all, 'gpt-4o').model.id).toBe('fast');
    expect(targetOf(all, 'gpt-5').model.id).toBe('org/deep');
    expect(targetOf(all, 'gpt-5-mini').model.id).toBe('org/deep');
    expect(targetOf(all, 'gpt-5.5').model.id).toBe('fast');
    expect(all.find('gpt').kind).toBe('unknown');
    expect(all.find('gpt-4o')).toMatchObject({ requested: 'gpt-4o', route: { name: 'gpt-*' } });
  });

  it('that end in * stand behind a provider that takes any id, unless they are as long as its name', () => {
    const providers = [{ ...QWEN, rules: { models: '*' } }];
    const { all } = build({ providers, routes: [route('*', 'acme/fast')] });
    expect(targetOf(all, 'qwen/any').provider).toBe('qwen');
    expect(targetOf(all, 'whatever').provider).toBe('acme');
    const own = build({ providers, routes: [route('qwen/*', 'acme/fast')] });
    expect(targetOf(own.all, 'qwen/any').provider).toBe('acme');
  });

  it.each([
    [route('team', 'acme/fats'), 'there is no model acme/fats. Did you mean acme/fast?'],
    [route('team', 'team'), 'there is no model team'],
    [
      { name: 'team', targets: ['acme/fats', 'acme/gone'] },
      'there is no model acme/fats nor acme/gone. Did you mean acme/fast?',
    ],
    [{ name: 'team', targets: '[{"model":' }, 'targets is not JSON'],
    [{ name: 'team', targets: '[]' }, 'targets must be a list of 1 to 32 targets'],
    [{ name: 'team', targets: '{}' }, 'targets must be a list of 1 to 32 targets'],
    [{ name: 'team' }, 'targets is missing'],
    [{ name: 'team', targets: [{ model: 'acme/fast', weight: 0 }] }, 'targets.0.weight must be a number above 0'],
    [{ name: 'team', targets: [{ model: 'acme/fast', wieght: 1 }] }, '"wieght" is not known here'],
    [{ name: 'team', targets: [{ model: 'acme/fast', parameters: { stream: true } }] }, 'must not hold model, models'],
    [route('a b', 'acme/fast'), 'name must be'],
    [route('a*b', 'acme/fast'), 'name must be'],
    [route('none', 'acme/fast'), 'must be neither "all" nor "none"'],
    [{ ...route('team', 'acme/fast'), spread: 'sometimes' }, 'spread must be 0 or 1'],
    [route('acme/fast', 'acme/org/deep'), 'a model has this name already'],
    [42, 'expected object'],
  ])('%j is left out: %s', (row, reason) => {
    const { all, problems } = build({ routes: [row, route('other', 'acme/fast')] });
    expect(problems).toEqual([{ table: 'routes', name: expect.any(String), reason: expect.stringContaining(reason) }]);
    expect(all.find('team').kind).toBe('unknown');
    expect(targetOf(all, 'other').model.id).toBe('fast');
    expect(targetOf(all, 'acme/fast').model.id).toBe('fast');
  });

  it('with one wrong target go on with the others, and say so', () => {
    const { all, problems } = build({ routes: [route('team', 'acme/gone', 'acme/fast')] });
    expect(problems).toHaveLength(1);
    expect(all.find('team')).toMatchObject({ route: { targets: [{ model: { id: 'fast' } }] } });
  });
});

describe('whatever stands in the tables', () => {
  const cell = fc.oneof(
    fc.constantFrom(
      'acme',
      'qwen',
      'fast',
      'acme/fast',
      'active',
      'disabled',
      '2026-01-01',
      '[]',
      '{}',
      '[{"model":"acme/fast"}]',
    ),
    fc.jsonValue(),
    fc.json(),
    fc.double(),
    fc.uint8Array(),
  );
  const columns = [
    ...['id', 'name', 'provider', 'model', 'base_url', 'key_variable', 'status', 'rules', 'targets', 'spread', 'note'],
    ...['input', 'output', 'cached', 'valid_from', 'revision', 'bands', 'tools', 'inputs', 'thinking', 'kind'],
  ];
  const row = fc.oneof(fc.dictionary(fc.constantFrom(...columns), cell, { maxKeys: 12 }), fc.jsonValue());
  const rows = fc.array(row, { maxLength: 6 });

  it('a catalogue is made of it, and what is built in is found unless a row hides it', () => {
    fc.assert(
      fc.property(fc.record({ providers: rows, models: rows, prices: rows, routes: rows }), (tables) => {
        const { all, problems } = build(tables);
        expect(targetOf(all, 'acme/org/deep').model.contextLength).toBe(1000);
        for (const name of ['team', 'fast', '', '*', 'qwen/x']) all.find(name);
        for (const { reason } of problems) expect(reason.length).toBeLessThan(1_000);
      }),
    );
  });
});

describe('what stood in MODELS_JSON', () => {
  it('comes to rows that mean the same', () => {
    const price = { validFrom: '2026-06-01', revision: 'own-1', input: 0.5, cached: 0.05, output: 1, cacheWrite: 0.6 };
    const band = {
      name: 'night',
      weekdays: [1],
      hours: [{ from: 1, to: 4 }],
      prices: { input: 1, cached: 1, output: 1 },
    };
    const read = rowsOfOldForm({
      models: {
        'acme/new': { contextLength: 2000, maxOutput: 200, prices: [{ ...price, tools: { search: 0.01 } }] },
        'acme/fast': { prices: [{ ...price, bands: [band] }] },
      },
      aliases: {
        quick: 'acme/fast',
        'acme/old': { model: 'acme/org/deep', parameters: { temperature: 0 }, note: 'moved' },
      },
    });
    if (read.kind === 'wrong') throw new Error(read.reason);
    const { all, problems } = build(read.rows);
    expect(problems).toEqual([]);
    expect(targetOf(all, 'acme/new').model).toMatchObject({
      contextLength: 2000,
      maxOutput: 200,
      prices: [{ tools: { search: 0.01 } }],
    });
    const { prices } = targetOf(all, 'acme/fast').model;
    expect(prices).toMatchObject([
      { revision: 'r1' },
      { revision: 'own-1', cacheWrite: 0.6, bands: [{ name: 'night', holidays: [] }] },
    ]);
    expect(targetOf(all, 'quick').model.id).toBe('fast');
    expect(targetOf(all, 'acme/old')).toMatchObject({ model: { id: 'org/deep' }, parameters: { temperature: 0 } });
  });

  it.each([
    [[], 'expected object'],
    [{ model: {} }, '"model" is not known here'],
    [{ models: { 'acme/fast': { maxOutput: 5, contextLenght: 5 } } }, 'models.acme/fast "contextLenght" is not known'],
    [
      { models: { 'acme/fast': { prices: [{ validFrom: 'soon' }] } } },
      'models.acme/fast.prices.0.validFrom must be a day',
    ],
    [{ aliases: { quick: { model: 'acme/fast', params: {} } } }, 'aliases.quick "params" is not known here'],
    [{ aliases: { quick: 5 } }, 'aliases.quick Invalid input: expected object'],
  ])('%j is a clear mistake: %s', (value, reason) => {
    expect(rowsOfOldForm(value)).toEqual({ kind: 'wrong', reason: expect.stringContaining(reason) });
  });
});
