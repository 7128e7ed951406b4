import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashSecret } from '../../src/keys/secret.ts';
import { runCli, runWranglerCli } from '../cli/run-cli.ts';

/* The command line as npm starts it, on a D1 that wrangler holds. Each call takes a second or two, so they are few. */

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'router-cli-'));
  const applied = await runWranglerCli(['d1', 'migrations', 'apply', 'DB', '--local', '--persist-to', folder]);
  expect(applied.code, applied.stderr).toBe(0);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const cli = (...args: string[]) => runCli([...args, '--persist-to', folder]);

/** Runs statements as the README shows it. */
async function execute(statements: string): Promise<Record<string, unknown>[]> {
  const flags = ['--local', '--persist-to', folder, '--json', '--command', statements];
  const { code, stdout, stderr } = await runWranglerCli(['d1', 'execute', 'DB', ...flags]);
  expect(code, stderr + stdout).toBe(0);
  return JSON.parse(stdout).at(-1).results;
}

describe('the command line on a D1 of wrangler', () => {
  test('says how to bring a database up to date that has no tables', async () => {
    const empty = await mkdtemp(join(folder, 'empty-'));
    const { code, stdout, stderr } = await runCli(['keys', 'list', '--persist-to', empty]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^The database refused: no such table.* npx wrangler d1 migrations apply DB --local --persist-to \S+\n$/,
    );
  });

  test('makes a key and rotates it, whatever variables the shell has for wrangler', async () => {
    const shell = { WRANGLER_LOG: 'error', WRANGLER_LOG_SANITIZE: 'false', FORCE_COLOR: '3', CI: '' };
    const flags = [
      '--name',
      'x@-1',
      '--budget-day',
      '0.1',
      '--models',
      'zai/glm-5,deepseek/*',
      '--json',
      '--persist-to',
      folder,
    ];
    const { code, stdout, stderr } = await runCli(['keys', 'create', '--username', 'admin', ...flags], shell);
    expect(code, stderr).toBe(0);
    const { id, key } = JSON.parse(stdout);
    expect(key).toMatch(/^sk-[0-9A-Za-z]{49}$/);
    const rotation = ['keys', 'rotate', id, '--grace', '0s', '--json', '--persist-to', folder];
    const rotated = JSON.parse((await runCli(rotation, { ...shell, WRANGLER_LOG: 'none' })).stdout);
    const [row] = await execute(`SELECT hash, previous_hash FROM api_keys WHERE id = '${id}'`);
    expect(row).toEqual({ hash: await hashSecret(rotated.key), previous_hash: await hashSecret(key) });
    const shown = JSON.parse((await cli('keys', 'show', id, '--json')).stdout);
    expect(shown).toMatchObject({
      id,
      owner: 'admin',
      name: 'x@-1',
      budget_day_usd: 0.1,
      models: ['zai/glm-5', 'deepseek/*'],
    });
  });

  test('--sql prints statements that wrangler runs as they stand', async () => {
    const { code, stdout, stderr } = await cli('keys', 'create', '--username', 'eve', '--rpm', '7', '--sql');
    expect(code).toBe(0);
    const secret = /sk-[0-9A-Za-z]{49}/.exec(stderr)?.[0] ?? '';
    expect(stdout).not.toContain(secret);
    const select = "SELECT hash, rpm, users.status FROM api_keys JOIN users ON owner = users.name WHERE owner = 'eve'";
    expect(await execute(`${stdout}${select}`)).toEqual([{ hash: await hashSecret(secret), rpm: 7, status: 'active' }]);
  });

  test('a mistake that only the database can see is one line, and changes nothing', async () => {
    const made = await cli('users', 'create', 'eve');
    expect(made).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(/^The user eve is already there.*\n$/) });
  });
});
