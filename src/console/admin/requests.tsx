import { type Context, Hono } from 'hono';
import { daysBefore } from '../../ledger/windows.ts';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { type Database, openDatabase } from '../../store/database.ts';
import { meantKey } from '../../store/key-names.ts';
import { LOG_FILE_HEADERS, logFile } from '../../store/log-file.ts';
import { LOG_CURSOR, type LogFilter, listLogs } from '../../store/log-list.ts';
import { getLog } from '../../store/logs.ts';
import type { RequestLogRow } from '../../store/schema.ts';
import { sumOfSession } from '../../store/session-sum.ts';
import { keyNamesOf } from '../kit/key-names.ts';
import type { FieldValues } from '../kit/read-form.ts';
import { respond } from '../kit/respond.tsx';
import { isMoment, readSpan } from '../kit/span.tsx';
import { viewOf } from '../kit/view.ts';
import { MissingRequest, RequestPage } from './request-page.tsx';
import { RequestsPage } from './requests-page.tsx';

const PAGE_SIZE = 50;
const LONGEST_FILTER = 200;
const FILTERS = ['from', 'to', 'owner', 'team', 'key', 'model', 'end', 'error', 'endpoint', 'session', 'tag'];
/** Other requests of a session that a request's page shows. */
const SHOWN_OF_SESSION = 10;
/** Days before and after a request that its session is looked for in. */
const SESSION_DAYS = 3;

const TAG = /^([\w.-]{1,40})=([\w.-]{1,40})$/;

/** What the address asks for. What cannot be meant narrows nothing, and the page says so. */
function readFilter(c: Context<AdminEnv>): { filter: FieldValues; errors: FieldValues } {
  const { requests } = viewOf(c).texts;
  const read = (name: string) => (c.req.query(name) ?? '').trim().slice(0, LONGEST_FILTER);
  const filter = Object.fromEntries(FILTERS.map((name) => [name, read(name)]));
  const errors: FieldValues = {};
  for (const name of ['from', 'to']) if (filter[name] && !isMoment(filter[name])) errors[name] = requests.momentRule;
  if (filter['tag'] && !TAG.test(filter['tag'])) errors['tag'] = requests.tagRule;
  return { filter, errors };
}

async function logFilter(database: Database, filter: FieldValues, offset: string): Promise<LogFilter> {
  const { owner, team, model, end, error, endpoint, session } = filter;
  const [, name = '', value = ''] = TAG.exec(filter['tag'] ?? '') ?? [];
  return {
    ...{ owner, team, model, end, error, endpoint, session, ...readSpan(filter, offset) },
    ...(await meantKey(database, filter['key'] ?? '')),
    tag: name === '' ? undefined : { name, value },
  };
}

async function list(c: Context<AdminEnv>): Promise<Response> {
  const id = (c.req.query('id') ?? '').trim().slice(0, LONGEST_FILTER);
  if (id !== '') return c.redirect(`/admin/requests/${encodeURIComponent(id)}`, 303);
  const view = viewOf(c);
  const read = readFilter(c);
  const cursor = LOG_CURSOR.test(c.req.query('cursor') ?? '') ? (c.req.query('cursor') ?? null) : null;
  const database = openDatabase(c.env.DB);
  const filter = await logFilter(database, read.filter, view.offset);
  const page = await listLogs(database, { limit: PAGE_SIZE, cursor, filter: { ...filter, kind: 'settle' } });
  // A session belongs to one key: of two keys' sessions with one name there is no sum.
  const [keyId, other] = new Set(page.data.map((row) => row.keyId));
  const { session, from, to, since, until } = filter;
  const isOne = Boolean(session) && keyId !== undefined && other === undefined;
  const [keyNames, sum] = await Promise.all([
    keyNamesOf(database, page.data),
    isOne ? sumOfSession(database, { keyId, session: session ?? '', from, to, since, until }) : null,
  ]);
  const refreshes = c.req.query('refresh') !== undefined && cursor === null;
  const props = { page, ...read, cursor, keyNames, sum, refreshes };
  return respond(c, view, <RequestsPage {...props} />);
}

/** The other requests of a row's session, the newest, with what the session has come to in the days around it. */
async function sessionOf(database: Database, row: RequestLogRow) {
  if (row.session === null) return null;
  const around = { from: daysBefore(row.day, SESSION_DAYS), to: daysBefore(row.day, -SESSION_DAYS) };
  const own = { keyId: row.keyId, session: row.session, ...around };
  const [sum, { data }] = await Promise.all([
    sumOfSession(database, own),
    listLogs(database, { limit: SHOWN_OF_SESSION + 1, cursor: null, filter: { ...own, kind: 'settle' } }),
  ]);
  const others = data.filter(({ requestId }) => requestId !== row.requestId).slice(0, SHOWN_OF_SESSION);
  return { sum, others, days: SESSION_DAYS, ...around };
}

async function show(c: Context<AdminEnv>): Promise<Response> {
  const view = viewOf(c);
  const database = openDatabase(c.env.DB);
  const id = c.req.param('id') ?? '';
  const rows = await getLog(database, id);
  const settle = rows.find((row) => row.kind === 'settle');
  if (settle === undefined) return respond(c, view, <MissingRequest id={id} />, 404);
  const [keyNames, session] = await Promise.all([keyNamesOf(database, [settle]), sessionOf(database, settle)]);
  const props = {
    row: settle,
    adjust: rows.find((row) => row.kind === 'adjust') ?? null,
    keyName: keyNames.get(settle.keyId) ?? settle.keyId,
    session,
    origin: new URL(c.req.url).origin,
  };
  return respond(c, view, <RequestPage {...props} />);
}

/** `/admin/requests`: the log, as a page and as a file, and one request. */
export const requests = new Hono<AdminEnv>()
  .get('/requests', list)
  .get('/requests.csv', async (c) => {
    const database = openDatabase(c.env.DB);
    const filter = await logFilter(database, readFilter(c).filter, viewOf(c).offset);
    return c.body(logFile(database, filter), 200, LOG_FILE_HEADERS);
  })
  .get('/requests/:id', show);
