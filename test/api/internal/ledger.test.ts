import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { ledgerRow } from '../../support/ledger-row.ts';
import { audited, call, echo, makeKey, settleAll } from './call.ts';

describe('/internal/logs, /internal/usage and /internal/ledger', () => {
  test('show each request, sums by day, key, model and user, and that the ledger agrees', async () => {
    const { id, key, owner } = await makeKey();
    for (let index = 0; index < 3; index += 1) expect(await echo(key)).toBe(200);
    await settleAll();

    const { body: first } = await call('GET', `/logs?key=${id}&limit=2`);
    expect(first.data).toHaveLength(2);
    const { body: rest } = await call('GET', `/logs?key=${id}&limit=2&cursor=${encodeURIComponent(first.next_cursor)}`);
    expect(rest).toMatchObject({ data: [{ key_id: id }], next_cursor: null });
    const rows = [...first.data, ...rest.data];
    expect(new Set(rows.map((row) => row.request_id)).size).toBe(3);
    const [row] = rows;
    expect(row).toMatchObject({
      kind: 'settle',
      owner,
      purpose: 'default',
      provider: 'test',
      model: 'echo',
      requested_model: 'test/echo',
      stream: false,
      status: 200,
      end: 'completed',
      source: 'reported',
      error_code: null,
    });
    expect(row.cost_usd).toMatch(/^0(\.\d{1,9})?$/);
    expect((await call('GET', `/logs/${row.request_id}`)).body).toEqual(row);
    expect((await call('GET', '/logs/req_nobody')).status).toBe(404);

    const cost = rows.reduce((sum, each) => sum + each.cost_nano_usd, 0);
    const sums = { requests: 3, cost_nano_usd: cost };
    const by = async (group: string) => (await call('GET', `/usage?by=${group}`)).body.data;
    const { name } = (await call('GET', `/keys/${id}`)).body;
    expect(await by('key')).toContainEqual(expect.objectContaining({ key_id: id, owner, name, ...sums }));
    expect((await call('GET', '/usage?by=key&days=1')).body.data).toEqual(await by('key'));
    expect(await by('user')).toContainEqual(expect.objectContaining({ owner, ...sums }));
    expect((await by('model'))[0]).toMatchObject({ model: 'test/echo' });
    for (const { model } of await by('model')) expect(model).toMatch(/^(none|.+\/.+)$/);
    expect((await by('day'))[0]).toMatchObject({ day: row.day, cost_usd: expect.stringMatching(/^\d+(\.\d+)?$/) });
    expect((await call('GET', '/usage?by=key&from=2020-01-01&to=2020-12-31')).body.data).toEqual([]);
    for (const query of [
      'by=week',
      'from=yesterday',
      'to=2026-13-01',
      'days=0',
      'days=1.5',
      'days=4000',
      'days=1e1',
      'days=3&from=2026-11-01',
    ]) {
      expect((await call('GET', `/usage?${query}`)).status, query).toBe(400);
    }

    const { body: check } = await call('GET', '/ledger/check');
    expect(check.ok).toBe(true);
    expect(check.data).toContainEqual({
      key_id: id,
      ledger_nano_usd: cost,
      d1_nano_usd: cost,
      daily_nano_usd: cost,
      held_nano_usd: 0,
      open_leases: 0,
      outbox: 0,
    });
    expect((await call('POST', '/ledger/repair')).body).toEqual({ repaired: [], next_cursor: null });
  });

  test('a ledger that differs from D1 is said, and repaired by sending its rows again', async () => {
    const { id, key } = await makeKey();
    expect(await echo(key)).toBe(200);
    await settleAll();
    await env.DB.prepare('DELETE FROM request_logs WHERE key_id = ?').bind(id).run();
    await env.DB.prepare('DELETE FROM usage_daily WHERE key_id = ?').bind(id).run();
    expect((await call('GET', '/ledger/check')).body.ok).toBe(false);
    expect((await call('POST', '/ledger/repair')).body).toEqual({ repaired: [id], next_cursor: null });
    await settleAll();
    expect((await call('GET', '/ledger/check')).body.ok).toBe(true);
  });

  test('dead letters are listed, put back where they can be, and deleted', async () => {
    const { id: keyId, key } = await makeKey();
    expect(await echo(key)).toBe(200);
    await settleAll();
    const insert = (id: string, body: unknown) =>
      env.DB.prepare('INSERT INTO dead_letters (id, body, reason) VALUES (?, ?, ?)')
        .bind(id, JSON.stringify(body), 'too many retries')
        .run();
    await insert('letter-bad', { what: 'is this' });
    const row = await ledgerRow(keyId, null);
    await insert('letter-good', { kind: 'rows', rows: [row] });
    const { body: list } = await call('GET', '/ledger/dead-letters');
    expect(list.data.map((letter: { id: string }) => letter.id)).toEqual(['letter-bad', 'letter-good']);
    expect((await call('POST', '/ledger/dead-letters/letter-bad/retry')).status).toBe(409);
    expect(await call('POST', '/ledger/dead-letters/letter-good/retry')).toMatchObject({ status: 200 });
    const fromCli = { 'x-actor': 'cli' };
    expect(await call('DELETE', '/ledger/dead-letters/letter-bad', undefined, fromCli)).toMatchObject({ status: 200 });
    expect((await call('DELETE', '/ledger/dead-letters/letter-bad')).status).toBe(404);
    expect((await call('POST', '/ledger/dead-letters/letter-good/retry')).status).toBe(404);
    expect((await call('GET', '/ledger/dead-letters')).body).toEqual({ data: [], next_cursor: null });
    expect(await audited('letter-good')).toEqual(['api dead_letter.retry']);
    expect(await audited('letter-bad')).toEqual(['cli dead_letter.delete']);
  });
});
