import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { executeOn, openMigrated } from './fake-wrangler.ts';
import { runHere } from './run-cli.ts';

/* Providers, models, prices and routes by the command line, on a SQLite in this process in the place of wrangler's. */

const wrangler = vi.hoisted(() => ({ run: vi.fn() }));
vi.mock('../../src/cli/wrangler.ts', async (original) => ({
  ...(await original<object>()),
  runWrangler: wrangler.run,
}));

let database = openMigrated();
let folder = '';

beforeEach(() => {
  database = openMigrated();
  folder = mkdtempSync(join(tmpdir(), 'catalog-'));
  wrangler.run.mockReset().mockImplementation(async (args: string[]) => executeOn(database, args));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

async function runs(...args: string[]) {
  const { code, stdout, stderr } = await runHere(args);
  expect(code, stderr).toBe(0);
  return { stdout, stderr };
}

async function json(...args: string[]) {
  return JSON.parse((await runs(...args, '--json')).stdout);
}

async function fails(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.trimEnd()).not.toContain('\n');
  return stderr;
}

const rows = (statement: string) => database.prepare(statement).all();

describe('npm run routes', () => {
  test('set makes a route, changes what is said and keeps the rest', async () => {
    const { stdout, stderr } = await runs(
      'routes',
      'set',
      'team',
      '--targets',
      'deepseek/deepseek-flash,zai/glm-5',
      '--note',
      'all',
    );
    expect(stdout).toMatch(/targets +\[\{"model":"deepseek\/deepseek-flash"/);
    expect(stderr).toContain('It holds within 60 s.\nThrough wrangler d1 execute');
    await runs('routes', 'set', 'team', '--spread', '--weights', '3,1', '--parameters', '{"temperature":0}');
    expect(rows('SELECT * FROM routes')).toEqual([
      {
        ...{ name: 'team', spread: 1, note: 'all', status: 'active' },
        targets: JSON.stringify([
          { model: 'deepseek/deepseek-flash', parameters: { temperature: 0 }, weight: 3 },
          { model: 'zai/glm-5', parameters: { temperature: 0 }, weight: 1 },
        ]),
      },
    ]);
    expect((await runs('routes', 'list')).stdout).toMatch(
      /^team +deepseek\/deepseek-flash, zai\/glm-5 +by weight +active +all$/m,
    );
    expect((await runs('routes', 'list')).stdout).toMatch(/^claude-\* +deepseek\/deepseek-flash, /m);
    await runs('routes', 'set', 'team', '--no-spread', '--note', 'none');
    expect(await json('routes', 'show', 'team')).toMatchObject({ spread: false, note: null, source: 'database' });
    await runs('routes', 'remove', 'team');
    expect(rows('SELECT * FROM routes')).toEqual([]);
    const actions = rows('SELECT actor, action, target FROM audit').map((row) => Object.values(row).join(' '));
    expect(new Set(actions)).toEqual(new Set(['cli route.set team', 'cli route.remove team']));
  });

  test('a built-in one can be edited and hidden', async () => {
    await runs('routes', 'set', 'claude-*', '--status', 'disabled');
    expect(rows('SELECT name, status FROM routes')).toEqual([{ name: 'claude-*', status: 'disabled' }]);
  });

  test.each([
    [['set', 'team', '--targets', 'deepseek/deepseek-flsh'], /there is no model deepseek\/deepseek-flsh. Did you mean/],
    [['set', 'team'], /^--targets is missing\.$/],
    [['set', 'team', '--targets', ''], /there is no model/],
    [['set', 'team', '--targets', 'zai/glm-5', '--weights', '1,2'], /--weights must have one number for each target/],
    [['set', 'team', '--targets', 'zai/glm-5', '--parameters', '{'], /--parameters is not JSON/],
    [['set', 'team', '--targets', 'zai/glm-5', '--note', ''], /--note has no value/],
    [['set', 'zai/glm-5', '--targets', 'zai/glm-5.3'], /a model has this name already/],
    [['set', 'a b', '--targets', 'zai/glm-5'], /name must be/],
    [['set'], /Say which route/],
    [['show', 'nothing'], /There is no route nothing/],
    [['remove', 'nothing'], /There is no route nothing/],
    [['add', 'team', '--spread', '--no-spread'], /either --spread or --no-spread/],
    [['fly'], /Say what to do/],
  ])('%j is a clear mistake', async (args, message) => {
    expect(await fails('routes', ...args)).toMatch(new RegExp(message.source, 'm'));
    expect(rows('SELECT * FROM routes')).toEqual([]);
  });
});

describe('npm run models', () => {
  test('set corrects what is built in, adds what is not, and adds prices', async () => {
    vi.useFakeTimers({ now: new Date('2026-11-28T12:00:00Z'), toFake: ['Date'] });
    await runs('models', 'set', 'deepseek/deepseek-flash', '--context', '5000', '--price-input', '0.1');
    const { stderr } = await runs(
      ...['models', 'set', 'deepseek/new', '--max-output', '9', '--inputs', 'text,image', '--tools', 'off'],
      ...[
        '--thinking',
        'switch',
        '--kind',
        'chat',
        '--price-input',
        '2',
        '--price-output',
        '3',
        '--valid-from',
        '2026-01-01',
      ],
    );
    expect(stderr).toContain('deepseek/new is new.');
    expect(rows('SELECT id, context_length, max_output, inputs, tools, thinking FROM models ORDER BY id')).toEqual([
      { id: 'deepseek-flash', context_length: 5000, max_output: null, inputs: null, tools: null, thinking: null },
      { id: 'new', context_length: null, max_output: 9, inputs: 'text,image', tools: 0, thinking: '{"kind":"switch"}' },
    ]);
    // What is not said is as in the price that holds, at hours that have none of their own.
    expect(rows('SELECT model, input, cached, output, valid_from, revision FROM prices ORDER BY id')).toEqual([
      {
        ...{ model: 'deepseek-flash', input: 0.1, cached: 0.003, output: 0.6 },
        ...{ valid_from: '2026-11-28T12:00:00.000Z', revision: '2026-11-28-1' },
      },
      { model: 'new', input: 2, cached: null, output: 3, valid_from: '2026-01-01', revision: '2026-01-01-2' },
    ]);
    const { stdout } = await runs('models', 'list');
    expect(stdout).toMatch(/^deepseek\/deepseek-flash +5,000 +0\.1 +0\.003 +0\.6 /m);
    expect(stdout).toMatch(/^deepseek\/new +\? +2 +2 +3 +on\/off +image$/m);
    const shown = await json('models', 'show', 'deepseek/deepseek-flash');
    expect(shown).toMatchObject({
      context_length: 5000,
      source: 'database',
      prices: [{ input: 0.15 }, { input: 0.1 }],
    });
    await runs('models', 'set', 'deepseek/new', '--context', '100', '--inputs', 'none');
    expect(rows(`SELECT context_length, max_output, inputs FROM models WHERE id = 'new'`)).toEqual([
      { context_length: 100, max_output: 9, inputs: null },
    ]);
    await runs('models', 'remove', 'deepseek/new');
    expect(rows('SELECT model FROM prices')).toEqual([{ model: 'deepseek-flash' }]);
  });

  test('what a route leads to is not removed', async () => {
    await runs('models', 'set', 'zai/new', '--context', '5');
    await runs('routes', 'set', 'team', '--targets', 'zai/glm-5,zai/new');
    expect(await fails('models', 'remove', 'zai/new')).toContain('zai/new is what the route team leads to');
    expect(await fails('providers', 'remove', 'zai')).toContain('There is no provider zai in the database');
  });

  test.each([
    [['set', 'nowhere/x', '--context', '5'], 'there is no provider nowhere'],
    [['set', 'zai/x', '--context', 'many'], '--context must be a whole number'],
    [['set', 'zai/x', '--price-input', '0.1234567', '--price-output', '1'], '--price-input must be an amount in USD'],
    [['set', 'zai/x', '--price-input', '1'], '--price-output is missing'],
    [['set', 'zai/x', '--inputs', 'smell'], '--inputs'],
    [
      ['set', 'zai/x', '--valid-from', 'soon', '--price-input', '1', '--price-output', '1'],
      '--valid-from must be a day',
    ],
    [['set', 'zai/x'], 'Say what to set'],
    [['show', 'zai/x'], 'There is no model zai/x'],
    [['import', 'nothing.json'], 'nothing.json cannot be read'],
  ])('%j is a clear mistake, and nothing is half done', async (args, message) => {
    expect(await fails('models', ...args)).toContain(message);
    expect([...rows('SELECT * FROM models'), ...rows('SELECT * FROM prices')]).toEqual([]);
  });

  test('--sql prints the statements and runs nothing', async () => {
    const { stdout } = await runs(
      'models',
      'set',
      'zai/x',
      '--context',
      '5',
      '--price-input',
      '1',
      '--price-output',
      '1',
      '--sql',
    );
    expect(rows('SELECT * FROM models')).toEqual([]);
    database.exec(stdout);
    expect(rows('SELECT id, context_length FROM models')).toEqual([{ id: 'x', context_length: 5 }]);
    expect(rows('SELECT input FROM prices')).toEqual([{ input: 1 }]);
  });

  test('export prints what import takes, and once more changes nothing', async () => {
    await runs('providers', 'add', 'mine', '--preset', 'qwen');
    await runs(
      'models',
      'set',
      'zai/x',
      '--price-input',
      '1',
      '--price-output',
      '1',
      '--price-tools',
      '{"web_search":0.01}',
    );
    await runs('routes', 'set', 'team', '--targets', 'zai/x,mine/qwen3.7-max');
    const file = join(folder, 'catalog.json');
    const exported = (await runs('models', 'export')).stdout;
    writeFileSync(file, exported);
    const all = () => ['providers', 'models', 'prices', 'routes'].map((table) => rows(`SELECT * FROM ${table}`));
    const before = all().map((each) => each.map(({ updated_at: _, ...row }) => row));
    await runs('models', 'import', file);
    expect(all().map((each) => each.map(({ updated_at: _, ...row }) => row))).toEqual(before);
    database = openMigrated();
    expect((await runs('models', 'import', file)).stdout).toMatch(
      /^Imported 1 providers, 7 models, \d prices, 1 routes\.$/m,
    );
    expect((await runs('models', 'export')).stdout).toBe(exported);
  });

  test('export prints rows of plain SQL as they are once they were imported', async () => {
    await runs('routes', 'set', 'team', '--targets', 'deepseek/deepseek-flash');
    database.exec(`UPDATE routes SET status = NULL, spread = NULL;
      INSERT INTO models (provider, id, status) VALUES ('zai', 'x', NULL)`);
    const file = join(folder, 'catalog.json');
    const exported = (await runs('models', 'export')).stdout;
    writeFileSync(file, exported);
    await runs('models', 'import', file);
    expect((await runs('models', 'export')).stdout).toBe(exported);
  });

  test('import takes what stood in MODELS_JSON, all of it or nothing', async () => {
    const file = join(folder, 'models.json');
    const price = { validFrom: '2026-01-01', revision: 'mine-1', input: 2, cached: 0.2, output: 8 };
    const old = {
      models: { 'test/big': { contextLength: 9, maxOutput: 9, prices: [price] } },
      aliases: { quick: 'test/big' },
    };
    writeFileSync(file, JSON.stringify({ ...old, aliases: { quick: 'test/none' } }));
    expect(await fails('models', 'import', file)).toContain('there is no model test/none');
    expect(rows('SELECT * FROM models')).toEqual([]);
    writeFileSync(file, JSON.stringify(old));
    await runs('models', 'import', file);
    expect(rows('SELECT revision, input FROM prices')).toEqual([{ revision: 'mine-1', input: 2 }]);
    const { data } = await json('models', 'list');
    expect(data.find(({ id }: { id: string }) => id === 'quick')).toMatchObject({ alias_of: 'test/big' });
    writeFileSync(file, '{"models": {},\n  "aliases": nothing}');
    expect(await fails('models', 'import', file)).toContain('is not JSON: see line 2, column 14');
    writeFileSync(file, '{"model": []}');
    expect(await fails('models', 'import', file)).toContain('must be an object of providers, models, prices, routes');
  });

  test('while MODELS_JSON is set it is said that it is not read', async () => {
    const { stderr } = await runHere(['models', 'list'], { MODELS_JSON: '{"aliases":{"quick":"test/echo"}}' });
    expect(stderr).toContain('MODELS_JSON is set and no longer read');
  });

  test('list shows what is built in where no database is', async () => {
    wrangler.run.mockReset().mockResolvedValue({ code: 1, stdout: '', stderr: 'no such table: deployment' });
    const { stdout, stderr } = await runs('models', 'list');
    expect(stdout).toContain('deepseek/deepseek-flash');
    expect(stderr).toContain('Only what is built in is shown');
  });
});

describe('npm run providers', () => {
  test('add takes a preset with its models and prices, or an address of its own', async () => {
    const { stderr, stdout } = await runs(
      'providers',
      'add',
      'qwen',
      '--preset',
      'qwen',
      '--base-url',
      'http://127.0.0.1:9/v1',
    );
    expect(stdout).toMatch(/with 6 models and \d prices/);
    expect(stderr).toContain('QWEN_API_KEY=… in .dev.vars');
    expect(rows('SELECT id, base_url, key_variable, status FROM providers')).toEqual([
      { id: 'qwen', base_url: 'http://127.0.0.1:9/v1', key_variable: 'QWEN_API_KEY', status: 'active' },
    ]);
    expect((await runs('models', 'list')).stdout).toMatch(/^qwen\/qwen3\.7-max +1,000,000 +2\.5 +0\.5 +7\.5 /m);
    await runs(
      'providers',
      'add',
      'own',
      '--base-url',
      'https://own.example/v1',
      '--key-variable',
      'OWN_API_KEY',
      '--rules',
      '{"strip":["user"]}',
    );
    await runs('providers', 'set', 'own', '--status', 'disabled');
    expect(await json('providers', 'show', 'own')).toMatchObject({ status: 'disabled', rules: { strip: ['user'] } });
    expect((await runs('providers', 'list')).stdout).toMatch(/^qwen +Qwen \(DashScope\) +active +6 +QWEN_API_KEY/m);
    await runs('providers', 'remove', 'qwen');
    expect(rows('SELECT * FROM models')).toEqual([]);
  });

  test.each([
    [['add', 'own'], '--base-url is missing'],
    [['add', 'own', '--base-url', 'https://own.example'], '--key-variable is missing'],
    [['add', 'own', '--base-url', 'http://own.example', '--key-variable', 'OWN_API_KEY'], '--base-url must be a URL'],
    [
      ['add', 'own', '--base-url', 'https://own.example', '--key-variable', 'SECRET'],
      '--key-variable must be the name',
    ],
    [['add', 'own', '--preset', 'nothing'], 'There is no preset nothing. There are: openai'],
    [['add', 'zai', '--name', 'x'], 'The provider zai is already there'],
    [['set', 'zai', '--base-url', 'https://evil.example'], 'zai is built in'],
    [['show', 'own'], 'There is no provider own'],
  ])('%j is a clear mistake', async (args, message) => {
    expect(await fails('providers', ...args)).toContain(message);
    expect(rows('SELECT * FROM providers')).toEqual([]);
  });
});
