import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { executeOn, openMigrated } from './fake-wrangler.ts';
import { runHere } from './run-cli.ts';

/* Which way a command takes: through a running router, or through wrangler. The router here is a double. */

const wrangler = vi.hoisted(() => ({ run: vi.fn() }));
vi.mock('../../src/cli/wrangler.ts', async (original) => ({
  ...(await original<object>()),
  runWrangler: wrangler.run,
}));

const SECRET = 'a-secret-of-thirty-two-characters-or-more';
const KEY = {
  ...{ id: 'key_1', owner: 'ann', owner_status: 'active', name: 'laptop', purpose: 'default', status: 'active' },
  ...{ prefix: 'sk', last4: 'x7Qa', expires_at: null, models: ['a/b', 'c/*'], rpm: 5, tpm: null, max_concurrent: null },
  ...{ budget_day_usd: 2.5, budget_week_usd: null, budget_month_usd: null, budget_total_usd: null },
  ...{ reasoning: 'think', provider_tools: false, previous_expires_at: '2099-01-01T00:00:00.000Z', revision: 3 },
  ...{ created_at: '2026-11-28T00:00:00.000Z', updated_at: '2026-11-28T00:00:00.000Z', of_a_later_version: true },
};
const MADE = { ...KEY, key: `sk-${'a'.repeat(49)}` };
const USER = { name: 'ann', status: 'active', keys: 1, created_at: '2026-11-28T00:00:00.000Z' };
const TEAM = {
  ...{ name: 'core', members: 2, created_at: '2026-11-28T00:00:00.000Z' },
  ...{ budget_day_usd: null, budget_week_usd: 7, budget_month_usd: null, budget_total_usd: null },
};

let server: Server | undefined;
let calls: string[] = [];
let database = openMigrated();

beforeEach(() => {
  database = openMigrated();
  wrangler.run.mockReset().mockImplementation(async (args: string[]) => executeOn(database, args));
});

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  calls = [];
});

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) text += String(chunk);
  return text;
}

/** Starts a router that gives these answers, by `METHOD /path` behind /internal; a number is a refusal with this status. */
async function router(answers: Record<string, unknown>): Promise<string> {
  server = createServer(async (request, response) => {
    const path = request.url?.replace('/internal', '') ?? '';
    const isOurs = request.headers.authorization === `Bearer ${SECRET}`;
    const isProbe = path === '/users?limit=1';
    const body = await textOf(request);
    if (!isProbe) calls.push([request.method, path, body, request.headers['x-actor']].filter(Boolean).join(' '));
    const known = { 'GET /users?limit=1': { data: [], next_cursor: null }, ...answers };
    const answer = isOurs ? Object.entries(known).find(([call]) => call === `${request.method} ${path}`)?.[1] : 401;
    const [status, content] = Array.isArray(answer)
      ? answer
      : typeof answer === 'number'
        ? [answer, {}]
        : [200, answer];
    response.writeHead(content === undefined ? 404 : status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(content ?? { error: { message: 'There is nothing here.' } }));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return `http://127.0.0.1:${port}`;
}

/** Runs a command that names the router. */
async function through(url: string, ...args: string[]) {
  return await runHere(args, { ROUTER_URL: url, INTERNAL_SECRET: ` ${SECRET}\n` });
}

const refusal = (status: number, code: string, message: string, param: string | null = null) => [
  status,
  { error: { message, type: 'invalid_request_error', param, code } },
];

describe('through a running router', () => {
  const page = (data: unknown[]) => ({ data, next_cursor: null });
  const COMMANDS: [line: string, call: string, answer: unknown, shown: RegExp, noted: RegExp][] = [
    [
      'keys list',
      'GET /keys?&limit=200&cursor=',
      page([KEY]),
      /key_1 +ann +laptop .* 5 rpm, \$2.5\/day, only a\/b,c\/\*/,
      /^/,
    ],
    ['keys list --username ann', 'GET /keys?username=ann&limit=200&cursor=', page([KEY]), /key_1/, /^/],
    ['keys show key_1', 'GET /keys/key_1', KEY, /Status: +active/, /^/],
    [
      'keys create --username ann --rpm 5 --models a/b,c/*',
      'POST /keys {"username":"ann","prefix":"sk","models":"a/b,c/*","rpm":5}',
      MADE,
      /✅ API key created\nOwner: {3}ann\nKey: {5}sk-a{49}\n/,
      /^/,
    ],
    ['keys set key_1 --rpm none', 'PATCH /keys/key_1 {"rpm":null}', KEY, /ID: +key_1/, /next request/],
    ['keys disable key_1', 'PATCH /keys/key_1 {"status":"disabled"}', KEY, /is disabled/, /next request/],
    ['keys enable key_1', 'PATCH /keys/key_1 {"status":"active"}', KEY, /is active/, /next request/],
    ['keys revoke key_1', 'DELETE /keys/key_1', KEY, /revoked for good/, /next request/],
    [
      'keys rotate key_1',
      'POST /keys/key_1/rotate {"grace":"24h"}',
      { ...MADE, notice: 'Disabled.' },
      /API key rotated/,
      /Disabled\.\n.*until 2099.*\n.*next request/,
    ],
    ['users list', 'GET /users?&limit=200&cursor=', page([USER]), /ann +active +1/, /^/],
    ['users create ann', 'POST /users {"username":"ann"}', USER, /Name: +ann/, /^/],
    ['users show ann', 'GET /users/ann', USER, /Keys: +1/, /^/],
    [
      'users disable ann',
      'PATCH /users/ann {"status":"disabled"}',
      { ...USER, status: 'disabled' },
      /disabled/,
      /next request/,
    ],
    [
      'users set ann --email Ann@Example.com',
      'PATCH /users/ann {"email":"ann@example.com"}',
      { ...USER, email: 'ann@example.com' },
      /E-mail: +ann@example.com/,
      /next request/,
    ],
    [
      'users set ann --team core --budget-day 2',
      'PATCH /users/ann {"team":"core","budget_day_usd":2}',
      { ...USER, team: 'core', budget_day_usd: 2 },
      /Team: +core\nBudgets: \$2\/day/,
      /next request/,
    ],
    ['teams create core --budget-week 7', 'POST /teams {"name":"core","budget_week_usd":7}', TEAM, /\$7\/week/, /^/],
    ['teams list', 'GET /teams?&limit=200&cursor=', page([TEAM]), /core +\$7\/week +2/, /^/],
    ['teams show core', 'GET /teams/core', TEAM, /Members: 2/, /^/],
    ['teams set core --budget-day none', 'PATCH /teams/core {"budget_day_usd":null}', TEAM, /core/, /next request/],
    ['teams remove core', 'DELETE /teams/core', { removed: 'core' }, /core is removed/, /^/],
    [
      'usage --days 3 --by key',
      'GET /usage?by=key&days=3',
      {
        data: [
          {
            key_id: 'key_1',
            owner: 'ann',
            name: 'laptop',
            requests: 1,
            input_tokens: 2,
            output_tokens: 3,
            cost_nano_usd: 4,
            cost_usd: '0.000000004',
          },
        ],
      },
      /key_1 +ann +laptop +1/,
      /^/,
    ],
  ];

  test.each(COMMANDS)('"%s" asks %s, and says so', async (line, call, answer, shown, noted) => {
    const url = await router({ [call.split(' ').slice(0, 2).join(' ')]: answer });
    const { code, stdout, stderr } = await through(url, ...line.split(' '));
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(shown);
    expect(stderr).toMatch(noted);
    expect(stderr).toContain(`Through the router at ${url}.\n`);
    expect(calls).toEqual([`${call} cli`]);
    expect(wrangler.run).not.toHaveBeenCalled();
  });

  test('--json prints what the router answered, of a later version too', async () => {
    const url = await router({ 'GET /keys/key_1': KEY });
    expect(JSON.parse((await through(url, 'keys', 'show', 'key_1', '--json')).stdout)).toEqual(KEY);
  });

  test('a list goes on to its end', async () => {
    const first = Array.from({ length: 200 }, (_, index) => ({ ...KEY, id: `key_${index}` }));
    const url = await router({
      'GET /keys?&limit=200&cursor=': { data: first, next_cursor: 'key_199' },
      'GET /keys?&limit=200&cursor=key_199': page([KEY]),
    });
    expect(JSON.parse((await through(url, 'keys', 'list', '--json')).stdout)).toHaveLength(201);
  });

  test.each([
    [
      'keys show key_1',
      'GET /keys/key_1',
      404,
      'not_found',
      null,
      'There is no key key_1. See what there is: npm run keys -- list\n',
    ],
    [
      'keys rotate key_1',
      'POST /keys/key_1/rotate',
      409,
      'conflict',
      null,
      'The router answered 409: Somebody was first.\n',
    ],
    [
      'users show ann',
      'GET /users/ann',
      404,
      'not_found',
      null,
      'There is no user ann. See who there is: npm run users -- list\n',
    ],
    [
      'users create ann',
      'POST /users',
      409,
      'conflict',
      'username',
      'The user ann is already there: npm run users -- show ann\n',
    ],
    ['keys create --username ann', 'POST /keys', 400, 'invalid_value', 'rpm', '--rpm Somebody was first.\n'],
    [
      'users set ann --team core',
      'PATCH /users/ann',
      400,
      'invalid_value',
      'team',
      '--team "core" is no team. See what there is: npm run teams -- list\n',
    ],
  ])('"%s" refused is one line, and goes no other way', async (line, call, status, code, param, words) => {
    const url = await router({ [call]: refusal(status, code, 'Somebody was first.', param) });
    const ran = await through(url, ...line.split(' '));
    expect(ran).toEqual({ code: 1, stdout: '', stderr: words });
    expect(wrangler.run).not.toHaveBeenCalled();
  });

  test('a revoked key is told in the words of the other way', async () => {
    const url = await router({
      'PATCH /keys/key_1': refusal(409, 'conflict', 'Final.', 'status'),
      'GET /keys/key_1': KEY,
    });
    const { code, stderr } = await through(url, 'keys', 'enable', 'key_1');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('create --username ann') });
  });

  test('a change whose ledger does not answer is stored, and holds within 60 s', async () => {
    const late = refusal(503, 'ledger_unavailable', 'Stored, but the ledger does not answer.');
    const url = await router({ 'PATCH /keys/key_1': late, 'GET /keys/key_1': { ...KEY, status: 'disabled' } });
    const { code, stdout, stderr } = await through(url, 'keys', 'disable', 'key_1');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'The key key_1 of ann is disabled.\n' });
    expect(stderr).toContain('within 60 s');
  });
});

describe('through wrangler', () => {
  test('where no router answers, and the command says so', async () => {
    const { code, stdout, stderr } = await through('http://127.0.0.1:1', 'keys', 'create', '--username', 'ann');
    expect(code).toBe(0);
    expect(stdout).toContain('API key created');
    expect(stderr).toBe('Through wrangler d1 execute: no router answers at http://127.0.0.1:1.\n');
  });

  test('with a local router of somebody else, whose secret is another', async () => {
    const url = await router({});
    const env = { PORT: new URL(url).port, INTERNAL_SECRET: 'another-secret-of-thirty-two-characters' };
    const { code, stderr } = await runHere(['users', 'create', 'ann'], env);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `Through wrangler d1 execute: the router at ${url} takes another INTERNAL_SECRET.\n`,
    });
  });

  test('of what listens on the port and is no router', async () => {
    const url = await router({ 'GET /users?limit=1': 'Welcome!' });
    const env = { PORT: new URL(url).port, INTERNAL_SECRET: SECRET };
    expect((await runHere(['users', 'list'], env)).stderr).toContain('has no /internal');
    expect(wrangler.run).toHaveBeenCalledTimes(1);
  });

  test.each([[['--remote']], [['--persist-to', '/tmp']], [['--sql']]])(
    'with %s and no ROUTER_URL, though a router answers',
    async (flags) => {
      const url = await router({});
      const env = { PORT: new URL(url).port, INTERNAL_SECRET: SECRET };
      const { code, stderr } = await runHere(['users', 'list', ...flags], env);
      expect(code, stderr).toBe(0);
      expect(calls).toEqual([]);
      expect(wrangler.run).toHaveBeenCalledTimes(flags.includes('--sql') ? 0 : 1);
    },
  );
});

describe('a router that is named and cannot be used', () => {
  test.each([
    ['another secret', {}, 'wrong', /takes another INTERNAL_SECRET\.\n$/],
    ['no /internal', { 'GET /users?limit=1': 404 }, SECRET, /has no \/internal/],
    [
      'a fault',
      { 'GET /users?limit=1': refusal(500, 'internal_error', 'Broken.') },
      SECRET,
      /answered 500: Broken\.\n$/,
    ],
  ])('(%s) is told, and no other database is taken for its own', async (_what, answers, secret, words) => {
    const url = await router(answers);
    const { code, stdout, stderr } = await runHere(['keys', 'list'], { ROUTER_URL: url, INTERNAL_SECRET: secret });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(words);
    expect(wrangler.run).not.toHaveBeenCalled();
  });

  test('without a secret is asked for it', async () => {
    const { code, stderr } = await runHere(['keys', 'list', '--remote'], { ROUTER_URL: 'https://router.example.com' });
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'ROUTER_URL is set, and INTERNAL_SECRET is not: set both.\n' });
  });
});
