import { spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCloudflare } from '../support/cloudflare-double.ts';
import { makeClone, type Ran, runFile } from './clone.ts';

/*
 * The whole of `npm run deploy` against a double of Cloudflare's API: resources, migrations, secrets, the upload.
 * In a terminal, since wrangler writes into its configuration only where somebody could answer its questions.
 */

const WRANGLER = 'node_modules/wrangler/bin/wrangler.js';

let clone = '';
let cloudflare: Awaited<ReturnType<typeof startCloudflare>>;
let environment: NodeJS.ProcessEnv = {};

beforeAll(async () => {
  clone = await makeClone();
  cloudflare = await startCloudflare();
  const { CI: _, ...inherited } = process.env;
  const quiet = { WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true', WRANGLER_WRITE_LOGS: 'false' };
  environment = { ...inherited, ...quiet, ...cloudflare.environment, ROUTER_URL: '', INTERNAL_SECRET: '', PORT: '1' };
  const git = (...args: string[]) =>
    runFile('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], clone);
  await git('init', '--quiet');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'all');
});

afterAll(async () => {
  await cloudflare.stop();
  await rm(clone, { recursive: true, force: true });
});

const node = (...args: string[]): Promise<Ran> => runFile(process.execPath, args, clone, environment);

/** Runs our command line in a terminal, and says yes to whatever it asks. */
function inTerminal(...args: string[]): Promise<{ code: number | null; output: string }> {
  const line = [process.execPath, 'src/cli/entry.mjs', ...args].join(' ');
  const child =
    process.platform === 'linux'
      ? spawn('script', ['--quiet', '--return', '--flush', '--command', line, '/dev/null'], {
          cwd: clone,
          env: environment,
        })
      : spawn(process.execPath, ['src/cli/entry.mjs', ...args], { cwd: clone, env: environment });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  // Whatever is asked, the answer offered is yes; a line end that nobody waits for does nothing.
  const typing = setInterval(() => child.stdin.write('\r'), 1_000);
  return new Promise((resolve) => {
    child.once('close', (code) => {
      clearInterval(typing);
      resolve({ code, output });
    });
  });
}

async function changedFiles(): Promise<string> {
  return (await runFile('git', ['status', '--porcelain'], clone)).stdout;
}

/** The bindings of the Worker that was uploaded last, by name. */
function bindings(worker: string): Map<string, Record<string, unknown>> {
  const metadata = cloudflare.account.workers.get(worker)?.metadata ?? {};
  const list = (metadata['bindings'] ?? []) as { name: string }[]; // as the double keeps them
  return new Map(list.map((binding) => [binding.name, { ...binding }]));
}

/** Every resource of the account, by what it is called. */
function resources(): string[] {
  const { databases, namespaces, queues } = cloudflare.account;
  return [...databases.keys(), ...namespaces.keys(), ...queues.keys()];
}

describe('npm run deploy', () => {
  const made = ['llm-router', 'llm-router-key-cache', 'llm-router-logs', 'llm-router-dead-letters'];
  let localKey = '';

  test('that fails at its upload has made its resources, and says so by its exit code', async () => {
    expect((await node(WRANGLER, 'd1', 'migrations', 'apply', 'DB', '--local')).code).toBe(0);
    const created = await node('src/cli/entry.mjs', 'keys', 'create', '--username', 'ann', '--json');
    localKey = JSON.parse(created.stdout).id;
    cloudflare.account.broken = /^PUT \/workers\/scripts\/llm-router$/;
    const { code, output } = await inTerminal('deploy');
    cloudflare.account.broken = null;
    expect(code, output).not.toBe(0);
    expect(resources()).toEqual(made);
    expect(cloudflare.account.workers.size).toBe(0);
  });

  test('then finds them, brings the database up to date and uploads the Worker with all that it needs', async () => {
    const { code, output } = await inTerminal('deploy');
    expect(code, output).toBe(0);
    expect(resources()).toEqual(made);
    const { account } = cloudflare;
    const tables = account.databases
      .get('llm-router')
      ?.sqlite.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .all();
    expect(tables?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['users', 'api_keys', 'request_logs', 'audit']),
    );
    const own = bindings('llm-router');
    expect(own.get('DB')).toMatchObject({ type: 'd1', id: account.databases.get('llm-router')?.uuid });
    expect(own.get('KEY_CACHE')).toMatchObject({ namespace_id: account.namespaces.get('llm-router-key-cache')?.id });
    expect(own.get('LOG_QUEUE')).toMatchObject({ queue_name: 'llm-router-logs' });
    expect(own.get('KEY_LEDGER')).toMatchObject({ class_name: 'KeyLedger' });
    expect(account.workers.get('llm-router')).toMatchObject({
      uploads: 1,
      schedules: [expect.objectContaining({ cron: '* * * * *' })],
    });
    expect(account.workers.get('llm-router')?.size).toBeGreaterThan(100_000);
    const consumed = [...account.queues.values()].flatMap(({ queue_name, consumers }) =>
      consumers.map(() => queue_name),
    );
    expect(consumed).toEqual(['llm-router-logs', 'llm-router-dead-letters']);
  });

  test('a second time finds what the first made, and keeps the secrets', async () => {
    const secret = 'a-secret-of-thirty-two-characters-or-more';
    const put = await runFile(
      'sh',
      ['-c', `printf %s ${secret} | ${process.execPath} ${WRANGLER} secret put INTERNAL_SECRET`],
      clone,
      environment,
    );
    expect(put.code, put.stderr).toBe(0);
    const before = bindings('llm-router');
    const { code, output } = await inTerminal('deploy');
    expect(code, output).toBe(0);
    expect(resources()).toEqual(made);
    const worker = cloudflare.account.workers.get('llm-router');
    expect(worker).toMatchObject({ uploads: 2 });
    expect(worker?.secrets.get('INTERNAL_SECRET')).toBe(secret);
    expect(bindings('llm-router')).toEqual(before);
    for (const { consumers } of cloudflare.account.queues.values()) expect(consumers).toHaveLength(1);
  });

  test('makes an environment resources of its own', async () => {
    const path = join(clone, 'wrangler.jsonc');
    const text = await readFile(path, 'utf8');
    const staging = `"env": { "staging": {
      "d1_databases": [{ "binding": "DB", "database_name": "staging-db", "migrations_dir": "migrations" }],
      "kv_namespaces": [{ "binding": "KEY_CACHE" }],
      "durable_objects": { "bindings": [{ "name": "KEY_LEDGER", "class_name": "KeyLedger" }, { "name": "CONVERSATION_MEMORY", "class_name": "ConversationMemory" }] },
      "queues": { "producers": [{ "binding": "LOG_QUEUE", "queue": "q1" }, { "binding": "DEAD_LETTERS", "queue": "q2" }], "consumers": [{ "queue": "q1", "dead_letter_queue": "q2" }, { "queue": "q2" }] },
    } },`;
    await writeFile(path, text.replace('"send_metrics"', `${staging}\n  "send_metrics"`));
    const edited = await readFile(path, 'utf8');
    const { code, output } = await inTerminal('deploy', '--env', 'staging');
    expect(code, output).toBe(0);
    expect(resources()).toEqual(
      expect.arrayContaining([...made, 'staging-db', 'llm-router-staging-key-cache', 'q1', 'q2']),
    );
    expect(bindings('llm-router-staging').get('DB')).toMatchObject({
      id: cloudflare.account.databases.get('staging-db')?.uuid,
    });
    expect(await readFile(path, 'utf8')).toBe(edited);
    await writeFile(path, text);
  });

  test('leaves no file changed, and the local data in reach', async () => {
    expect(await changedFiles()).toBe('');
    const listed = await node('src/cli/entry.mjs', 'keys', 'list', '--json');
    expect(JSON.parse(listed.stdout)).toMatchObject([{ id: localKey, owner: 'ann' }]);
  });
});
