import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fate, type FaultyProvider, startFaultyProvider } from '../faults/faulty-provider.ts';
import { type Ran, runFile } from './clone.ts';
import { callInternal, type Home, killRouter, makeHome, SECRET, startRouter } from './kill-router.ts';

/* The recipes of models-and-routes.md, as they stand there: their own commands, against providers of this machine. */

const PAPER = fileURLToPath(new URL('../../.github/docs/models-and-routes.md', import.meta.url));
const NAMES = ['deepseek', 'zai', 'acme'] as const;

let home: Home;
let key = '';
let paper = '';
const doubles: Partial<Record<(typeof NAMES)[number], FaultyProvider>> = {};

function double(name: (typeof NAMES)[number]): FaultyProvider {
  const found = doubles[name];
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

/** The blocks of one language in a recipe. */
function blocksIn(recipe: string, language: 'sh' | 'ini'): string[] {
  const start = paper.indexOf(`### ${recipe}\n`);
  if (start < 0) throw new Error(`There is no recipe '${recipe}'.`);
  const end = paper.slice(start + 4).search(/^##/m);
  const text = end < 0 ? paper.slice(start) : paper.slice(start, start + 4 + end);
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, block = '']) => block);
}

/** Runs a block as a person would who has this router, this key, and a provider where the recipe names one. */
async function run(block: string): Promise<Ran> {
  const commands = block
    .replaceAll('http://127.0.0.1:8787', `http://127.0.0.1:${home.port}`)
    .replaceAll('https://api.acme.example/v1', double('acme').url);
  const env = { ...process.env, KEY: key, ROUTER_URL: `http://127.0.0.1:${home.port}`, INTERNAL_SECRET: SECRET };
  const ran = await runFile('bash', ['-ec', commands], home.folder, env);
  expect(ran.code, ran.stdout + ran.stderr).toBe(0);
  return ran;
}

const header = (answer: string, name: string) => new RegExp(`^${name}: (.*)\r$`, 'im').exec(answer)?.[1];
const fails = (fate: Fate) => () => fate;

beforeAll(async () => {
  paper = await readFile(PAPER, 'utf8');
  for (const name of NAMES) doubles[name] = await startFaultyProvider();
  home = await makeHome();
  const lines = [
    ...blocksIn('Two accounts of one provider', 'ini'),
    ...blocksIn('A provider that this router has never heard of', 'ini'),
  ];
  const variables = lines
    .flatMap((block) => block.trim().split('\n'))
    .map((line): [string, string] => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    });
  await startRouter(home, {
    ...Object.fromEntries(variables),
    DEEPSEEK_BASE_URL: double('deepseek').url,
    ZAI_BASE_URL: double('zai').url,
    ZAI_API_KEY: 'key-of-zai',
  });
  ({ key } = await callInternal(home.port, 'POST', '/internal/keys', { username: 'cook' }));
}, 240_000);

afterAll(async () => {
  await killRouter();
  for (const name of NAMES) double(name).close();
});

describe('the recipes do what they say', { timeout: 120_000 }, () => {
  it('a name for your team, and a provider that steps in', async () => {
    const [setUp = '', ask = ''] = blocksIn('A name for your team, and a provider that steps in', 'sh');
    await run(setUp);
    expect(header((await run(ask)).stdout, 'x-llm-model')).toBe('deepseek-flash');
    double('deepseek').decide(fails('hangs up'));
    const { stdout } = await run(ask);
    double('deepseek').decide(fails('serves'));
    expect(stdout).toMatch(/^HTTP\/1.1 200/);
    expect(header(stdout, 'x-llm-model')).toBe('glm-5.3-flash');
    expect(stdout).toContain('this is for');
  });

  it('two accounts of one provider', async () => {
    const [ask = ''] = blocksIn('Two accounts of one provider', 'sh');
    const used = () => double('deepseek').calls.at(-1)?.credential ?? '';
    await run(ask);
    const first = used();
    expect(['sk-of-account-a', 'sk-of-account-b']).toContain(first);
    await run(ask);
    expect(used()).toBe(first);
    double('deepseek').decide((credential) => (credential === first ? 'answers 429' : 'serves'));
    const { stdout } = await run(ask);
    double('deepseek').decide(fails('serves'));
    expect(header(stdout, 'x-llm-attempts')).toBe('2');
    expect(used()).not.toBe(first);
  });

  it('a provider that this router has never heard of', async () => {
    const [setUp = '', ask = ''] = blocksIn('A provider that this router has never heard of', 'sh');
    await run(setUp);
    const { stdout } = await run(ask);
    expect(header(stdout, 'x-llm-provider')).toBe('acme');
    expect(header(stdout, 'x-llm-cost-usd')).not.toBe('0');
    expect(double('acme').calls.at(-1)?.credential).toBe('key-of-acme');
    const [, askTeam = ''] = blocksIn('A name for your team, and a provider that steps in', 'sh');
    expect(header((await run(askTeam)).stdout, 'x-llm-provider')).toBe('acme');
  });
});
