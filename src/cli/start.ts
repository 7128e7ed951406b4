import { noPositional, readArguments } from './arguments.ts';
import { assertFree, HOST, startDevServer, waitUntilReady } from './dev-server.ts';
import { ensureDevVars } from './dev-vars.ts';
import { type FirstKeys, firstKeys } from './first-keys.ts';
import { Mistake } from './mistake.ts';
import { note, say } from './print.ts';
import { readTarget, TARGET_OPTIONS, type Target } from './target.ts';
import { assertInstalled, runWrangler, targetFlags } from './wrangler.ts';

const HELP = `npm start
Runs the router on this machine, at http://${HOST}:8787. PORT=9000 npm start takes another port.

1. Makes .dev.vars from .dev.vars.example if there is none, with a random INTERNAL_SECRET.
2. Applies the migrations to the local database in .wrangler/state.
3. Makes the user admin with a first key, one for Cursor and one for agents, if there are no keys yet.
4. Starts wrangler dev, waits until the router answers, and prints how to use it.

It needs no network and no provider key: test/echo and its siblings answer out of the Worker.
Ctrl-C stops all of it; data and keys stay.

  --persist-to DIR   keep the local state somewhere else
  --env E            a named environment of wrangler.jsonc`;

function readPort(): number {
  const text = process.env['PORT'] || '8787';
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) {
    throw new Mistake(`PORT must be a number from 1 to 65535, and is "${text}": PORT=9000 npm start`);
  }
  return port;
}

async function applyMigrations(target: Target): Promise<void> {
  const { code, stdout, stderr } = await runWrangler(['d1', 'migrations', 'apply', 'DB', ...targetFlags(target)]);
  if (code === 0) return;
  note(stdout + stderr);
  throw new Mistake('The local database could not be brought up to date. What wrangler said stands above.');
}

/** Many clients forget what a thinking model thought between two calls of tools. */
function agentKey({ reasoning }: FirstKeys): string {
  if (reasoning === undefined) return '';
  return `For agents that call tools (the openai SDK in a loop, LangChain, Continue and others that drop reasoning):

  Key        ${reasoning}
  It gives DeepSeek and Kimi their reasoning back, which they want and such clients forget.

`;
}

function howToUse(port: number, keys: FirstKeys | null): string {
  const base = `http://${HOST}:${port}/api/v1`;
  const router = port === 8787 ? '' : `ROUTER_URL=http://${HOST}:${port} `;
  const another = `${router}npm run keys -- create --username admin`;
  if (keys === null) {
    return `
LLM Router is running.

  Base URL   ${base}
  Keys       your keys are kept: npm run keys -- list
  Another    ${another}
`;
  }
  return `
LLM Router is running.

  Base URL   ${base}
  Key        ${keys.default}

Try it:

curl ${base}/chat/completions \\
  -H "Authorization: Bearer ${keys.default}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "test/echo", "messages": [{"role": "user", "content": "Hello, router"}]}'

${agentKey(keys)}Cursor, under Settings, Models:

  OpenAI API Key             ${keys.cursor}
  Override OpenAI Base URL   ${base}
  Add model                  test/reason

  Cursor calls from its own servers, so give it the address of your deployment there (npm run deploy).

Providers' keys go into .dev.vars. Another key of your own: ${another}
Ctrl-C stops the router; data and keys stay.
`;
}

/** Resolves when the person, the system or the parent wants the end. */
function askedToStop(): Promise<void> {
  const parent = process.ppid;
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
    // npm's shell may die of a signal without passing it on.
    setInterval(() => process.ppid !== parent && resolve(), 500).unref();
  });
}

async function serve(port: number, target: Target): Promise<number> {
  const stopping = askedToStop();
  // wrangler dev is always local, and does not know the flag.
  const server = startDevServer(
    port,
    targetFlags(target).filter((flag) => flag !== '--local'),
  );
  try {
    // Side by side: each of them takes seconds.
    const ready = Promise.all([firstKeys(target), waitUntilReady(server, port)]);
    const outcome = await Promise.race([ready, stopping]);
    if (outcome === undefined) return 0;
    say(howToUse(port, outcome[0]));
    server.show();
    const code = await Promise.race([server.ended, stopping.then(() => 0)]);
    if (code !== 0) throw new Mistake(`wrangler dev ended by itself with code ${code}.`);
    return 0;
  } finally {
    await server.stop();
  }
}

/** `npm start`. */
export async function run(args: string[]): Promise<number> {
  const { remote, env, 'persist-to': persistTo, help } = TARGET_OPTIONS;
  const { values, positionals } = readArguments(args, { remote, env, 'persist-to': persistTo, help });
  if (values.help) {
    say(HELP);
    return 0;
  }
  noPositional(positionals);
  const target = readTarget(values);
  if (target.remote) throw new Mistake('npm start runs the router on this machine. To deploy it: npm run deploy');
  assertInstalled();
  const port = readPort();
  await assertFree(port);
  if (await ensureDevVars(target.env)) note('Made .dev.vars with a new INTERNAL_SECRET.');
  note('Bringing the local database up to date …');
  await applyMigrations(target);
  note('Starting …');
  return await serve(port, target);
}
