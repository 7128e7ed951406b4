import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { runHere } from './run-cli.ts';

let server: Server | undefined;
const calls: string[] = [];

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  calls.length = 0;
});

/** A router that answers these paths of /internal/ledger, each after so long. */
async function router(answers: Record<string, unknown>, afterMs = 0): Promise<Record<string, string>> {
  server = createServer((request, response) => {
    if (request.url === '/worker/ping') {
      response.end('{}');
      return;
    }
    const path = request.url?.replace('/internal/ledger', '').replace(/\?limit=.*/, '');
    const call = `${request.method} ${path}`;
    calls.push(call);
    const answer = answers[call];
    setTimeout(() => {
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? { error: { message: 'There is no dead letter x.' } }));
    }, afterMs);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return { ROUTER_URL: `http://127.0.0.1:${port}`, INTERNAL_SECRET: 'a-secret' };
}

const ROW = {
  key_id: 'key_01m85yks2529ga57zqp1bk9tgb',
  ledger_nano_usd: 70_000,
  d1_nano_usd: 70_000,
  daily_nano_usd: 70_000,
  held_nano_usd: 0,
  open_leases: 0,
  outbox: 0,
};

describe('npm run ledger', () => {
  test('check is content where the sums agree', async () => {
    const { code, stdout, stderr } = await runHere(
      ['ledger', 'check'],
      await router({ 'GET /check': { ok: true, data: [ROW] } }),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^KEY .*\nkey_01m85yks2529ga57zqp1bk9tgb +0\.000070000 .*\nThe sums agree\.\n$/);
  });

  test('check ends with 1 where they differ, and says what to do', async () => {
    const differing = { ok: false, data: [{ ...ROW, d1_nano_usd: 0, daily_nano_usd: 0 }] };
    const env = await router({ 'GET /check': differing });
    expect(await runHere(['ledger', 'check'], env)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('repair'),
    });
    const { code, stdout } = await runHere(['ledger', 'check', '--json'], env);
    expect({ code, data: JSON.parse(stdout) }).toEqual({ code: 1, data: differing });
  });

  test('check says that rows sent again are of no use where a table was edited by hand', async () => {
    const edited = { ok: false, data: [{ ...ROW, d1_nano_usd: 0 }] };
    const { code, stderr } = await runHere(['ledger', 'check'], await router({ 'GET /check': edited }));
    expect(code).toBe(1);
    expect(stderr).toContain('edited by hand');
    expect(stderr).not.toContain('repair');
  });

  test('check goes over the budgets of users and teams too, and shows those that differ', async () => {
    const budget = { level: 'user', name: 'ana', shared_nano_usd: 7, daily_nano_usd: 7, reserved_nano_usd: 0 };
    const differing = { ...budget, level: 'team', name: 'core', daily_nano_usd: 5, outbox: 0 };
    const env = await router({
      'GET /check': { ok: true, next_cursor: 'budgets/', ledgers: 1, data: [ROW], shared: [] },
      'GET /check?cursor=budgets%2F': { ok: false, next_cursor: null, data: [], shared: [budget, differing] },
    });
    const { code, stdout, stderr } = await runHere(['ledger', 'check'], env);
    expect(code).toBe(1);
    expect(stdout).toMatch(/team core +0\.000000007 +0\.000000005/);
    expect(stdout).not.toContain('ana');
    expect(stdout).toContain('1 keys and 2 shared budgets are checked. The sums differ.');
    expect(stderr).toContain('A shared budget differs');
    expect(stderr).not.toContain('repair');
  });

  test('check asks for patience while rows are on their way', async () => {
    const env = await router({ 'GET /check': { ok: false, data: [{ ...ROW, d1_nano_usd: 0, outbox: 1 }] } });
    expect(await runHere(['ledger', 'check'], env)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ten seconds'),
    });
  });

  test('check goes over all slices, shows the keys that differ, and ends with what they come to', async () => {
    const differing = { ...ROW, key_id: 'key_b', ledger_nano_usd: 5 };
    const env = await router({
      'GET /check': { ok: true, next_cursor: 'key_a', ledgers: 3, data: [ROW, ROW] },
      'GET /check?cursor=key_a': { ok: false, next_cursor: 'key_b', ledgers: 3, data: [differing] },
      'GET /check?cursor=key_b': { ok: true, next_cursor: null, ledgers: 3, data: [ROW] },
    });
    const { code, stdout } = await runHere(['ledger', 'check'], env);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^KEY .*\nkey_b .*\n4 keys are checked\. The sums differ\.\n$/);
    const { stdout: json } = await runHere(['ledger', 'check', '--json'], env);
    expect(JSON.parse(json).data).toHaveLength(4);
  });

  test('repair goes over all slices too', async () => {
    const env = await router({
      'POST /repair': { repaired: ['key_a'], next_cursor: 'key_a' },
      'POST /repair?cursor=key_a': { repaired: ['key_b', 'key_c'], next_cursor: null },
    });
    const { stdout } = await runHere(['ledger', 'repair'], env);
    expect(stdout).toBe('3 ledgers send their rows again.\n');
  });

  test('a router that takes long is waited for while it works, and told how far it is', async () => {
    const rows = Array.from({ length: 2_000 }, () => ROW);
    const env = await router(
      {
        'GET /check': { ok: true, next_cursor: 'key_a', ledgers: 10_000, data: rows },
        'GET /check?cursor=key_a': { ok: true, next_cursor: null, ledgers: 10_000, data: [] },
      },
      // Longer than a router that does nothing else may take to answer.
      6_000,
    );
    const { code, stdout, stderr } = await runHere(['ledger', 'check'], env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '2,000 of 10,000 keys are checked.\n' });
    expect(stdout).toBe('2,000 keys are checked. The sums agree.\n');
  });

  test('dead letters are listed, put back and deleted, one or all', async () => {
    const letters = ['a', 'b'].map((id) => ({ id, reason: 'no such column', arrived_at: '2026-11-24T00:00:00.000Z' }));
    const env = await router({
      'GET /dead-letters': { data: letters, next_cursor: null },
      'POST /dead-letters/a/retry': {},
      'DELETE /dead-letters/a': {},
      'DELETE /dead-letters/b': {},
    });
    const listed = await runHere(['ledger', 'dead-letters', 'list'], env);
    expect(listed.stdout).toMatch(/^ID +ARRIVED +REASON\na +2026-11-24T00:00:00\.000Z +no such column\nb /);
    expect((await runHere(['ledger', 'dead-letters', 'retry', 'a'], env)).stdout).toBe('1 letter put back.\n');
    expect((await runHere(['ledger', 'dead-letters', 'delete', 'all'], env)).stdout).toBe('2 letters deleted.\n');
    expect(calls.slice(1)).toEqual([
      'POST /dead-letters/a/retry',
      'GET /dead-letters',
      'DELETE /dead-letters/a',
      'DELETE /dead-letters/b',
    ]);
    const absent = await runHere(['ledger', 'dead-letters', 'retry', 'x'], env);
    expect(absent).toEqual({ code: 1, stdout: '', stderr: 'The router answered 404: There is no dead letter x.\n' });
  });

  test('a dead letter that is refused does not keep back the others', async () => {
    const letters = ['bad', 'good'].map((id) => ({ id, reason: '', arrived_at: '2026-11-24T00:00:00.000Z' }));
    const list = { data: letters, next_cursor: null };
    const env = await router({ 'GET /dead-letters': list, 'POST /dead-letters/good/retry': {} });
    expect(await runHere(['ledger', 'dead-letters', 'retry', 'all'], env)).toEqual({
      code: 1,
      stdout: '1 letter put back.\n',
      stderr: 'The router answered 404: There is no dead letter x.\n',
    });
  });

  test('what is no router of ours is told by what it answers', async () => {
    const env = await router({ 'GET /check': 'Welcome!' });
    expect(await runHere(['ledger', 'check'], env)).toEqual({
      code: 1,
      stdout: '',
      stderr: `What answers at ${env['ROUTER_URL']} is not this router. Set ROUTER_URL to where it runs.\n`,
    });
  });

  test('an absent router is one line that says what to do', async () => {
    const { code, stderr } = await runHere(['ledger', 'check'], {
      ROUTER_URL: 'http://127.0.0.1:1',
      INTERNAL_SECRET: 'a',
    });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'No router answered at http://127.0.0.1:1. Start it with npm start, or set ROUTER_URL.\n',
    });
  });
});
