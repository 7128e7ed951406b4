import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort, makeClone, type Ran, runFile } from './clone.ts';

let clone = '';
let port = 0;
let environment: NodeJS.ProcessEnv = {};
const running = new Set<number>();

beforeAll(async () => {
  clone = await makeClone();
  port = await freePort();
  environment = { ...process.env, PORT: String(port), ROUTER_URL: '', INTERNAL_SECRET: '' };
});

afterAll(async () => {
  for (const pid of running) process.kill(-pid, 'SIGKILL');
  await rm(clone, { recursive: true, force: true });
});

/** `npm start` in the clone: what it printed until it was ready, and Ctrl-C. */
async function start() {
  const child = spawn('npm', ['start'], { cwd: clone, env: environment, detached: true });
  const pid = child.pid ?? 0;
  running.add(pid);
  let output = '';
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<number | null>();
  const take = (chunk: Buffer) => {
    output += chunk.toString();
    if (output.includes('LLM Router is running')) setTimeout(ready.resolve, 300);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  child.once('exit', (code) => {
    running.delete(pid);
    ended.resolve(code);
    ready.reject(new Error(`npm start ended:\n${output}`));
  });
  await ready.promise;
  return {
    output: () => output,
    /** What a terminal does: the signal goes to every process of the group. */
    async pressCtrlC() {
      process.kill(-pid, 'SIGINT');
      return await ended.promise;
    },
  };
}

/** A script of package.json, as the README shows it. */
async function npm(...args: string[]): Promise<Ran> {
  return await runFile('npm', ['run', '--silent', ...args], clone, environment);
}

/** The same without npm around it, which takes half a second more. */
async function cli(...args: string[]): Promise<Ran> {
  return await runFile(process.execPath, ['src/cli/entry.mjs', ...args], clone, environment);
}

async function plainSql(statement: string): Promise<void> {
  const args = ['wrangler', 'd1', 'execute', 'DB', '--command', statement];
  const { code, stderr } = await runFile('npx', args, clone, environment);
  expect(code, stderr).toBe(0);
}

async function chatStatus(key: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'test/echo', messages: [{ role: 'user', content: 'hi' }] }),
  });
  await response.arrayBuffer();
  return response.status;
}

async function isListening(): Promise<boolean> {
  const probe = createServer();
  return await new Promise((resolve) => {
    probe.once('error', () => resolve(true));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(false)));
  });
}

describe('npm start in a fresh clone', () => {
  let first: Awaited<ReturnType<typeof start>>;
  let baseURL = '';
  let key = '';
  let cursorKey = '';
  let made = { id: '', key: '' };
  let changedBySqlAt = 0;

  test('answers, and prints a base URL, a key, a curl and the fields for Cursor', async () => {
    first = await start();
    baseURL = /Base URL\s+(\S+)/.exec(first.output())?.[1] ?? '';
    key = /Key\s+(sk-[0-9A-Za-z]{49})/.exec(first.output())?.[1] ?? '';
    expect(baseURL).toBe(`http://127.0.0.1:${port}/api/v1`);
    const agentKey = /For agents [^\n]*\n\n +Key +(sk-[0-9A-Za-z]{49})\n/.exec(first.output())?.[1] ?? '';
    expect(await chatStatus(agentKey)).toBe(200);
    cursorKey = /OpenAI API Key +(sk-[0-9A-Za-z]{49})\n/.exec(first.output())?.[1] ?? '';
    const id = /Its id +(key_\w{26})\n/.exec(first.output())?.[1];
    expect(JSON.parse((await cli('keys', 'list', '--json')).stdout)).toContainEqual(
      expect.objectContaining({ id, name: 'first' }),
    );
    expect(first.output()).toMatch(new RegExp(`Console +http://127\\.0\\.0\\.1:${port}/admin .*\\.dev\\.vars`));
    expect(first.output()).toMatch(/ sk-\w{49}\n +Override OpenAI Base URL +http.*\n +Add a custom model +test\//);
    expect(first.output()).toMatch(
      new RegExp(`Set up Cursor, Claude Code, Codex, .*: open http://127\\.0\\.0\\.1:${port}/\n`),
    );
    const secret = /^INTERNAL_SECRET=(.+)$/m.exec(await readFile(join(clone, '.dev.vars'), 'utf8'))?.[1] ?? '';
    expect(secret.length).toBeGreaterThanOrEqual(32);
  });

  test('the curl works as pasted', async () => {
    const curl = /^curl (?:.*\\\n)*.*$/m.exec(first.output())?.[0] ?? '';
    const { stdout } = await runFile('sh', ['-c', curl], clone);
    expect(JSON.parse(stdout)).toMatchObject({ choices: [{ message: { content: 'Hello, router' } }] });
  });

  test("OpenAI's client works with the printed base URL and key, streaming and not", async () => {
    const client = new OpenAI({ baseURL, apiKey: key });
    const messages = [{ role: 'user' as const, content: 'one two three' }];
    const whole = await client.chat.completions.create({ model: 'test/echo', messages });
    expect(whole.choices[0]?.message.content).toBe('one two three');
    let text = '';
    for await (const chunk of await client.chat.completions.create({ model: 'test/echo', messages, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? '';
    }
    expect(text).toBe('one two three');
    const ids = (await client.models.list()).data.map((model) => model.id);
    expect(ids).toEqual(expect.arrayContaining(['test/echo', 'test/reason', 'test/tool', 'test/slow', 'test/error']));
  });

  test('a body that is too large is refused, and the router lives on', async () => {
    const body = new Blob([new Uint8Array(13_000_000).fill(32)]).stream();
    const init = { method: 'POST', headers: { authorization: `Bearer ${key}` }, body, duplex: 'half' as const };
    expect((await fetch(`${baseURL}/chat/completions`, init)).status).toBe(413);
    expect(await chatStatus(key)).toBe(200);
  });

  test('keys of the command line work at once, and change with the next request', async () => {
    // For the test after this one: what is changed behind the router's back takes its time.
    expect(await chatStatus(cursorKey)).toBe(200);
    await plainSql("UPDATE api_keys SET status = 'disabled' WHERE purpose = 'cursor'");
    changedBySqlAt = Date.now();

    const { code, stdout, stderr } = await npm('keys', '--', 'create', '--username', 'bea', '--json');
    expect(code, stderr).toBe(0);
    made = JSON.parse(stdout);
    expect(await chatStatus(made.key)).toBe(200);
    expect((await cli('keys', 'set', made.id, '--models', 'deepseek/*')).stderr).toContain('next request');
    expect(await chatStatus(made.key)).toBe(403);
    expect((await cli('keys', 'revoke', made.id)).stderr).toContain('next request');
    expect(await chatStatus(made.key)).toBe(401);
  });

  test('commands beside a router under load see no error, and the router answers none', async () => {
    let isOver = false;
    const statuses = new Set<number>();
    const client = async () => {
      while (!isOver) statuses.add(await chatStatus(key));
    };
    const load = Array.from({ length: 4 }, client);
    for (let count = 0; count < 5; count += 1) {
      const { code, stdout, stderr } = await cli('keys', 'list', '--json');
      expect(code, stderr).toBe(0);
      expect(JSON.parse(stdout).length).toBeGreaterThan(2);
      expect(stderr).toBe(`Through the router at http://127.0.0.1:${port}.\n`);
      const set = await cli('keys', 'create', '--username', `load${count}`, '--json');
      expect(set.code, set.stderr).toBe(0);
    }
    isOver = true;
    await Promise.all(load);
    expect([...statuses]).toEqual([200]);
  });

  test('a second router on the same folder is refused, since two would write one ledger', async () => {
    const second = await runFile('npm', ['start', '--silent'], clone, {
      ...environment,
      PORT: String(await freePort()),
    });
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining(`A router on port ${port} already uses`) });
    expect(second.stderr).toContain('--persist-to');
  });

  test('a second router on the same port is refused with what to do', async () => {
    const other = ['start', '--silent', '--', '--persist-to', 'other'];
    const second = await runFile('npm', other, clone, environment);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`PORT=${port + 1} npm start`);
  });

  test('plain SQL counts within a minute', async () => {
    while ((await chatStatus(cursorKey)) === 200) {
      expect(Date.now() - changedBySqlAt).toBeLessThan(60_000);
      await sleep(500);
    }
    await plainSql("UPDATE api_keys SET status = 'active' WHERE purpose = 'cursor'");
    await sleep(1100);
    expect(await chatStatus(cursorKey)).toBe(200);
  });

  test('Ctrl-C ends all of it', async () => {
    await first.pressCtrlC();
    expect(await isListening()).toBe(false);
    const { stdout } = await runFile('ps', ['-eo', 'args'], clone);
    expect(stdout.split('\n').filter((line) => line.includes(clone))).toEqual([]);
  });

  test('a second start keeps the data and the key, and says how to make another', async () => {
    const second = await start();
    expect(second.output()).toContain(key);
    expect(second.output()).toContain('npm run keys -- create');
    expect(await chatStatus(key)).toBe(200);
    expect(await chatStatus(cursorKey)).toBe(200);
    const keys = JSON.parse((await cli('keys', 'list', '--json')).stdout);
    const first = keys.filter(({ owner }: { owner: string }) => owner === 'admin');
    const names = first.map(({ name, purpose }: { name: string; purpose: string }) => `${name} ${purpose}`);
    expect(names.toSorted()).toEqual(['first default', 'first-cursor cursor', 'first-reasoning reasoning']);
    expect(keys).toContainEqual(expect.objectContaining({ id: made.id, owner: 'bea', status: 'revoked' }));
    await second.pressCtrlC();
  });

  test('npm start -- --help says what it does and starts nothing', async () => {
    const help = await runFile('npm', ['start', '--silent', '--', '--help'], clone, environment);
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('.dev.vars') });
    expect(existsSync(join(clone, '.dev.vars'))).toBe(true);
    expect(await isListening()).toBe(false);
  });
});
