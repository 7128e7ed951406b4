import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runFile } from '../e2e/clone.ts';
import { runHere } from './run-cli.ts';

/* The command line in surroundings that it did not choose: variables, pipes, and what was left out of an install. */

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = join(PROJECT, 'src/cli/main.ts');

describe('ROUTER_URL', () => {
  const secret = { INTERNAL_SECRET: 'a-secret-of-thirty-two-characters-or-more' };
  const commands = [
    ['keys', 'list'],
    ['users', 'list'],
    ['ledger', 'check'],
  ];

  test.each(commands)('(%s %s) over plain http to elsewhere gets no secret', async (...args) => {
    for (const url of ['http://router.example.com', 'http://192.168.1.20:8787', 'http://localhost.example.com']) {
      const { code, stdout, stderr } = await runHere([...args, '--remote'], { ...secret, ROUTER_URL: url });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^ROUTER_URL must begin with https:\/\/.*\n$/);
    }
  });

  test.each(commands)('(%s %s) of another machine is meant only with --remote', async (...args) => {
    const { code, stderr } = await runHere(args, { ...secret, ROUTER_URL: 'https://router.example.com/x' });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'ROUTER_URL is https://router.example.com, which is not this machine: add --remote if you mean it.\n',
    });
  });

  test('that is no address is told', async () => {
    const { code, stderr } = await runHere(['keys', 'list', '--remote'], { ...secret, ROUTER_URL: 'router' });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^ROUTER_URL must be an address.*\n$/) });
  });
});

test('CLOUDFLARE_ENV means what --env means', async () => {
  const { code, stderr } = await runHere(['keys', 'list'], { CLOUDFLARE_ENV: 'staging' });
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('no environment "staging"') });
});

test('a reader that has seen enough is no error', async () => {
  const child = spawn(process.execPath, [MAIN, 'models', 'list', '--json'], { cwd: PROJECT });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  // Which way was taken is said there, and in a new clone that there is no database yet; of the pipe not a word.
  const words = stderr.split('\n').filter((line) => !/^(Through |Only what is built in is shown: |$)/.test(line));
  expect({ code, words }).toEqual({ code: 0, words: [] });
});

describe('in a copy of its own', () => {
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'router-bare-'));
    for (const name of ['src', 'migrations', 'package.json', 'wrangler.jsonc', '.dev.vars.example']) {
      await cp(join(PROJECT, name), join(folder, name), { recursive: true });
    }
    // What `npm install --omit=dev` brings.
    await mkdir(join(folder, 'node_modules'));
    for (const name of ['drizzle-orm', 'zod', 'hono']) {
      await symlink(join(PROJECT, 'node_modules', name), join(folder, 'node_modules', name));
    }
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const run = (args: string[], env: Record<string, string> = {}) =>
    runFile(process.execPath, ['src/cli/main.ts', ...args], folder, {
      ...process.env,
      ...{ ROUTER_URL: '', INTERNAL_SECRET: '', PORT: '1', ...env },
    });

  test.each([['keys list'], ['users create ann'], ['usage'], ['start'], ['deploy']])(
    'without development dependencies "%s" says what to install',
    async (line) => {
      expect(await run(line.split(' '))).toEqual({
        code: 1,
        stdout: '',
        stderr: 'Wrangler is not installed. Run: npm install --include=dev\n',
      });
    },
  );

  test('the secret of an environment is that of its own file, as wrangler has it', async () => {
    await writeFile(join(folder, 'wrangler.jsonc'), '{ "name": "x", "env": { "staging": {}, "trial": {} } }');
    await writeFile(join(folder, '.dev.vars'), 'INTERNAL_SECRET=of-the-top');
    await writeFile(join(folder, '.dev.vars.staging'), 'INTERNAL_SECRET=of-staging');
    const script = [
      "const { findRouter } = await import('./src/cli/router.ts');",
      "const { readPlace } = await import('./src/cli/place.ts');",
      'for (const env of [undefined, "staging", "trial"]) console.log((await findRouter(readPlace({ env }))).router.secret);',
    ].join('\n');
    const env = { ...process.env, ROUTER_URL: '', INTERNAL_SECRET: '' };
    const ran = await runFile(process.execPath, ['--input-type=module', '-e', script], folder, env);
    expect(ran).toEqual({ code: 0, stdout: 'of-the-top\nof-staging\nof-the-top\n', stderr: '' });
  });
});
