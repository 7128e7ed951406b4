import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { curlOf } from '../../src/connect/curl-of.ts';
import { requestId } from '../../src/protocol/request-id.ts';
import { makeKey } from '../support/keys.ts';
import { fieldsIn } from './form-fields.ts';
import { logRequest, newOperator } from './operator.ts';
import { wholeWords } from './whole-words.ts';

type Operator = Awaited<ReturnType<typeof newOperator>>;

const DAY_MS = 86_400_000;
const NOW = Date.now();
const HOSTILE = `'"><script>alert(1)</script>$(id)\`=1+1`;

let operator: Operator;
let laptop = '';
let other = '';
/** In the middle of a minute. */
const HOUR_AGO = Math.floor((NOW - 3_600_000) / 60_000) * 60_000 + 30_000;
const ids = { first: '', hour: '', timeout: '', old: '', hostile: '', others: '' };

/** A minute as the browser's field writes it. */
function minute(time: number): string {
  return new Date(time).toISOString().slice(0, 16);
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

async function log(at: number, row: Record<string, string | number | null>): Promise<string> {
  const id = requestId(at);
  await logRequest({ request_id: id, day: dayOf(at), started_at: new Date(at).toISOString(), ...row });
  return id;
}

beforeAll(async () => {
  operator = await newOperator();
  ({
    key: { id: laptop },
  } = await makeKey({ name: 'req-laptop' }));
  ({
    key: { id: other },
  } = await makeKey({ name: 'req-laptop' }));
  const own = { key_id: laptop, owner: 'rea', session: 's-req' };
  ids.first = await log(NOW - 5000, {
    ...own,
    endpoint: 'chat',
    tags: '{"project":"web"}',
    team: 'red',
    attempts: 3,
    cost_nano_usd: 250_000_000,
  });
  ids.timeout = await log(NOW - 4000, {
    ...{ ...own, endpoint: 'messages', end: 'timeout', status: 504, error_code: 'upstream_timeout' },
    cost_nano_usd: 500_000_000,
  });
  ids.old = await log(NOW - 30 * DAY_MS, { ...own, endpoint: 'chat', session: 's-old' });
  ids.hour = await log(HOUR_AGO, { ...own, endpoint: 'embeddings', session: 's-hour' });
  ids.others = await log(NOW - 3000, { key_id: other, owner: 'rob', session: 's-rob', endpoint: null });
  ids.hostile = await log(NOW - 2000, {
    ...{ key_id: laptop, owner: HOSTILE, session: HOSTILE, error_code: HOSTILE, end: HOSTILE, endpoint: 'chat' },
    ...{ tags: JSON.stringify({ [HOSTILE]: HOSTILE }), requested_model: HOSTILE, provider: HOSTILE, model: HOSTILE },
    ...{ team: HOSTILE, attempt_details: JSON.stringify([{ code: HOSTILE, credential: HOSTILE, model: HOSTILE }]) },
  });
});

/** The requests that a list leads to. */
async function found(query: string): Promise<string[]> {
  const html = await operator.read(`/admin/requests?${query}`);
  return Array.from(html.matchAll(/href="\/admin\/requests\/(req_[0-9a-z]+)"/g), (match) => match[1] ?? '');
}

describe('the list of requests', () => {
  it.each([
    ['owner=rea&error=upstream_timeout', () => [ids.timeout]],
    ['owner=rea&endpoint=messages', () => [ids.timeout]],
    ['session=s-req', () => [ids.timeout, ids.first]],
    ['tag=project%3Dweb&owner=rea', () => [ids.first]],
    [`owner=rea&to=${dayOf(NOW - 20 * DAY_MS)}`, () => [ids.old]],
    [`owner=rea&from=${dayOf(NOW - 20 * DAY_MS)}&endpoint=chat`, () => [ids.first]],
    ['key=req-laptop&owner=rob', () => [ids.others]],
    ['key=req-laptop&session=s-req', () => [ids.timeout, ids.first]],
    ['key=no-such-key', () => []],
    ['owner=rea&team=red', () => [ids.first]],
    [`session=s-req&from=${minute(HOUR_AGO - 60_000)}`, () => [ids.timeout, ids.first]],
    [`owner=rea&to=${minute(HOUR_AGO)}&from=${minute(HOUR_AGO)}`, () => [ids.hour]],
    [`owner=rea&from=${minute(HOUR_AGO - 60_000)}&to=${minute(HOUR_AGO - 60_000)}`, () => []],
  ])('is narrowed by %s', async (query, expected) => {
    expect(await found(query)).toEqual(expected());
  });

  it('says what it cannot narrow by, and leads by a request’s id to its page', async () => {
    const page = await operator.read('/admin/requests?tag=nothing&from=2026-99-99&owner=rea');
    expect(page).toContain('Write a tag as name=value');
    expect(page).toContain('Write a day such as');
    expect(await operator.read('/admin/requests?to=2026-11-23T99:00')).toContain('Write a day such as');
    // A day fills its fields to the minute.
    const filled = await operator.read('/admin/requests?from=2026-11-23&to=2026-11-24');
    expect(filled).toContain('value="2026-11-23T00:00"');
    expect(filled).toContain('value="2026-11-24T23:59"');
    const way = await operator.open(`/admin/requests?id=%20${ids.first}`);
    expect([way.status, way.headers.get('location')]).toEqual([303, `/admin/requests/${ids.first}`]);
  });

  it('shows seconds, what the key is called, the endpoint, tries, HTTP status and error code', async () => {
    const row = (await operator.read('/admin/requests?owner=rea&endpoint=messages')).split('<tbody>')[1] ?? '';
    expect(row).toMatch(/>\d\d-\d\d \d\d:\d\d:\d\d</);
    for (const text of ['req-laptop', 'messages', '>504<', 'upstream_timeout']) expect(wholeWords(row)).toContain(text);
    expect(await operator.read('/admin/requests?tag=project%3Dweb')).toContain('chat · 3 attempts');
  });

  it('tells what a session has cost', async () => {
    expect(await operator.read('/admin/requests?session=s-req')).toMatch(
      /This session has cost <b>\$0\.75<\/b> · requests: 2/,
    );
    expect(await operator.read('/admin/requests?owner=rea')).not.toContain('This session has cost');
  });

  it('follows what happens where it is asked to, without a script', async () => {
    const meta = '<meta http-equiv="refresh" content="10"/>';
    expect(await operator.read('/admin/requests?owner=rea')).not.toContain(meta);
    const page = await operator.read('/admin/requests?owner=rea&refresh=10');
    expect(page).toContain(meta);
    expect(page).toContain('href="/admin/requests?owner=rea">Stop refreshing');
    // And goes on when it is narrowed further.
    expect(fieldsIn(page, '/admin/requests')['refresh']).toBe('10');
  });

  it('comes as a file with the same filters, no cell of which is a formula', async () => {
    const file = await operator.open(`/admin/requests.csv?session=s-req`);
    expect(file.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const lines = (await file.text()).trimEnd().split('\r\n');
    expect(lines).toHaveLength(3);
    const span = `from=${minute(HOUR_AGO)}&to=${minute(HOUR_AGO)}`;
    for (const [query, count] of [
      [span, 2],
      [`${span}&team=red`, 1],
      ['owner=rea&team=red', 2],
    ] as const) {
      const narrowed = await (await operator.open(`/admin/requests.csv?${query}`)).text();
      expect([query, narrowed.trimEnd().split('\r\n').length]).toEqual([query, count]);
    }
    await log(NOW - 1000, {
      key_id: laptop,
      owner: '=cmd|x',
      session: '@SUM(1)',
      error_code: '+1+1',
      requested_model: '-2+3',
    });
    const hostile = await (await operator.open('/admin/requests.csv?owner=%3Dcmd%7Cx')).text();
    for (const cell of ["'=cmd|x", "'@SUM(1)", "'+1+1", "'-2+3"]) expect(hostile).toContain(`,${cell},`);
    expect(hostile).not.toMatch(/(^|,|")[=@]/m);
    expect((await operator.open('/admin/requests.csv?from=x&tag=y')).status).toBe(200);
  });
});

describe('a request’s page', () => {
  it('shows the session’s other requests with what they came to', async () => {
    const page = await operator.read(`/admin/requests/${ids.first}`);
    expect(page).toContain(`/admin/requests/${ids.timeout}`);
    expect(page).toContain('This session has cost <b>$0.75</b>');
    expect(page).toContain('project=web');
    expect(page).not.toContain(ids.others);
  });

  it('gives the request as a command to send again, without prompt and key', async () => {
    const page = await operator.read(`/admin/requests/${ids.first}`);
    expect(page).toContain('curl &#39;http://router.test/api/v1/chat/completions&#39;');
    expect(page).toContain('Bearer $ROUTER_KEY');
    expect(await operator.read(`/admin/requests/${ids.others}`)).not.toContain('curl');
  });

  it('writes nothing that a page or a shell would run', async () => {
    const paths = [
      `/admin/requests/${ids.hostile}`,
      `/admin/requests?owner=${encodeURIComponent(HOSTILE)}&session=${encodeURIComponent(HOSTILE)}`,
      `/admin/requests?key=${laptop}`,
      ...['from', 'to', 'team', 'key', 'model', 'end', 'error', 'endpoint', 'tag', 'refresh'].map(
        (name) => `/admin/requests?${name}=${encodeURIComponent(HOSTILE)}`,
      ),
    ];
    for (const path of paths) {
      const page = await operator.read(path);
      expect(page, path).not.toContain('<script>alert');
      expect(page, path).not.toContain(`'"><`);
    }
    const command = curlOf({ endpoint: 'chat', model: HOSTILE, stream: true }, 'http://router.test') ?? '';
    const words = command.replaceAll(String.raw`'\''`, '\u0001');
    // Outside of quotes there is nothing of the name.
    expect(words.replaceAll(/'[^']*'/g, '')).not.toMatch(/script|\$\(|`/);
    expect(words.replaceAll('\u0001', "'")).toContain(JSON.stringify(HOSTILE).slice(1, -1));
  });

  it('is found by an index, and so is what its session came to', async () => {
    const plan = await env.DB.prepare(
      'EXPLAIN QUERY PLAN SELECT * FROM request_logs WHERE key_id = ? AND request_id >= ? ORDER BY request_id DESC LIMIT 20001',
    )
      .bind(laptop, ids.old)
      .all<{ detail: string }>();
    expect(plan.results.map(({ detail }) => detail).join()).toContain('USING INDEX request_logs_by_key');
  });
});
