import { beforeEach, describe, expect, test, vi } from 'vitest';
import { hashSecret, isWellFormed } from '../../src/keys/secret.ts';
import { executeOn, openMigrated } from './fake-wrangler.ts';
import { runHere } from './run-cli.ts';

/*
 * The command line in this process, on a SQLite in this process: wrangler takes a second for each call.
 * What wrangler itself makes of the statements is seen in wrangler.test.ts.
 */

const wrangler = vi.hoisted(() => ({ run: vi.fn() }));
vi.mock('../../src/cli/wrangler.ts', async (original) => ({
  ...(await original<object>()),
  runWrangler: wrangler.run,
}));

let database = openMigrated();

beforeEach(() => {
  database = openMigrated();
  wrangler.run.mockReset().mockImplementation(async (args: string[]) => executeOn(database, args));
});

/** Runs a command that must succeed, and reads its JSON. */
async function json(...args: string[]) {
  const { code, stdout, stderr } = await runHere([...args, '--json']);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

async function fails(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runHere(args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.trimEnd()).not.toContain('\n');
  return stderr;
}

const rows = (statement: string) => database.prepare(statement).all();

describe('npm run keys', () => {
  test('create makes the owner and shows the key once, in the words people know', async () => {
    const { code, stdout, stderr } = await runHere(['keys', 'create', '--username', 'admin']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^Through wrangler d1 execute: .*\n$/) });
    const line = '='.repeat(30);
    const pattern = `^${line}\n✅ API key created\nOwner:   admin\nKey:     (sk-[0-9A-Za-z]{49})\nPurpose: default\n${line}\n$`;
    const secret = new RegExp(pattern).exec(stdout)?.[1] ?? '';
    expect(isWellFormed(secret)).toBe(true);
    const keys = rows('SELECT * FROM api_keys');
    expect(keys).toMatchObject([
      { owner: 'admin', prefix: 'sk', last4: secret.slice(-4), hash: await hashSecret(secret) },
    ]);
    const everything = JSON.stringify([keys, rows('SELECT * FROM users'), rows('SELECT * FROM audit')]);
    expect(everything).not.toContain(secret.slice(3, 20));
  });

  test('a list may name what the catalogue has, rows of the database included, and nothing else', async () => {
    const create = ['keys', 'create', '--username', 'ann', '--models'];
    expect(await fails(...create, 'zai/glm-5,deepseek/deepseek-flsh')).toContain(
      "--models names 'deepseek/deepseek-flsh', which is no model or provider here. Did you mean deepseek/deepseek-flash",
    );
    expect(await fails(...create, 'deepsek/*')).toMatch(/'deepsek\/\*'.*Did you mean deepseek\/\*\?/);
    expect(await fails(...create, 'team')).toContain("--models names 'team'");
    database.exec(`INSERT INTO routes (name, targets) VALUES ('team', '["zai/glm-5"]'), ('gpt-*', '["zai/glm-5"]')`);
    expect(await json(...create, 'team,gpt-*')).toMatchObject({ models: ['team', 'gpt-*'] });
  });

  test('every setting is stored, shown by show and list, changed by set and lifted by none', async () => {
    const flags = [
      '--purpose',
      'cursor',
      '--prefix',
      'team1',
      '--name',
      'laptop',
      '--expires',
      '90d',
      '--models',
      'zai/glm-5, deepseek/*',
    ];
    const limits = ['--rpm', '10', '--tpm', '1000', '--max-concurrent', '3', '--reasoning', 'details'];
    limits.push('--provider-tools', 'on');
    const budgets = ['--budget-day', '0.5', '--budget-week', '2', '--budget-month', '7.25', '--budget-total', '100'];
    const made = await json('keys', 'create', '--username', 'bea@example.org', ...flags, ...limits, ...budgets);
    expect(made.key).toMatch(/^team1-[0-9A-Za-z]{49}$/);
    expect(Date.parse(made.expires_at) - Date.now()).toBeGreaterThan(89 * 86_400_000);
    const wanted = {
      id: made.id,
      owner: 'bea@example.org',
      name: 'laptop',
      purpose: 'cursor',
      status: 'active',
      models: ['zai/glm-5', 'deepseek/*'],
      rpm: 10,
      tpm: 1000,
      max_concurrent: 3,
      budget_day_usd: 0.5,
      budget_week_usd: 2,
      budget_month_usd: 7.25,
      budget_total_usd: 100,
      reasoning: 'details',
      provider_tools: true,
    };
    expect(await json('keys', 'show', made.id)).toMatchObject(wanted);
    expect(await json('keys', 'list', '--username', 'bea@example.org')).toMatchObject([wanted]);
    const lifted = ['--rpm', '20', '--tpm', 'none', '--budget-day', 'none', '--models', 'all', '--expires', 'none'];
    lifted.push('--provider-tools', 'off');
    const set = await json('keys', 'set', made.id, ...lifted);
    const after = { rpm: 20, tpm: null, budget_day_usd: null, models: null, expires_at: null, budget_week_usd: 2 };
    expect(rows(`SELECT provider_tools FROM api_keys WHERE id = '${made.id}'`)).toEqual([{ provider_tools: 0 }]);
    expect(set).toMatchObject({ ...wanted, ...after, provider_tools: false });
    expect(set.revision).toBeGreaterThan(made.revision);
  });

  test('a narrow terminal is never needed: list, show and set print plain text', async () => {
    await json('keys', 'create', '--username', 'admin');
    const list = await runHere(['keys', 'list']);
    expect(list.stdout).toMatch(/^ID +OWNER +NAME/);
    expect(list.stdout).toContain('sk-…');
    expect(list.stdout).not.toMatch(/[0-9a-f]{64}/);
  });

  test('disable, enable and revoke; revoked is final', async () => {
    const { id, owner } = await json('keys', 'create', '--username', 'carl');
    expect(await json('keys', 'disable', id)).toMatchObject({ status: 'disabled' });
    expect(await json('keys', 'enable', id)).toMatchObject({ status: 'active' });
    expect(await json('keys', 'revoke', id)).toMatchObject({ status: 'revoked' });
    expect(await json('keys', 'revoke', id)).toMatchObject({ status: 'revoked' });
    expect(await fails('keys', 'enable', id)).toContain(`npm run keys -- create --username ${owner}`);
    expect(await fails('keys', 'rotate', id)).toContain('final');
    expect(await json('keys', 'show', id)).toMatchObject({ status: 'revoked' });
    const actions = rows(`SELECT actor, action FROM audit WHERE target = '${id}' ORDER BY id`);
    expect(actions.map((row) => `${row['actor']} ${row['action']}`)).toEqual([
      'cli key.create',
      'cli key.update',
      'cli key.update',
      'cli key.revoke',
    ]);
  });

  test('rotate gives a new secret of the same form, and the old one a grace', async () => {
    const { id, key } = await json('keys', 'create', '--username', 'dora', '--prefix', 'pk');
    const rotated = await json('keys', 'rotate', id, '--grace', '2h');
    expect(rotated.id).toBe(id);
    expect(rotated.key).toMatch(/^pk-/);
    expect(rotated.key).not.toBe(key);
    const [row] = rows(`SELECT * FROM api_keys WHERE id = '${id}'`);
    expect(row).toMatchObject({ hash: await hashSecret(rotated.key), previous_hash: await hashSecret(key) });
    const left = Date.parse(String(row?.['previous_expires_at'])) - Date.now();
    expect(left).toBeGreaterThan(110 * 60_000);
    expect(left).toBeLessThan(121 * 60_000);
    const ended = await runHere(['keys', 'rotate', id, '--grace', '0s']);
    expect(ended.stderr).toContain('has ended');
    expect(ended.stderr).toContain('within 60 s');
    const [after] = rows(`SELECT previous_expires_at FROM api_keys WHERE id = '${id}'`);
    expect(Date.parse(String(after?.['previous_expires_at']))).toBeLessThanOrEqual(Date.now());
  });

  test('a disabled key may be rotated, and is said to stay disabled', async () => {
    const { id } = await json('keys', 'create', '--username', 'ed');
    await json('keys', 'disable', id);
    const { code, stdout, stderr } = await runHere(['keys', 'rotate', id]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Key: {5}sk-/);
    expect(stderr).toContain('disabled and stays so');
    expect(rows(`SELECT status FROM api_keys WHERE id = '${id}'`)).toEqual([{ status: 'disabled' }]);
    await json('users', 'disable', 'ed');
    expect((await runHere(['keys', 'create', '--username', 'ed'])).stderr).toContain('owner is disabled');
  });

  test('an id that is not there is said, and nothing is written', async () => {
    for (const verb of ['show', 'disable', 'revoke', 'rotate']) {
      expect(await fails('keys', verb, 'key_nobody')).toContain('There is no key key_nobody');
    }
    expect(rows(`SELECT * FROM audit WHERE target = 'key_nobody'`)).toEqual([]);
  });

  test('--sql prints statements that do the same when they are run, and keeps the key off them', async () => {
    const { code, stdout, stderr } = await runHere(['keys', 'create', '--username', 'eve', '--sql']);
    expect(code).toBe(0);
    const secret = /sk-[0-9A-Za-z]{49}/.exec(stderr)?.[0] ?? '';
    expect(stdout).not.toContain(secret);
    expect(rows(`SELECT name FROM users WHERE name = 'eve'`)).toEqual([]);
    database.exec(stdout);
    const [row] = rows(`SELECT id, owner, hash FROM api_keys WHERE owner = 'eve'`);
    expect(row).toMatchObject({ owner: 'eve', hash: await hashSecret(secret) });
    const disable = await runHere(['keys', 'disable', String(row?.['id']), '--sql']);
    database.exec(disable.stdout);
    expect(rows(`SELECT status FROM api_keys WHERE owner = 'eve'`)).toEqual([{ status: 'disabled' }]);
  });
});

describe('npm run teams', () => {
  test('create, set, show, list and remove; who is in one, with what budgets', async () => {
    const none = { budget_day_usd: null, budget_week_usd: null, budget_month_usd: null, budget_total_usd: null };
    const made = await json('teams', 'create', 'research', '--budget-month', '200', '--budget-day', '12.5');
    expect(made).toMatchObject({ ...none, name: 'research', budget_month_usd: 200, budget_day_usd: 12.5, members: 0 });
    expect(await fails('teams', 'create', 'research')).toContain('already there');
    await json('users', 'create', 'greta');
    const set = await json('users', 'set', 'greta', '--team', 'research', '--budget-week', '9');
    expect(set).toMatchObject({ ...none, name: 'greta', team: 'research', budget_week_usd: 9 });
    expect(await json('teams', 'show', 'research')).toMatchObject({ members: 1 });
    expect(await fails('teams', 'remove', 'research')).toMatch(/has members.*--team none/);
    const changed = await json('teams', 'set', 'research', '--budget-day', 'none', '--budget-total', '1000');
    expect(changed).toMatchObject({ budget_day_usd: null, budget_month_usd: 200, budget_total_usd: 1000 });
    expect((await runHere(['teams', 'list'])).stdout).toMatch(/research +\$200\/month, \$1000 in total +1/);
    expect((await runHere(['keys', 'list', '--username', 'greta'])).stderr).toMatch(/^greta has no keys yet/);
    expect((await runHere(['users', 'list'])).stdout).toMatch(/greta +active +0 +research +\$9\/week/);
    expect(await json('users', 'set', 'greta', '--team', 'none')).toMatchObject({ team: null, budget_week_usd: 9 });
    expect(await json('teams', 'remove', 'research')).toEqual({ removed: 'research' });
    expect(await fails('teams', 'show', 'research')).toContain('There is no team research');
    expect(await fails('teams', 'set', 'research', '--budget-day', '1')).toContain('There is no team research');
    expect(await fails('users', 'set', 'greta', '--team', 'research')).toContain('"research" is no team');
    expect(await fails('users', 'set', 'nobody', '--budget-day', '1')).toContain('There is no user nobody');
    const actions = "SELECT group_concat(action, ' ') AS actions FROM audit WHERE target = 'research'";
    expect(rows(actions)).toMatchObject([{ actions: 'team.create team.update team.remove' }]);
  });
});

describe('npm run users', () => {
  test('create, list, show, disable and enable', async () => {
    expect(await json('users', 'create', 'frida')).toMatchObject({ name: 'frida', status: 'active', keys: 0 });
    expect(await fails('users', 'create', 'frida')).toContain('already there');
    await json('keys', 'create', '--username', 'frida');
    expect(await json('users', 'disable', 'frida')).toMatchObject({ status: 'disabled', keys: 1 });
    expect(await json('keys', 'list', '--username', 'frida')).toMatchObject([
      { status: 'active', owner_status: 'disabled' },
    ]);
    expect(await json('users', 'enable', 'frida')).toMatchObject({ status: 'active' });
    const email = await json('users', 'set', 'frida', '--email', 'Frida@Example.com');
    expect(email).toMatchObject({ name: 'frida', email: 'frida@example.com' });
    expect(await json('users', 'show', 'frida')).toMatchObject({ name: 'frida', status: 'active', keys: 1 });
    expect((await json('users', 'list')).map((user: { name: string }) => user.name)).toContain('frida');
    expect(await fails('users', 'show', 'nobody')).toContain('There is no user nobody');
    expect(await fails('users', 'disable', 'nobody')).toContain('There is no user nobody');
  });
});

describe('npm run usage', () => {
  const insert = `INSERT INTO usage_daily (day, key_id, provider, model, owner, requests, errors, input_tokens,
    cached_tokens, output_tokens, reasoning_tokens, cost_nano_usd) VALUES`;

  test('sums requests, tokens and money by day, key, model and user', async () => {
    const [today, longAgo] = [0, 8].map((days) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10));
    database.exec(`${insert} ('${today}', 'key_1', 'deepseek', 'a', 'ann', 2, 0, 30, 10, 5, 0, 1000000001),
      ('${today}', 'key_2', 'zai', 'b', 'bob', 1, 0, 10, 0, 5, 0, 5), ('${longAgo}', 'key_2', 'zai', 'b', 'bob', 9, 0, 9, 0, 9, 0, 9)`);
    const both = {
      requests: 3,
      input_tokens: 40,
      output_tokens: 10,
      cost_nano_usd: 1_000_000_006,
      cost_usd: '1.000000006',
    };
    expect(await json('usage')).toEqual([{ day: today, ...both }]);
    expect(await json('usage', '--by', 'user', '--days', '9')).toMatchObject([
      { owner: 'ann', requests: 2, cost_usd: '1.000000001' },
      { owner: 'bob', requests: 10, cost_usd: '0.000000014' },
    ]);
    expect((await json('usage', '--by', 'key')).map((row: { key_id: string }) => row.key_id)).toEqual([
      'key_1',
      'key_2',
    ]);
    expect((await json('usage', '--by', 'model')).map((row: { model: string }) => row.model)).toEqual([
      'deepseek/a',
      'zai/b',
    ]);
  });

  test('says of keys whose they are and what they are called', async () => {
    const { id } = await json('keys', 'create', '--username', 'ann', '--name', 'laptop');
    const today = new Date().toISOString().slice(0, 10);
    database.exec(`${insert} ('${today}', '${id}', 'zai', 'b', 'ann', 2, 0, 30, 10, 5, 0, 7),
      ('${today}', 'key_gone', 'zai', 'b', 'bob', 1, 0, 30, 10, 5, 0, 3)`);
    expect(await json('usage', '--by', 'key')).toMatchObject([
      { key_id: id, owner: 'ann', name: 'laptop', requests: 2 },
      { key_id: 'key_gone', owner: null, name: null },
    ]);
    const { stdout } = await runHere(['usage', '--by', 'key']);
    expect(stdout).toMatch(new RegExp(`^KEY +OWNER +NAME +REQUESTS.*\\n${id} +ann +laptop +2 `));
    expect(await json('usage', '--by', 'user')).not.toContainEqual(expect.objectContaining({ name: null }));
  });

  test('prints a file that no spreadsheet runs as a formula', async () => {
    const { id } = await json('keys', 'create', '--username', 'ann');
    database.exec(`UPDATE api_keys SET name = '=SUM(1,2)'`);
    const today = new Date().toISOString().slice(0, 10);
    database.exec(`${insert} ('${today}', '${id}', 'zai', '-b"', 'ann', 2, 0, 30, 10, 5, 0, 7000)`);
    const print = async (by: string) => (await runHere(['usage', '--by', by, '--csv'])).stdout;
    const sums = '2,30,5,0.000007\n';
    expect(await print('key')).toBe(
      `key_id,owner,name,requests,input_tokens,output_tokens,cost_usd\r\n${id},ann,"'=SUM(1,2)",${sums}`,
    );
    expect(await print('model')).toBe(`model,requests,input_tokens,output_tokens,cost_usd\r\n"zai/-b""",${sums}`);
    for (const by of ['team', 'provider', 'endpoint'])
      expect(await print(by)).toBe(
        `${by},requests,input_tokens,output_tokens,cost_usd\r\n${by === 'provider' ? 'zai' : 'none'},${sums}`,
      );
  });

  test('counts days by the offset that the deployment counts by', async () => {
    const shift = new Date().getUTCHours() < 12 ? '-13:00' : '+13:00';
    const local = new Date(Date.now() + (shift.startsWith('-') ? -13 : 13) * 3_600_000).toISOString().slice(0, 10);
    const utc = new Date().toISOString().slice(0, 10);
    expect(local).not.toBe(utc);
    const [earlier] = [local, utc].toSorted();
    database.exec(`${insert} ('${earlier}', 'key_1', 'zai', 'b', 'ann', 5, 0, 30, 10, 5, 0, 7)`);
    const requests = async (env: Record<string, string> = {}) => {
      const { stdout } = await runHere(['usage', '--days', '1', '--remote', '--json'], env);
      return JSON.parse(stdout).map((row: { requests: number }) => row.requests);
    };
    // West of Greenwich it is still the day before there; east of it that day is over.
    const [seenIn, unseenIn] = shift === '-13:00' ? [shift, '+00:00'] : ['+00:00', shift];
    database.exec(`INSERT INTO deployment (name, value) VALUES ('budget_utc_offset', '${seenIn}')`);
    expect(await requests()).toEqual([5]);
    database.exec(`UPDATE deployment SET value = '${unseenIn}'`);
    expect(await requests()).toEqual([]);
    // Who says it in so many words is believed.
    expect(await requests({ BUDGET_UTC_OFFSET: seenIn })).toEqual([5]);
  });

  test('its table fits a terminal of 80 columns, whatever models are called', async () => {
    const name = 'a-model-with-a-name-that-is-longer-than-any-that-a-provider-has-thought-of-so-far';
    const today = new Date().toISOString().slice(0, 10);
    database.exec(
      `${insert} ('${today}', 'key_1', 'zai', '${name}', 'ann', 1234567, 0, 123456789012, 0, 99999999999, 0, 8123456789012345)`,
    );
    const { isTTY, columns } = process.stdout;
    Object.assign(process.stdout, { isTTY: true, columns: 80 });
    const { stdout } = await runHere(['usage', '--by', 'model']);
    Object.assign(process.stdout, { isTTY, columns });
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout).toContain('8123456.789012345');
  });
});

describe('an answer of wrangler that cannot be read', () => {
  test('does not lose the secret of a key that may be stored', async () => {
    wrangler.run.mockImplementation(async (args: string[]) => ({ ...executeOn(database, args), stdout: '' }));
    const created = await runHere(['keys', 'create', '--username', 'hal']);
    expect({ code: created.code, stdout: created.stdout }).toEqual({ code: 1, stdout: '' });
    const secret = /sk-[0-9A-Za-z]{49}/.exec(created.stderr)?.[0] ?? '';
    const [key] = rows(`SELECT id, hash FROM api_keys WHERE owner = 'hal'`);
    expect(key?.['hash']).toBe(await hashSecret(secret));
    // What reads before it writes has not written.
    expect((await runHere(['keys', 'rotate', String(key?.['id']), '--grace', '0s'])).code).toBe(1);
    expect(rows(`SELECT hash FROM api_keys WHERE owner = 'hal'`)).toEqual([{ hash: key?.['hash'] }]);
  });
});

describe('a local database that another process writes to', () => {
  test.each(['database is locked: SQLITE_BUSY', 'internal error; reference = jugnreghnl408g0londrboeo'])(
    '(%s) is tried again',
    async (words) => {
      const locked = { code: 1, stdout: JSON.stringify({ error: { text: words } }), stderr: '' };
      wrangler.run.mockResolvedValueOnce(locked).mockResolvedValueOnce(locked).mockResolvedValueOnce(locked);
      expect(await json('keys', 'create', '--username', 'ida')).toMatchObject({ owner: 'ida' });
      expect(wrangler.run).toHaveBeenCalledTimes(4);
    },
  );
});

describe('the database of a command', () => {
  test('is the local one, or that of the flags', async () => {
    await json('keys', 'list');
    expect(wrangler.run).toHaveBeenLastCalledWith(expect.arrayContaining(['--local']));
    await json('keys', 'list', '--remote');
    const [args] = wrangler.run.mock.lastCall ?? [];
    expect(args).toContain('--remote');
    expect(args).not.toContain('--local');
  });

  test.each([
    ['In a non-interactive environment, set CLOUDFLARE_API_TOKEN', /npx wrangler login/],
    ['fetch failed', /network/],
    ["Couldn't find a D1 DB named 'llm-router' (bound as 'DB') in the API.", /npm run deploy/],
  ])('when Cloudflare says "%s" one line says what to do', async (text, advice) => {
    wrangler.run.mockResolvedValue({ code: 1, stdout: JSON.stringify({ error: { text } }), stderr: '' });
    expect(await fails('keys', 'list', '--remote')).toMatch(advice);
    wrangler.run.mockResolvedValue({ code: 1, stdout: '', stderr: `\u001b[31m✘ [ERROR] ${text}\u001b[0m\n\nMore.\n` });
    expect(await fails('keys', 'list', '--remote')).toMatch(advice);
  });
});
