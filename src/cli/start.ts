import { CLIENTS } from '../connect/clients.ts';
import { cursor } from '../connect/cursor.ts';
import { noPositional, readArguments } from './arguments.ts';
import { databaseWay } from './database-way.ts';
import { assertFree, HOST, startDevServer, waitUntilReady } from './dev-server.ts';
import { devVarsName, ensureDevVars, readDevVars } from './dev-vars.ts';
import { type FirstKeys, firstKeys } from './first-keys.ts';
import { Mistake } from './mistake.ts';
import { openWayTo } from './open-way.ts';
import { PLACE_OPTIONS, type Place, readPlace } from './place.ts';
import { note, say } from './print.ts';
import { LOCAL_FOLDER } from './project.ts';
import { holdFolder } from './start-lock.ts';
import { assertInstalled, placeFlags, runWrangler } from './wrangler.ts';

const HELP = `npm start
Runs the router on this machine, at http://${HOST}:8787. PORT=9000 npm start takes another port.

1. Makes .dev.vars from .dev.vars.example if there is none, with a random INTERNAL_SECRET.
2. Applies the migrations to the local database in .wrangler/state.
3. Starts wrangler dev and waits until the router answers.
4. Makes the user admin with a first key, one for agents that drop reasoning and one for Cursor, if there are
   no keys yet, and prints how to use them.

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

async function applyMigrations(place: Place): Promise<void> {
  const { code, stdout, stderr } = await runWrangler(['d1', 'migrations', 'apply', 'DB', ...placeFlags(place)]);
  if (code === 0) return;
  note(stdout + stderr);
  throw new Mistake('The local database could not be brought up to date. What wrangler said stands above.');
}

/** Many clients forget what a thinking model thought between two calls of tools. */
function agentKey({ reasoning }: FirstKeys): string {
  if (reasoning === null) return '';
  const names = CLIENTS.filter(({ purpose }) => purpose === 'reasoning').map(({ name }) => name);
  return `For agents that call tools (the openai SDK in a loop, ${names.join(', ')} and others that drop reasoning):

  Key        ${reasoning.secret}
  It gives DeepSeek and Kimi their reasoning back, which they want and such clients forget.

`;
}

function cursorFields(origin: string, key: string): string {
  const models = { model: 'test/reason', smallModel: 'test/echo' };
  const fields = cursor
    .steps({ origin, key, ...models })
    .flatMap((step) => (step.kind === 'fields' ? step.fields : []));
  return fields.map(([label, value]) => `  ${label.padEnd(27)}${value}`).join('\n');
}

function firstCall(origin: string, keys: FirstKeys): string {
  return `
Try it:

curl ${origin}/api/v1/chat/completions \\
  -H "Authorization: Bearer ${keys.default.secret}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "test/echo", "messages": [{"role": "user", "content": "Hello, router"}]}'

${agentKey(keys)}Cursor, under Settings, Models:

${cursorFields(origin, keys.cursor.secret)}

  Cursor calls from its own servers, so give it the address of your deployment there (npm run deploy).
`;
}

/** Whom the home page tells how to set up. */
function clientsLine(origin: string): string {
  return `
Set up ${CLIENTS.map(({ name }) => name).join(', ')}: open ${origin}/
`;
}

/** A fact with its title. */
type Line = [title: string, text: string];

function linesOf(keys: FirstKeys | null): Line[] {
  // What is kept as a hash alone cannot be shown again; how to look at it can.
  if (keys === null) return [['Keys', 'your keys are kept: npm run keys -- list']];
  return [
    ['Key', keys.default.secret],
    ['Its id', keys.default.id],
  ];
}

function howToUse(port: number, secretFile: string, keys: FirstKeys | null): string {
  const origin = `http://${HOST}:${port}`;
  const router = port === 8787 ? '' : `ROUTER_URL=${origin} `;
  const lines: Line[] = [
    ['Base URL', `${origin}/api/v1`],
    ...linesOf(keys),
    ['Console', `${origin}/admin (its secret: INTERNAL_SECRET in ${secretFile})`],
    ['Own usage', `${origin}/me (for whoever holds a key)`],
    ['Another', `${router}npm run keys -- create --username admin`],
  ];
  const facts = lines.map(([title, text]) => `  ${title.padEnd(11)}${text}`).join('\n');
  return `
LLM Router is running.

${facts}
${keys === null ? '' : firstCall(origin, keys)}${clientsLine(origin)}
Providers' keys go into ${secretFile}. Ctrl-C stops the router; data and keys stay.
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

/** Makes or finds the first keys, through the router that has just started: it is the one who writes its database. */
async function keysOf(port: number, place: Place): Promise<FirstKeys | null> {
  const secret = (await readDevVars(place.env))['INTERNAL_SECRET']?.trim();
  const router = { url: `http://${HOST}:${port}`, secret: secret ?? '' };
  const way = secret ? await openWayTo(router, place, false) : databaseWay(place, null);
  return await firstKeys(way, folderOf(place));
}

async function serve(port: number, place: Place): Promise<number> {
  const stopping = askedToStop();
  // wrangler dev is always local, and does not know the flag.
  const server = startDevServer(
    port,
    placeFlags(place).filter((flag) => flag !== '--local'),
  );
  try {
    const ready = waitUntilReady(server, port).then(() => keysOf(port, place));
    const keys = await Promise.race([ready, stopping]);
    if (keys === undefined) return 0;
    say(howToUse(port, devVarsName(place.env), keys));
    server.show();
    const code = await Promise.race([server.ended, stopping.then(() => 0)]);
    if (code !== 0) throw new Mistake(`wrangler dev ended by itself with code ${code}.`);
    return 0;
  } finally {
    await server.stop();
  }
}

/** What belongs to the local state, beside the database. */
function folderOf(place: Place): string {
  return place.persistTo ?? LOCAL_FOLDER;
}

/** `npm start`. */
export async function run(args: string[]): Promise<number> {
  const { remote, env, 'persist-to': persistTo, help } = PLACE_OPTIONS;
  const { values, positionals } = readArguments(args, { remote, env, 'persist-to': persistTo, help });
  if (values.help) {
    say(HELP);
    return 0;
  }
  noPositional(positionals);
  const place = readPlace(values);
  if (place.remote) throw new Mistake('npm start runs the router on this machine. To deploy it: npm run deploy');
  assertInstalled();
  const port = readPort();
  const release = await holdFolder(folderOf(place), port);
  try {
    await assertFree(port);
    return await prepareAndServe(port, place);
  } finally {
    await release();
  }
}

async function prepareAndServe(port: number, place: Place): Promise<number> {
  if (await ensureDevVars(place.env)) note('Made .dev.vars with a new INTERNAL_SECRET.');
  note('Bringing the local database up to date …');
  await applyMigrations(place);
  note('Starting …');
  return await serve(port, place);
}
