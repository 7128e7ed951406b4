import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { runHere } from './run-cli.ts';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

const SECRET = 'a-secret-for-tests-of-32-characters-or-more';

/** A router that answers `/internal/providers?check=true` with this. */
async function router(status: number, body: unknown, catalog: unknown = null): Promise<Record<string, string>> {
  server = createServer((request, response) => {
    if (request.url === '/internal/catalog' && catalog !== null) {
      response.end(JSON.stringify(catalog));
      return;
    }
    const isAsked = request.url === '/internal/providers?check=true';
    const isKnown = request.headers.authorization === `Bearer ${SECRET}`;
    response.writeHead(isAsked ? (isKnown ? status : 401) : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return { ROUTER_URL: `http://127.0.0.1:${port}/`, INTERNAL_SECRET: SECRET };
}

function provider(id: string, more: Record<string, unknown> = {}) {
  const name = id.toUpperCase();
  return {
    id,
    name: id,
    configured: true,
    key_variable: `${name}_API_KEY`,
    base_url_variable: `${name}_BASE_URL`,
    base_url: `https://${id}.example`,
    models: [],
    check: { ok: true, latency_ms: 12, problem: null, balance: null, unlisted_models: null },
    ...more,
  };
}

function failing(id: string, code: string, message: string) {
  return provider(id, {
    check: { ok: false, latency_ms: 3, problem: { code, message }, balance: null, unlisted_models: null },
  });
}

const FINE = provider('deepseek', {
  check: { ok: true, latency_ms: 320, problem: null, balance: '12.50 USD', unlisted_models: ['deepseek-v4-pro'] },
});
const ABSENT = provider('moonshot', { configured: false, check: null });

describe('npm run doctor', () => {
  test('is content when every offered provider works', async () => {
    const env = await router(200, { data: [ABSENT, FINE] });
    const { code, stdout, stderr } = await runHere(['doctor'], env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(
      '✔ deepseek: works, 320 ms, balance 12.50 USD; this account does not list deepseek-v4-pro',
    );
    expect(stdout).toContain('– moonshot: not offered. To offer it: MOONSHOT_API_KEY=… in .dev.vars');
  });

  test('says what is wrong with a provider, and what to do', async () => {
    const data = [
      failing('zai', 'upstream_auth_error', "Z.ai refused the router's own key."),
      failing('moonshot', 'upstream_insufficient_balance', 'Out of money.'),
      failing('deepseek', 'upstream_timeout', 'No answer within 10 s.'),
    ];
    const { code, stdout } = await runHere(['doctor'], await router(200, { data }));
    expect(code).toBe(1);
    expect(stdout).toMatch(/✘ zai: Z\.ai refused.*\n {2}→ Make a new key .* https:\/\/zai\.example, .*ZAI_API_KEY/);
    expect(stdout).toMatch(/✘ moonshot: Out of money\.\n {2}→ Top up/);
    expect(stdout).toMatch(/✘ deepseek: No answer.*\n {2}→ Check DEEPSEEK_BASE_URL/);
  });

  test('says which of several keys works', async () => {
    const good = { ok: true, latency_ms: 20, problem: null, balance: null, unlisted_models: null };
    const bad = { ...good, ok: false, problem: { code: 'upstream_auth_error', message: 'Refused.' } };
    const key = (label: string, check: object) => ({ label, well: true, until: null, reason: null, check });
    const both = provider('zai', { credentials: [key('team-a', good), key('#2', bad)], check: bad });
    const off = provider('moonshot', { status: 'disabled', check: null });
    const { code, stdout } = await runHere(['doctor'], await router(200, { data: [both, off] }));
    expect(code).toBe(1);
    expect(stdout).toMatch(/✔ zai, key team-a: works, 20 ms\n✘ zai, key #2: Refused\.\n {2}→ Make a new key/);
    expect(stdout).toContain('– moonshot: disabled in the catalogue');
  });

  test('says which rows of the catalogue are left out, and that MODELS_JSON is not read', async () => {
    const problems = [{ table: 'routes', name: 'team', reason: 'targets is not JSON' }];
    const catalog = { problems, notices: ['MODELS_JSON is set and no longer read: …'] };
    const env = await router(200, { data: [FINE] }, catalog);
    const { code, stdout } = await runHere(['doctor'], env);
    expect(code).toBe(1);
    expect(stdout).toMatch(/✘ routes team is left out: targets is not JSON\n {2}→ .*npm run routes -- remove team/);
    expect(stdout).toContain('✘ MODELS_JSON is set');
    const json = JSON.parse((await runHere(['doctor', '--json'], env)).stdout);
    expect(json).toMatchObject({ ok: false, catalog: [{ text: expect.stringContaining('routes team') }, {}] });
  });

  test('gives scripts JSON', async () => {
    const env = await router(200, { data: [failing('zai', 'upstream_auth_error', 'Refused.')] });
    const { code, stdout } = await runHere(['doctor', '--json'], env);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      problem: null,
      data: [{ id: 'zai', remedy: expect.stringContaining('ZAI_API_KEY') }],
    });
  });

  test('is not content with a router that offers nothing', async () => {
    expect((await runHere(['doctor'], await router(200, { data: [ABSENT] }))).code).toBe(1);
  });

  test.each([
    [404, {}, 'at least 32 characters'],
    [
      500,
      { error: { code: 'invalid_configuration', message: 'The variable ZAI_BASE_URL is not a URL' } },
      'ZAI_BASE_URL',
    ],
    [502, 'nothing', 'answered HTTP 502'],
    [200, { hello: 'world' }, 'is not this router'],
  ])('knows what a router means that answers %i %j', async (status, body, says) => {
    const { code, stdout, stderr } = await runHere(['doctor'], await router(status, body));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(says);
  });

  test('knows a wrong secret, an absent router, and what is missing', async () => {
    const env = await router(200, { data: [] });
    expect((await runHere(['doctor'], { ...env, INTERNAL_SECRET: 'x'.repeat(40) })).stderr).toContain(
      'INTERNAL_SECRET',
    );
    const absent = { ROUTER_URL: 'http://127.0.0.1:1', INTERNAL_SECRET: SECRET };
    expect((await runHere(['doctor'], absent)).stderr).toContain('No router answers at http://127.0.0.1:1');
    expect((await runHere(['doctor', '--remote'])).stderr).toContain('ROUTER_URL is not set');
  });
});
