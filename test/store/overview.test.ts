import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { requestId, requestIdFloor } from '../../src/protocol/request-id.ts';
import { openDatabase } from '../../src/store/database.ts';
import { hourlyTraffic, providerTraffic } from '../../src/store/overview.ts';
import { logRequest, newOperator } from '../console/operator.ts';
import { routerWith } from '../support/impatient-router.ts';
import { makeKey } from '../support/keys.ts';
import { playProvider } from '../support/provider.ts';

const MINUTE = 60_000;

/** Each row is a millisecond later than the one before: ids of one millisecond have no order. */
let lastAt = 0;

async function log(row: Record<string, string | number | null>): Promise<void> {
  lastAt = Math.max(Date.now(), lastAt + 1);
  await logRequest({ request_id: requestId(lastAt), key_id: 'key_x', owner: 'x', ...row });
}

async function trafficOf(provider: string) {
  const all = await providerTraffic(openDatabase(env.DB), requestIdFloor(Date.now() - 10 * MINUTE));
  return all.find((line) => line.provider === provider) ?? null;
}

/** The line of a provider on the overview. */
async function lineOf(name: string): Promise<string> {
  const html = await (await newOperator('language=en')).read('/admin');
  return (
    html
      .split('<li>')
      .find((line) => line.includes(`<small class="mono">${name}<`))
      ?.split('</li>')[0] ?? ''
  );
}

describe('a provider is failing by its own failures alone', () => {
  const MISTAKES = ['invalid_request', 'context_length_exceeded', 'content_filter', 'request_too_large'];
  const FAILURES = [
    ...['upstream_error', 'upstream_overloaded', 'upstream_rate_limited', 'upstream_auth_error'],
    'upstream_insufficient_balance',
  ];

  it('not by what it answers to clients’ mistakes, by our own faults or by what was refused before', async () => {
    await log({ provider: 'moonshot' });
    for (const error_code of MISTAKES) await log({ provider: 'moonshot', end: 'upstream_failed', error_code });
    await log({ provider: 'moonshot', end: 'upstream_failed', error_code: 'internal_error' });
    await log({ provider: 'moonshot', end: 'upstream_failed', error_code: null });
    await log({ provider: 'moonshot', end: 'timeout', error_code: 'lease_expired' });
    await log({ provider: 'moonshot', end: 'rejected', error_code: 'budget_exceeded' });
    expect(await trafficOf('moonshot')).toMatchObject({ requests: 1, failures: 0, lastFailure: null });
    expect(await lineOf('moonshot')).toContain('serving');
  });

  it('has no line of the last hour where nothing but mistakes came', async () => {
    for (const error_code of MISTAKES) await log({ provider: 'zai', end: 'upstream_failed', error_code });
    expect(await trafficOf('zai')).toBeNull();
    expect(await lineOf('zai')).toContain('no requests');
  });

  it('but by what it does wrong, among whatever mistakes', async () => {
    for (let times = 0; times < 50; times += 1) {
      await log({ provider: 'deepseek', end: 'upstream_failed', error_code: 'invalid_request' });
    }
    for (const error_code of FAILURES) await log({ provider: 'deepseek', end: 'upstream_failed', error_code });
    await log({ provider: 'deepseek', end: 'timeout', error_code: 'upstream_timeout' });
    await log({ provider: 'deepseek', end: 'client_gone' });
    expect(await trafficOf('deepseek')).toMatchObject({
      requests: 7,
      failures: 6,
      lastFailure: { code: 'upstream_timeout' },
    });
    expect(await lineOf('deepseek')).toContain('failing');
  });

  it('as a client’s real mistake shows, all the way from the provider’s 400', async () => {
    await env.DB.prepare('DELETE FROM request_logs').run();
    const { secret } = await makeKey();
    playProvider(() =>
      Response.json({ error: { message: 'no such tool', type: 'invalid_request_error' } }, { status: 400 }),
    );
    const router = routerWith({});
    const body = JSON.stringify({ model: 'deepseek/deepseek-flash', messages: [{ role: 'user', content: 'hi' }] });
    const headers = { authorization: `Bearer ${secret}` };
    const response = await router.fetch('http://router.test/v1/chat/completions', { method: 'POST', headers, body });
    expect(response.status).toBe(400);
    await response.text();
    await router.settled();
    const operator = await newOperator();
    await operator.send('/admin/ledger');
    const { n } = (await env.DB.prepare("SELECT count(*) AS n FROM request_logs WHERE provider = 'deepseek'").first<{
      n: number;
    }>()) ?? { n: 0 };
    expect(n).toBe(1);
    expect(await trafficOf('deepseek')).toBeNull();
  });
});

describe('an hour of requests', () => {
  it('counts the refusals that one row stands for', async () => {
    await env.DB.prepare('DELETE FROM request_logs').run();
    await log({});
    await log({ end: 'rejected', status: 429, error_code: 'rate_limit_exceeded', repeated: 41 });
    const hours = await hourlyTraffic(openDatabase(env.DB), requestIdFloor(Date.now() - 10 * MINUTE), 0);
    expect(hours.reduce((sum, hour) => sum + hour.requests, 0)).toBe(43);
    expect(hours.reduce((sum, hour) => sum + hour.errors, 0)).toBe(42);
  });
});
