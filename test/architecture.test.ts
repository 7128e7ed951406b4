import { describe, expect, it } from 'vitest';
import { circleIn, faultsOf, importsOf, readPlan, roomOf } from './support/house.ts';

/*
 * Who may import whom, types included, and which packages. A room's own files may import each other, and every room may
 * import protocol. To allow more, change a line here and say why in the commit. src/README.md says what a room is for.
 */
const ROOMS = `
room        | holds                                    | may import                                          | packages
protocol    | what travels inside                      |                                                     | zod/mini
in-time.ts  | waiting, but not for ever                |                                                     |
log-line.ts | lines of the log                         |                                                     |
config.ts   | the variables, read once                 | log-line.ts                                         | zod/mini
catalog     | models, prices, what a name means        |                                                     | zod/mini zod/locales
connect     | how each client is set up                |                                                     |
dialects    | how the clients of a door speak          |                                                     | zod/mini
stream      | bytes to events and back                 |                                                     |
store       | tables and named queries                 |                                                     | zod/mini drizzle-orm
providers   | how a provider is called, and its quirks | catalog                                             | zod/mini
offer       | what this deployment offers, read        | catalog providers store in-time.ts log-line.ts      | zod/mini
pipelines   | what a client needs beyond its dialect   | dialects                                            |
keys        | who may ask for what                     | catalog store in-time.ts log-line.ts                | zod/mini
ledger      | what was spent, and what is left         | catalog keys store config.ts in-time.ts log-line.ts | zod/mini cloudflare:
memory      | what was thought in a conversation       | pipelines in-time.ts log-line.ts                    | cloudflare:
exchange    | one request, from the ask to the row     | all above                                           |
middleware  | what stands before every route           | dialects keys offer store config.ts log-line.ts     | hono jose
api         | routes of clients and of the admin API   | all above                                           | zod/mini hono
console     | pages in the browser                     | all above but api                                   | zod/mini hono
cli         | the command line                         | all above but exchange middleware api console       | zod/mini drizzle-orm node:
app.ts      | all routes, mounted                      | middleware api console                              | hono
index.ts    | what the platform calls                  | app.ts ledger memory                                |
`;

/*
 * Who may touch the platform: clock, timers, network, variables and bindings. What is not named here is pure, and gets
 * passed in what it needs.
 */
const PLATFORM = `
room        | files and folders
providers   | call.ts provider.ts test-stream.ts
store       | *
offer       | *
keys        | key-ports.ts open-desk.ts refresh-key.ts
ledger      | alert-post.ts check.ts client.ts delivery key-ledger.ts light.ts register.ts shared/check-shared.ts shared/draws.ts shared/level-now.ts shared/shared-budget.ts store-refusal.ts sweep.ts usage-now.ts
memory      | *
exchange    | *
middleware  | *
api         | *
console     | *
cli         | *
config.ts   | *
in-time.ts  | *
log-line.ts | *
app.ts      | *
index.ts    | *
`;

const plan = readPlan(ROOMS, PLATFORM);

/* What the plan does not allow and is there all the same: since when, and what ends it. */
const NOT_YET: Readonly<Record<string, string>> = {};

const sources = Object.fromEntries(
  Object.entries(
    import.meta.glob(['../src/**/*.{ts,tsx,mjs}', '!../src/env.d.ts'], {
      query: '?raw',
      import: 'default',
      eager: true,
    }),
  ).map(([path, text]) => [path.replace('../', ''), text] as const),
);

describe('the house', () => {
  it('every import goes where the plan lets it', () => {
    const faults = faultsOf(plan, sources).filter(({ rooms }) => !(rooms in NOT_YET));
    expect(faults.map(({ sentence }) => sentence)).toEqual([]);
  });

  it('an exception that is no longer needed is taken off its list', () => {
    const found = new Set(faultsOf(plan, sources).map(({ rooms }) => rooms));
    expect(Object.keys(NOT_YET).filter((rooms) => !found.has(rooms))).toEqual([]);
  });

  it('no files import each other in a circle, types included', () => {
    expect(circleIn(importsOf(sources))).toBeNull();
  });

  it('nor do the rooms of the plan', () => {
    const imports = [...plan].flatMap(([from, room]) => room.imports.map((to) => ({ from, to })));
    expect(circleIn(imports)).toBeNull();
  });

  it('a room that is pure sees only rooms that are', () => {
    const isPure = (name: string) => plan.get(name)?.platform.length === 0;
    const pure = [...plan].filter(([name]) => isPure(name));
    expect(
      pure.flatMap(([name, room]) => room.imports.filter((seen) => !isPure(seen)).map((seen) => [name, seen])),
    ).toEqual([]);
  });

  it('no object that is made for a request has a getter', () => {
    // V8 keeps what a getter in an object literal closes over until its next full collection: a request of 300 KB held
    // 1 MB for seconds after its answer, and cost half as much again. A method says the same.
    const rooms = new Set(['protocol', 'catalog', 'dialects', 'stream', 'providers', 'pipelines', 'keys', 'exchange']);
    const found = Object.entries(sources).filter(
      ([path, text]) => rooms.has(roomOf(path)) && /^ {4,}(?:get|set) \w+\(\w*\)[^;]*\{$/m.test(text),
    );
    expect(
      found.map(([path]) => `${path} has a getter in an object: write isReady() in place of get isReady().`),
    ).toEqual([]);
  });

  it('the plan names no room and no file that is not there', () => {
    const paths = Object.keys(sources);
    const missing = [...plan].flatMap(([name, { imports, platform }]) => [
      ...[name, ...imports].filter((room) => !paths.some((path) => roomOf(path) === room)),
      ...platform.filter((file) => file !== '*' && !paths.some((path) => path.startsWith(`src/${name}/${file}`))),
    ]);
    expect(missing).toEqual([]);
  });
});

describe('a fault is told in a sentence that says where the thing belongs', () => {
  it.each([
    [
      'src/catalog/lookup.ts',
      `import type { ApiKey } from '../store/schema.ts';`,
      'src/catalog/lookup.ts imports src/store/schema.ts, and catalog/ (models, prices, what a name means) may not. ' +
        'What needs both belongs in offer/, keys/, ledger/, exchange/, api/, console/ or cli/. Or it is passed in.',
    ],
    [
      'src/providers/zai.ts',
      `import { turnKey } from '../pipelines/reasoning/turn-key.ts';`,
      expect.stringMatching(/What needs both belongs in exchange\/, api\/, console\/ or cli\//),
    ],
    [
      'src/protocol/chat.ts',
      `const late = () => import('../stream/meter.ts');`,
      expect.stringMatching(/^src\/protocol\/chat\.ts imports src\/stream\/meter\.ts.* belongs in stream\//),
    ],
    [
      'src/keys/limits.ts',
      `export type {\n  Config,\n} from '../config.ts';`,
      expect.stringMatching(/What needs both belongs in ledger\/, exchange\//),
    ],
    [
      'src/ledger/minute.ts',
      `import { Hono } from 'hono';`,
      expect.stringMatching(/imports hono.*What needs it belongs in middleware\/, api\/ or console\//),
    ],
    [
      'src/console/kit/table.tsx',
      `import { eq } from 'drizzle-orm/sql';`,
      expect.stringMatching(/What needs it belongs in store\/ or cli\//),
    ],
    ['src/api/key.ts', `import { print } from '../cli/print.ts';`, expect.stringMatching(/No room sees both/)],
    ['src/stream/meter.ts', `import 'node:buffer';`, expect.stringMatching(/What needs it belongs in cli\//)],
    ['src/api/key.ts', `import lodash from 'lodash';`, expect.stringMatching(/Nor may any other room/)],
    ['src/utils/left-pad.ts', `import '../protocol/json.ts';`, expect.stringMatching(/the plan has no room utils/)],
    [
      'src/ledger/admission.ts',
      `/* Date.now() */\nconst now = Date.now();`,
      'src/ledger/admission.ts:2 reads the clock: this part of ledger/ (what was spent, and what is left) is pure, ' +
        'and gets passed in what it needs.',
    ],
    ['src/dialects/dialect.ts', `setTimeout(print, 1);`, expect.stringMatching(/:1 waits by a timer/)],
    ['src/catalog/price.ts', `await fetch(url);`, expect.stringMatching(/:1 reaches the network/)],
    ['src/pipelines/default.ts', `(env: Cloudflare.Env) => 1;`, expect.stringMatching(/sees the variables/)],
    ['src/keys/judge-key.ts', `(cache: KVNamespace) => 1;`, expect.stringMatching(/sees a binding/)],
  ])('%s: %s', (path, text, sentence) => {
    expect(faultsOf(plan, { [path]: text }).map((fault) => fault.sentence)).toEqual([sentence]);
  });

  it('a circle is named file by file', () => {
    const imports = importsOf({
      'src/ledger/one.ts': `import type { Two } from './two.ts';`,
      'src/ledger/two.ts': `import { three } from './books/three.ts';`,
      'src/ledger/books/three.ts': `import type { One } from '../one.ts';`,
    });
    expect(circleIn(imports)).toEqual([
      'src/ledger/one.ts',
      'src/ledger/two.ts',
      'src/ledger/books/three.ts',
      'src/ledger/one.ts',
    ]);
  });
});
