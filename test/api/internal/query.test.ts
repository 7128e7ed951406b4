import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { app } from '../../../src/app.ts';
import { csvLine } from '../../../src/protocol/csv.ts';
import { requestId } from '../../../src/protocol/request-id.ts';
import { logRequest } from '../../console/operator.ts';
import { internal } from '../../support/router.ts';

async function ask(path: string, method = 'GET'): Promise<{ status: number; body: ReturnType<typeof JSON.parse> }> {
  const response = await internal(`/internal${path}`, { method });
  return { status: response.status, body: JSON.parse(await response.text()) };
}

const DAY_MS = 86_400_000;
const NOON = Date.parse('2026-03-10T12:00:00Z');

/** Rows of `alice` and `bob`, three days of them. */
const rows = [
  {
    owner: 'alice',
    key_id: 'key_a',
    day: '2026-03-10',
    endpoint: 'chat',
    session: 's-1',
    tags: '{"project":"web","team.x":"a"}',
  },
  {
    owner: 'alice',
    key_id: 'key_a',
    day: '2026-03-10',
    endpoint: 'messages',
    session: 's-2',
    tags: '{"project":"api"}',
  },
  {
    owner: 'bob',
    key_id: 'key_b',
    day: '2026-03-11',
    endpoint: 'chat',
    session: 's-1',
    end: 'timeout',
    tags: 'no json',
  },
  {
    owner: 'bob',
    key_id: 'key_b',
    day: '2026-03-12',
    endpoint: null,
    model: 'other',
    requested_model: '=1+1',
    team: 'blue',
  },
].map((row, index) => ({
  ...row,
  request_id: requestId(NOON + index * DAY_MS),
  started_at: '2026-03-10T12:00:00.000Z',
}));

beforeAll(async () => {
  for (const row of rows) await logRequest(row);
});

/** The positions of the rows that a query gives. */
async function found(query: string): Promise<number[]> {
  const { status, body } = await ask(`/logs?${query}`);
  expect(status, query).toBe(200);
  const ids = body.data.map((row: { request_id: string }) => row.request_id);
  return ids.map((id: string) => rows.findIndex((row) => row.request_id === id)).toSorted();
}

describe('a query parameter that nobody knows', () => {
  const routes = app.routes
    .filter(({ path, method }) => path.startsWith('/internal/') && method !== 'ALL')
    .map(
      ({ path, method }) => [method, path.replace('/internal', '').replaceAll(/:\w+(\{[^}]*\})?/g, 'nobody')] as const,
    );

  test.each([...new Map(routes.map((route) => [route.join(' '), route])).values()])(
    'is a 400 that names it: %s %s',
    async (method, path) => {
      const { status, body } = await ask(`${path}?limt=5&of=x`, method);
      expect(status).toBe(400);
      expect(body.error).toMatchObject({ code: 'invalid_value', param: 'limt' });
      expect(body.error.message).toContain('limt, of');
    },
  );

  test('is told what there is', async () => {
    expect((await ask('/logs?limt=5')).body.error.message).toContain('key, user, team, model');
    expect((await ask('/providers?check=yes')).body.error).toMatchObject({ param: 'check' });
  });

  test('keeps a change from being made', async () => {
    expect((await ask('/users?x=1', 'POST')).status).toBe(400);
    const made = await internal('/internal/users?dry_run=true', { method: 'POST', body: '{"username":"carol"}' });
    expect(made.status).toBe(400);
    expect((await ask('/users/carol')).status).toBe(404);
  });
});

describe('/internal/logs is narrowed', () => {
  test.each([
    ['user=alice', [0, 1]],
    ['key=key_b', [2, 3]],
    ['team=blue', [3]],
    ['model=test/other', [3]],
    ['model=other&user=alice', []],
    ['end=timeout', [2]],
    ['endpoint=messages', [1]],
    ['endpoint=chat&session=s-1', [0, 2]],
    ['session=s-2', [1]],
    ['tag=project%3Dweb', [0]],
    ['tag=project%3Dapi&user=alice', [1]],
    ['tag=team.x%3Da', [0]],
    ['from=2026-03-11&to=2026-03-11', [2]],
    ['from=2026-03-10&to=2026-03-11', [0, 1, 2]],
    ['from=2026-03-12&user=bob', [3]],
    ['to=2026-03-10&user=bob', []],
    ['user=&key=&from=2026-03-10&to=2026-03-12', [0, 1, 2, 3]],
  ])('by %s', async (query, positions) => {
    expect(await found(query)).toEqual(positions);
  });

  test.each([
    'end=sideways',
    'tag=project',
    'tag=a%3Db%3Dc',
    'from=yesterday',
    'to=2026-02-30',
    'format=xls',
    'limit=0',
    'limit=1e1',
    'limit=0x10',
    'endpoint=chats',
    'user=alice&user=bob',
    'from=2026-03-11&from=2026-03-12',
  ])('but not by %s', async (query) => {
    const { status, body } = await ask(`/logs?${query}`);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'invalid_value', param: query.split('=')[0] });
  });

  test('page by page, where a page of rows that do not meet the filter goes on with a cursor', async () => {
    const first = requestId(NOON - 30 * DAY_MS);
    const values = "'settle', 'key_many', 'many', 'default', 0, 200, 'completed', 'none', 0, 0, 0, 0, 0, 0, 0, '', 0";
    await env.DB.prepare(
      `INSERT INTO request_logs (request_id, kind, key_id, owner, purpose, stream, status, "end", source, input_tokens,
         cached_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_nano_usd, attempts, started_at, duration_ms, day)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10010)
       SELECT ? || printf('%06d', i), ${values}, '2026-02-08' FROM n`,
    )
      .bind(first.slice(0, -6))
      .run();
    await logRequest({
      request_id: requestId(NOON - 60 * DAY_MS),
      key_id: 'key_old',
      owner: 'rare',
      day: '2026-01-09',
    });
    const seen: string[] = [];
    let pages = 0;
    let cursor = '';
    do {
      const { body } = await ask(`/logs?user=rare&cursor=${encodeURIComponent(cursor)}`);
      seen.push(...body.data.map((row: { key_id: string }) => row.key_id));
      pages += 1;
      cursor = body.next_cursor ?? '';
    } while (cursor !== '' && pages < 5);
    expect(seen).toEqual(['key_old']);
    expect(pages).toBe(2);
    const file = await internal('/internal/logs?user=rare&format=csv');
    expect((await file.text()).split('\r\n')).toHaveLength(3);
  });
});

describe('what a session cost', () => {
  const day = '2026-04-02';
  const at = Date.parse(`${day}T10:00:00Z`);
  const own = { session: 'bill', owner: 'dora', day, started_at: `${day}T10:00:00.000Z` };

  beforeAll(async () => {
    const late = { ...own, request_id: requestId(at), key_id: 'key_d' };
    await logRequest({ ...late, cost_nano_usd: 5_000 });
    await logRequest({ ...late, kind: 'adjust', cost_nano_usd: -1_000, input_tokens: 0, output_tokens: 0 });
    await logRequest({ ...own, request_id: requestId(at + 1), key_id: 'key_d', end: 'rejected', repeated: 2 });
    await logRequest({ ...own, request_id: requestId(at + 2), key_id: 'key_d', session: 'other' });
    await logRequest({ ...own, request_id: requestId(at + 3 * DAY_MS), key_id: 'key_d', day: '2026-04-05' });
    await logRequest({ ...own, request_id: requestId(at + 4), key_id: 'key_e', owner: 'emil', cost_nano_usd: 77 });
  });

  const sums = async (query: string) => (await ask(`/logs?session=bill&${query}`)).body.sessions;

  test('is its key’s rows, corrections and refusals that share a row included', async () => {
    expect(await sums('key=key_d&limit=1')).toEqual([
      {
        ...{ key_id: 'key_d', session: 'bill', requests: 5, input_tokens: 3600, output_tokens: 240 },
        ...{ cost_nano_usd: 2_184_000, cost_usd: '0.002184', complete: true },
        ...{ first_at: `${day}T10:00:00.000Z`, last_at: `${day}T10:00:00.000Z` },
      },
    ]);
    expect(await sums(`key=key_d&to=${day}`)).toMatchObject([{ requests: 4, cost_nano_usd: 1_094_000 }]);
  });

  test('is told for each key that has one of this name, on the first page', async () => {
    const both = await sums('');
    expect(both.map((sum: { key_id: string }) => sum.key_id).toSorted()).toEqual(['key_d', 'key_e']);
    expect(await sums('user=emil')).toMatchObject([{ key_id: 'key_e', cost_nano_usd: 77 }]);
    expect(await sums('user=nobody')).toEqual([]);
    expect((await ask('/logs?key=key_d')).body).not.toHaveProperty('sessions');
  });

  test('says where a key has more rows than are looked at', async () => {
    await env.DB.prepare(
      `INSERT INTO request_logs (request_id, kind, key_id, owner, purpose, stream, status, "end", source, input_tokens,
         cached_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_nano_usd, attempts, started_at,
         duration_ms, day, session)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20050)
       SELECT ? || printf('%06d', i), 'settle', 'key_huge', 'huge', 'default', 0, 200, 'completed', 'none',
         0, 0, 0, 0, 0, 1, 1, '', 0, '2025-02-26', 'vast' FROM n`,
    )
      .bind(requestId(at - 400 * DAY_MS).slice(0, -6))
      .run();
    const { body } = await ask('/logs?session=vast&key=key_huge&limit=1');
    expect(body.sessions).toMatchObject([{ key_id: 'key_huge', requests: 20_001, complete: false }]);
  });
});

describe('/internal/logs as a file', () => {
  test('has the rows of the filter, the columns of a row, and no cell that a spreadsheet would run', async () => {
    const response = await internal('/internal/logs?format=csv&user=bob');
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="[\w.-]+\.csv"$/);
    const [head = '', ...lines] = (await response.text()).trimEnd().split('\r\n');
    const { body } = await ask('/logs?user=bob');
    expect(head.split(',')).toEqual(Object.keys(body.data[0]));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain(",'=1+1,");
    expect(lines[1]).toContain(',timeout,');
  });

  test('holds all rows where no limit is given, and no more than a limit', async () => {
    const count = async (query: string) =>
      (await (await internal(`/internal/logs?format=csv&${query}`)).text()).trimEnd().split('\r\n').length - 1;
    expect(await count('key=key_many')).toBe(10_010);
    expect(await count('key=key_many&limit=7')).toBe(7);
    expect(await count('user=nobody')).toBe(0);
  });

  test.each([
    ['=SUM(A1)', "'=SUM(A1)"],
    ['+49 30 1', "'+49 30 1"],
    ['-cmd|x', "'-cmd|x"],
    ['@here', "'@here"],
    ['\t=1+1', "'\t=1+1"],
    ['\r=1+1', '"\'\r=1+1"'],
    ['-0.00009', '-0.00009'],
    ['+5', '+5'],
    ['-1e5', "'-1e5"],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['=1,"2"', '"\'=1,""2"""'],
    ['two\nlines', '"two\nlines"'],
    [null, ''],
    [true, 'true'],
    [{ a: 1 }, '"{""a"":1}"'],
  ])('writes %j as %s', (value, cell) => {
    expect(csvLine([value])).toBe(`${cell}\r\n`);
  });
});

describe('/internal/usage', () => {
  test('sums by provider, endpoint and team too', async () => {
    const by = async (group: string) => (await ask(`/usage?by=${group}&from=2026-03-10&to=2026-03-12`)).body.data;
    const requests = (data: { requests: number }[], member: string) =>
      Object.fromEntries(data.map((row) => [Reflect.get(row, member), row.requests]));
    expect(requests(await by('provider'), 'provider')).toEqual({ test: 4 });
    expect(requests(await by('endpoint'), 'endpoint')).toEqual({ chat: 2, messages: 1, none: 1 });
    expect(requests(await by('team'), 'team')).toEqual({ blue: 1, none: 3 });
    expect((await ask('/usage?by=week')).body.error.message).toContain('provider, endpoint');
  });
});
