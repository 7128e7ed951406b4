import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { paceOf, readAsked } from '../../src/console/admin/overview-range.ts';
import { requestId } from '../../src/protocol/request-id.ts';
import { openDatabase } from '../../src/store/database.ts';
import { groupedSpend } from '../../src/store/grouped-spend.ts';
import { makeKey } from '../support/keys.ts';
import { logRequest, newOperator } from './operator.ts';

const HOSTILE = '=<script>alert(1)</script>';

function asked(query: string, today: string) {
  const params = new URLSearchParams(query);
  const { range, by, span, before } = readAsked((name) => params.get(name) ?? undefined, today);
  return [range, by, `${span.from}..${span.to}`, `${before.from}..${before.to}`];
}

async function log(day: string, row: Record<string, string | number | null>): Promise<void> {
  await logRequest({ request_id: requestId(Date.now()), key_id: 'key_ov', owner: 'ova', day, ...row });
}

describe('the days that the address asks for', () => {
  it.each([
    ['', '30', 'model', '2026-02-15..2026-03-16', '2026-01-16..2026-02-14'],
    ['range=7&by=user', '7', 'user', '2026-03-10..2026-03-16', '2026-03-03..2026-03-09'],
    ['range=month&by=team', 'month', 'team', '2026-03-01..2026-03-16', '2026-02-01..2026-02-16'],
    ['range=last', 'last', 'model', '2026-02-01..2026-02-28', '2026-01-01..2026-01-31'],
    ['from=2026-01-05&to=2026-01-01', 'own', 'model', '2026-01-01..2026-01-05', '2025-12-27..2025-12-31'],
    ['from=2020-01-01&to=2026-01-01', 'own', 'model', '2025-01-01..2026-01-01', '2024-01-01..2024-12-31'],
    [
      'from=x&to=2026-01-01&by=constructor&range=1e9',
      '30',
      'model',
      '2026-02-15..2026-03-16',
      '2026-01-16..2026-02-14',
    ],
  ])('%s', (query, ...expected) => {
    expect(asked(query, '2026-03-16')).toEqual(expected);
  });

  it('of a month that runs are compared with no more days than the month before had', () => {
    expect(asked('range=month', '2026-03-31')[3]).toBe('2026-02-01..2026-02-28');
  });

  it('of this month come to what they would at this pace', () => {
    expect(paceOf(10, 5, 30)).toBe(60);
    expect(paceOf(10, 0, 30)).toBeNull();
  });
});

describe('the overview', () => {
  let operator: Awaited<ReturnType<typeof newOperator>>;
  let keyId = '';

  beforeAll(async () => {
    operator = await newOperator('language=en');
    ({
      key: { id: keyId },
    } = await makeKey({ name: 'overview-key' }));
    const dear = { key_id: keyId, owner: 'ovi', cost_nano_usd: 3_000_000_000 };
    await log('2026-05-02', { ...dear, team: 'blue', endpoint: 'messages' });
    await log('2026-05-03', { ...dear, team: 'blue', model: 'other', end: 'timeout', error_code: 'upstream_timeout' });
    await log('2026-05-03', { cost_nano_usd: 500_000_000 });
    await log('2026-05-01', { cost_nano_usd: 2_000_000_000 });
    await log('2026-06-02', { owner: HOSTILE, model: HOSTILE, team: HOSTILE });
  });

  it.each([
    ['model', ['test/echo', 'test/other'], ['$3.50', '$3.00']],
    ['user', ['ovi', 'ova'], ['$6.00', '$0.50']],
    ['team', ['blue', 'none'], ['$6.00', '$0.50']],
    ['endpoint', ['messages'], ['$3.00']],
    ['provider', ['test'], ['$6.50']],
  ])('adds up days by %s', async (by, names, sums) => {
    const page = await operator.read(`/admin?from=2026-05-02&to=2026-05-03&by=${by}`);
    const table = page.slice(page.indexOf(`All, by ${by}`));
    for (const [index, name] of names.entries()) {
      expect(table).toMatch(
        new RegExp(`>${name}</th>(<td[^>]*>[^<]*(<small>[^<]*</small>)?</td>){2}<td[^>]*>\\${sums[index]}<`),
      );
    }
  });

  it('names keys by their owner and name, and sets the period beside the one before', async () => {
    const page = await operator.read('/admin?from=2026-05-02&to=2026-05-03&by=key');
    expect(page).toContain(`· overview-key`);
    expect(page).toContain('$2.00 the period before (+225 %)');
  });

  it('tells a day’s parts to who points at it, comes to it or touches it, without a script', async () => {
    const page = await operator.read('/admin?from=2026-05-02&to=2026-05-03');
    expect(page).toContain('tabindex="0" aria-label="2026-05-03: $3.50. test/other $3.00, test/echo $0.50"');
  });

  it('comes as a file, no cell of which is a formula, and writes nothing that a page would run', async () => {
    const path = '/admin/overview.csv?from=2026-05-02&to=2026-05-03&by=user';
    expect(await (await operator.open(path)).text()).toBe(
      'day,user,requests,errors,client_errors,own_errors,provider_errors,cost_usd\r\n2026-05-02,ovi,1,0,0,0,0,3\r\n' +
        '2026-05-03,ovi,1,1,0,0,1,3\r\n2026-05-03,ova,1,0,0,0,0,0.5\r\n',
    );
    for (const by of ['user', 'model', 'team', 'key']) {
      const page = await operator.read(`/admin?from=2026-06-01&to=2026-06-03&by=${by}`);
      expect(page).not.toContain('<script>alert');
    }
    const hostile = await (await operator.open('/admin/overview.csv?from=2026-06-01&to=2026-06-03&by=user')).text();
    expect(hostile).toContain(`,'${HOSTILE},`);
    for (const query of ['range=%00', 'by=%27', 'from=%3Cscript%3E&to=2026-99-99'])
      expect((await operator.open(`/admin?${query}`)).status).toBe(200);
  });

  it('splits errors into those of clients, of this router and of providers', async () => {
    const today = new Date().toISOString().slice(0, 10);
    await log(today, { end: 'rejected', status: 402, error_code: 'budget_exceeded', repeated: 4 });
    await log(today, { end: 'upstream_failed', status: 400, error_code: 'invalid_request' });
    await log(today, { end: 'upstream_failed', status: 500, error_code: 'internal_error' });
    await log(today, { end: 'upstream_failed', status: 502, error_code: 'upstream_error' });
    await log(today, { end: 'timeout', status: 504, error_code: 'upstream_timeout' });
    // The row of May that timed out counts among them: it is logged today.
    const page = await operator.read('/admin');
    expect(page).toContain('6\u00a0by\u00a0clients, 1\u00a0by\u00a0us, 3\u00a0by\u00a0providers');
    // Of the days that were asked for it is one less, in the figures and in the table by provider.
    const day = await operator.read(`/admin?from=${today}&to=${today}&by=provider`);
    expect(day.split('6\u00a0by\u00a0clients, 1\u00a0by\u00a0us, 2\u00a0by\u00a0providers')).toHaveLength(3);
    expect(page).toMatch(/on pace for \$[\d.]+ this month/);
  });

  it('finds the days of the dearest by an index, and tells the rest by day', async () => {
    await env.DB.prepare(
      `INSERT INTO usage_daily (day, key_id, provider, model, owner, requests, errors, input_tokens, cached_tokens,
         output_tokens, reasoning_tokens, cost_nano_usd)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 70)
       SELECT '2025-05-02', 'key_' || i, 'test', 'echo', 'owner' || i, 1, 0, 0, 0, 0, 0, i FROM n`,
    ).run();
    await env.DB.prepare(
      `INSERT INTO usage_monthly (month, key_id, owner, cost_nano_usd)
       SELECT '2025-05', key_id, owner, cost_nano_usd FROM usage_daily WHERE day = '2025-05-02'`,
    ).run();
    const days = await groupedSpend(openDatabase(env.DB), 'user', { from: '2025-05-01', to: '2025-05-31' });
    expect(days).toHaveLength(51);
    const noErrors = { errors: 0, ownErrors: 0, providerErrors: 0 };
    const rest = days.find(({ label }) => label === null);
    expect(rest).toEqual({ day: '2025-05-02', label: null, requests: 20, ...noErrors, costNanoUsd: 210 });
    for (const [column, index] of [
      ['owner', 'usage_daily_by_owner'],
      ['key_id', 'usage_daily_by_key'],
    ]) {
      const plan = await env.DB.prepare(
        `EXPLAIN QUERY PLAN SELECT day, sum(cost_nano_usd) FROM (SELECT ${column} AS named FROM usage_monthly
           WHERE month BETWEEN '2025-05' AND '2025-05' GROUP BY named LIMIT 50) AS dearest
         CROSS JOIN usage_daily AS daily ON daily.${column} = dearest.named AND day BETWEEN '2025-05-01' AND '2025-05-31'
         GROUP BY daily.${column}, day`,
      ).all<{ detail: string }>();
      expect(plan.results.map(({ detail }) => detail).join()).toContain(`USING INDEX ${index}`);
    }
  });
});
