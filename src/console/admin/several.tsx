import { type Context, Hono } from 'hono';
import * as z from 'zod/mini';
import { inParallel } from '../../ledger/in-parallel.ts';
import { logFault } from '../../log-line.ts';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { parseJson } from '../../protocol/json.ts';
import { openDatabase } from '../../store/database.ts';
import { RANKED_PAGE } from '../../store/ranked.ts';
import { deskOf } from '../kit/desk-of.ts';
import type { FieldErrors } from '../kit/field.tsx';
import type { Action } from '../kit/picks.tsx';
import { type FieldValues, readForm } from '../kit/read-form.ts';
import { respond } from '../kit/respond.tsx';
import { ownPath, viewOf } from '../kit/view.ts';
import type { Texts } from '../texts/english.ts';
import { type Chosen, type Kind, keyKind, type Outcome, teamKind, userKind } from './several-kinds.ts';
import { AskPage, type Done, DonePage } from './several-page.tsx';

/*
 * Several of a list are changed in two steps: a page asks (by GET: nothing is changed), and its form does it. Each is
 * changed as one alone would be, and what became of each is told. A page of the list at most: a key takes seven calls
 * where its ledger is slow, and an invocation is to make 500.
 */

/** Keys that are told of changes of their owners or teams, in one go. */
const MOST_TOLD = 60;
const LONGEST_ID = 100;

/** What is to be set of one: with a revision only where it still has that one. */
interface Task {
  id: string;
  values: FieldValues;
  revision: number | undefined;
}

const rowsSchema = z
  .array(z.tuple([z.string(), z.int(), z.record(z.string(), z.string())]))
  .check(z.maxLength(RANKED_PAGE));

/** The rows that a form brings back: hand-made ones are none. */
function readRows(text: string | undefined): z.output<typeof rowsSchema> {
  return rowsSchema.safeParse(parseJson(text ?? '')).data ?? [];
}

function actionOf({ actions }: Kind, text: string | undefined): Action | null {
  return actions.find((action) => action === text) ?? null;
}

function listOf({ list }: Kind): string {
  return `/admin/${list}`;
}

/** The list as it was when some of it were ticked. */
function wayBack(kind: Kind, back: string | undefined): string {
  const path = ownPath(back, listOf(kind));
  return new URL(path, 'http://router').pathname === listOf(kind) ? path : listOf(kind);
}

const STATUSES = { disable: 'disabled', enable: 'active' } as const;

/** Limits that were typed: an empty field leaves what each has, a word lifts it. */
function typedLimits(kind: Kind, fields: FieldValues): FieldValues {
  return Object.fromEntries(kind.limits.flatMap((name) => (fields[name] ? [[name, fields[name]]] : [])));
}

/** Whether nothing would be changed. */
function isSame({ status, limits }: Chosen, values: FieldValues): boolean {
  const amount = (text = '') => (text === '' || text === 'none' ? null : Number(text));
  return Object.entries(values).every(([name, value]) =>
    name === 'status' ? value === status : amount(value) === amount(limits[name]),
  );
}

/** What it was before, to be set back. */
function before({ status, limits }: Chosen, values: FieldValues): FieldValues {
  return Object.fromEntries(
    Object.keys(values).map((name) => [name, name === 'status' ? (status ?? '') : (limits[name] ?? '')]),
  );
}

interface Asked {
  action: Action;
  ids: readonly string[];
  back: string;
  typed: FieldValues;
  errors: FieldErrors;
}

async function ask(c: Context<AdminEnv>, kind: Kind, { ids, ...asked }: Asked): Promise<Response> {
  const isRefused = Object.keys(asked.errors).length > 0;
  const query = new URLSearchParams([['do', asked.action], ['back', asked.back], ...ids.map((id) => ['id', id])]);
  const view = viewOf(c, `/admin/several/${kind.list}?${query}`);
  const [chosen, running] = await Promise.all([
    kind.read(openDatabase(c.env.DB), ids),
    asked.action === 'disable' ? kind.running(c.env, ids) : new Map<string, null>(),
  ]);
  const props = { kind, chosen, running, gone: ids.length - chosen.length, ...asked };
  return respond(c, view, <AskPage {...props} />, isRefused ? 400 : 200);
}

/** What becomes of one without being tried; null for one that is to be changed. */
function settled(task: Task, chosen: Chosen | undefined): Outcome | null {
  if (chosen === undefined) return { kind: 'missing' };
  if (chosen.status === 'revoked') return { kind: 'revoked' };
  return isSame(chosen, task.values) ? { kind: 'same' } : null;
}

async function perform(c: Context<AdminEnv>, kind: Kind, tasks: readonly Task[], texts: Texts): Promise<Done[]> {
  const desk = deskOf(c);
  const ids = tasks.map(({ id }) => id);
  const found = new Map((await kind.read(desk.database, ids)).map((each) => [each.id, each]));
  let told = 0;
  const plan = tasks.map((task) => {
    const chosen = found.get(task.id);
    const outcome = settled(task, chosen);
    if (outcome !== null || chosen === undefined) return { task, chosen, outcome };
    // One alone goes, whatever it takes.
    if (told > 0 && told + chosen.keys > MOST_TOLD) return { task, chosen, outcome: { kind: 'waits' } as const };
    told += chosen.keys;
    return { task, chosen, outcome };
  });
  return await inParallel(plan, async ({ task, chosen, outcome }) => {
    const undo = chosen === undefined ? {} : before(chosen, task.values);
    const named = { id: task.id, name: chosen?.name ?? task.id, detail: chosen?.detail ?? '', undo };
    if (outcome !== null) return { ...named, outcome };
    try {
      return { ...named, outcome: await kind.change(desk, task.id, task.values, texts, task.revision) };
    } catch (cause) {
      // The others are to be told of all the same.
      logFault('several_failed', cause, { of: task.id });
      return { ...named, outcome: { kind: 'failed' } };
    }
  });
}

interface Order {
  action: Action | null;
  tasks: readonly Task[];
  back: string;
}

async function carryOut(c: Context<AdminEnv>, kind: Kind, { action, tasks, back }: Order): Promise<Response> {
  const view = viewOf(c, listOf(kind));
  const done = await perform(c, kind, tasks, view.texts);
  return respond(c, view, <DonePage {...{ kind, action, done, back }} />);
}

async function act(c: Context<AdminEnv>, kind: Kind): Promise<Response> {
  const { texts } = viewOf(c);
  const fields = await readForm(c);
  const back = wayBack(kind, fields['back']);
  const action = actionOf(kind, fields['do']);
  const rows = readRows(fields['rows']);
  if (action === null || rows.length === 0) return c.redirect(back, 303);
  const values = action === 'limit' ? typedLimits(kind, fields) : { status: STATUSES[action] };
  if (action === 'limit') {
    const isEmpty = Object.keys(values).length === 0;
    const first = kind.limits[0] ?? '';
    const errors = isEmpty ? { [first]: texts.several.nothingTyped } : kind.faults(values, texts);
    const ids = rows.map(([id]) => id);
    if (Object.keys(errors).length > 0) return ask(c, kind, { action, ids, back, typed: fields, errors });
  }
  // Taking away needs no second look; giving does, since it may have been changed for a reason.
  const tasks = rows.map(([id, seen]) => ({ id, values, revision: action === 'disable' ? undefined : seen }));
  return carryOut(c, kind, { action, tasks, back });
}

async function undo(c: Context<AdminEnv>, kind: Kind): Promise<Response> {
  const fields = await readForm(c);
  const tasks = readRows(fields['rows']).map(([id, revision, values]) => ({ id, values, revision }));
  const back = wayBack(kind, fields['back']);
  return tasks.length === 0 ? c.redirect(back, 303) : carryOut(c, kind, { action: null, tasks, back });
}

function severalOf(kind: Kind) {
  return (
    new Hono<AdminEnv>()
      .get('/', async (c) => {
        const back = wayBack(kind, c.req.query('back'));
        const action = actionOf(kind, c.req.query('do'));
        const ids = [...new Set(c.req.queries('id'))].filter((id) => id.length <= LONGEST_ID).slice(0, RANKED_PAGE);
        if (action === null) return c.redirect(back, 303);
        return await ask(c, kind, { action, ids, back, typed: {}, errors: {} });
      })
      .post('/', (c) => act(c, kind))
      // What a form was sent to is no page.
      .get('/undo', (c) => c.redirect(listOf(kind), 303))
      .post('/undo', (c) => undo(c, kind))
  );
}

/** `/admin/several`: what is done to several keys, users or teams at once. */
export const several = new Hono<AdminEnv>()
  .route('/several/keys', severalOf(keyKind))
  .route('/several/users', severalOf(userKind))
  .route('/several/teams', severalOf(teamKind));
