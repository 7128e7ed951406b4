import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { insertLogs } from '../../src/store/insert-logs.ts';

const ROW = {
  ...{ kind: 'settle', keyId: 'key_whose', owner: 'ann', team: null, purpose: 'default', endpoint: 'chat' },
  ...{ provider: 'test', model: 'echo', requestedModel: 'test/echo', session: null, tags: null, stream: false },
  ...{ source: 'none', priceRevision: null, attempts: [], finishReason: null, vendorFinishReason: null },
  ...{ usage: { inputTokens: 0, cachedTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 } },
  ...{ costNanoUsd: 0, startedAt: Date.parse('2026-04-01T10:00:00Z'), firstTokenMs: null, durationMs: 5, colo: null },
  ...{ day: '2026-04-01', notice: null, repeated: 0 },
};

it('a day’s errors are told apart: the clients’, this router’s and the providers’, refusals that stand for more too', async () => {
  const rows = [
    { end: 'completed', status: 200, errorCode: null },
    { end: 'client_gone', status: 200, errorCode: null },
    { end: 'rejected', status: 402, errorCode: 'budget_exceeded', repeated: 6 },
    { end: 'rejected', status: 503, errorCode: 'ledger_unavailable' },
    { end: 'upstream_failed', status: 400, errorCode: 'invalid_request' },
    { end: 'upstream_failed', status: 500, errorCode: 'internal_error' },
    { end: 'upstream_failed', status: 502, errorCode: 'upstream_error' },
    { end: 'timeout', status: 504, errorCode: 'upstream_timeout' },
    { end: 'upstream_failed', status: 429, errorCode: 'upstream_rate_limited' },
    // No more than a correction of the first.
    { kind: 'adjust', end: 'upstream_failed', status: 502, errorCode: 'upstream_error' },
  ].map((row, index) => ({ ...ROW, requestId: `req_whose_${index}`, ...row }));
  const sums = async () =>
    await env.DB.prepare(
      `SELECT sum(requests) AS requests, sum(errors) AS errors, sum(own_errors) AS own, sum(provider_errors) AS provider
       FROM usage_daily WHERE key_id = 'key_whose'`,
    ).first();
  const expected = { requests: 15, errors: 13, own: 2, provider: 3 };
  await env.DB.batch(insertLogs(env.DB, rows));
  expect(await sums()).toEqual(expected);
  await env.DB.batch(insertLogs(env.DB, rows));
  expect(await sums()).toEqual(expected);
});
