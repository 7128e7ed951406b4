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

/** A router that answers these paths of /internal/ledger. */
async function router(answers: Record<string, unknown>): Promise<Record<string, string>> {
  server = createServer((request, response) => {
    const call = `${request.method} ${request.url?.replace('/internal/ledger', '').replace(/\?.*/, '')}`;
    calls.push(call);
    const answer = answers[call];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? { error: { message: 'There is no dead letter x.' } }));
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

  test('check asks for patience while rows are on their way', async () => {
    const env = await router({ 'GET /check': { ok: false, data: [{ ...ROW, d1_nano_usd: 0, outbox: 1 }] } });
    expect(await runHere(['ledger', 'check'], env)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ten seconds'),
    });
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
