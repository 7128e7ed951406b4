import { type Context, Hono } from 'hono';
import { userNameSchema } from '../../keys/limits.ts';
import { changeUser, makeUser } from '../../keys/manage.ts';
import { daysBefore, windowStarts } from '../../ledger/windows.ts';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { openDatabase } from '../../store/database.ts';
import { keysOfOwner } from '../../store/keys.ts';
import { listLogsOfKeys } from '../../store/log-list.ts';
import { dailySpend } from '../../store/overview.ts';
import { rankUsers, USER_SORTS } from '../../store/ranked.ts';
import { spendByKeyOf, spendOfKeys, spendOfOwners } from '../../store/spend.ts';
import { listTeams } from '../../store/teams.ts';
import { getUser } from '../../store/users.ts';
import { deskOf } from '../kit/desk-of.ts';
import { nameOfKey } from '../kit/key-names.ts';
import { isAllPicked } from '../kit/picks.tsx';
import { readRanking } from '../kit/ranking.tsx';
import { type Edit, readEdit, readForm } from '../kit/read-form.ts';
import { respond } from '../kit/respond.tsx';
import { readLevels } from '../kit/shared-budgets.tsx';
import { viewOf } from '../kit/view.ts';
import type { Texts } from '../texts/english.ts';
import { readUser } from './key-input.ts';
import { CHART_DAYS } from './overview-data.ts';
import { UserPage, type UserProps } from './user-page.tsx';
import { USER_STATUSES, UsersPage, type UsersProps } from './users-page.tsx';

// A choice of more is no choice.
const MOST_TEAMS = 1_000;
/** On a person's page. */
const SHOWN_KEYS = 25;
const SHOWN_REQUESTS = 10;

function noteOf(done: string | undefined, { users, keyPage }: Texts): string | null {
  const notes = new Map([
    ['created', users.created],
    ['disabled', users.disabled],
    ['enabled', users.enabled],
    ['saved', users.saved],
    ['late', keyPage.late],
  ]);
  return notes.get(done ?? '') ?? null;
}

async function show(c: Context<AdminEnv>, refused: UsersProps['refused']): Promise<Response> {
  const view = viewOf(c, refused === null ? undefined : '/admin/users');
  const database = openDatabase(c.env.DB);
  const ranking = readRanking((name) => c.req.query(name), USER_SORTS, 'spend', USER_STATUSES);
  const { month } = windowStarts(view.now, view.offset);
  const team = c.req.query('team') || null;
  const people = await rankUsers(database, { ...ranking, team }, month.slice(0, 7));
  return respond(
    c,
    view,
    <UsersPage
      people={people}
      ranking={ranking}
      team={team}
      picksAll={isAllPicked(c)}
      note={noteOf(c.req.query('done'), view.texts)}
      refused={refused}
    />,
    refused === null ? 200 : 400,
  );
}

async function create(c: Context<AdminEnv>): Promise<Response> {
  const { texts } = viewOf(c);
  const name = (await readForm(c))['username'] ?? '';
  if (!userNameSchema.safeParse(name).success) return show(c, { name, error: texts.keyForm.errors.name });
  const { kind } = await makeUser(deskOf(c), name);
  return kind === 'exists'
    ? show(c, { name, error: texts.users.exists(name) })
    : c.redirect(`/admin/users/${encodeURIComponent(name)}?done=created`, 303);
}

async function setStatus(c: Context<AdminEnv>, status: 'active' | 'disabled'): Promise<Response> {
  const name = c.req.param('name') ?? '';
  const change = await changeUser(deskOf(c), name, { status });
  if (change.kind !== 'changed') return c.notFound();
  const done = status === 'active' ? 'enabled' : 'disabled';
  return c.redirect(`/admin/users?done=${change.effect === 'at_once' ? done : 'late'}`, 303);
}

type Occasion = Pick<UserProps, 'typed' | 'errors' | 'note'> & { status: 200 | 400 | 409 };

async function showUser(c: Context<AdminEnv>, name: string, occasion: Occasion): Promise<Response> {
  const view = viewOf(c, `/admin/users/${encodeURIComponent(name)}`);
  const database = openDatabase(c.env.DB);
  const starts = windowStarts(view.now, view.offset);
  const [user, teams, spend, keys, costs, days] = await Promise.all([
    getUser(database, name),
    listTeams(database, { limit: MOST_TEAMS }),
    spendOfOwners(database, [name], starts.month),
    keysOfOwner(database, name),
    spendByKeyOf(database, name, starts.month),
    dailySpend(database, daysBefore(starts.day, CHART_DAYS - 1), { owner: name }),
  ]);
  if (user === null) return c.notFound();
  const shownKeys = keys
    .toSorted((one, other) => (costs.get(other.id) ?? 0) - (costs.get(one.id) ?? 0))
    .slice(0, SHOWN_KEYS);
  const idsOf = (list: typeof keys) => list.map(({ id }) => id);
  const [levels, ofKeys, requests] = await Promise.all([
    readLevels(c.env, [{ ...user, kind: 'user' }], view),
    spendOfKeys(database, idsOf(shownKeys), starts),
    listLogsOfKeys(database, idsOf(keys), {
      ...{ limit: SHOWN_REQUESTS, cursor: null },
      filter: { owner: name, kind: 'settle' },
    }),
  ]);
  const { status, ...shown } = occasion;
  const props = {
    ...{ user, levels, days, ...shown },
    teams: teams.data.map((team) => team.name),
    spent: spend.get(name) ?? { month: 0, requests: 0 },
    keys: shownKeys,
    keyNames: new Map(keys.map((key) => [key.id, nameOfKey(key)])),
    spendOfKeys: ofKeys,
    requests: requests.data,
  };
  const page = <UserPage {...props} />;
  return respond(c, view, page, status);
}

/** What is wrong with a form, and how its page says so. */
function faults(edit: Edit, errors: UserProps['errors'], { keyForm }: Texts): Occasion {
  return { typed: edit.changed, errors, note: { text: keyForm.invalid, bad: true }, status: 400 };
}

async function save(c: Context<AdminEnv>): Promise<Response> {
  const name = c.req.param('name') ?? '';
  const { texts } = viewOf(c);
  const edit = readEdit(await readForm(c));
  const read = readUser(edit.changed, texts);
  if (read.kind === 'invalid') return showUser(c, name, faults(edit, read.errors, texts));
  const back = (done: string) => c.redirect(`/admin/users/${encodeURIComponent(name)}${done}`, 303);
  if (Object.values(read.settings).every((value) => value === undefined)) return back('');
  const change = await changeUser(deskOf(c), name, read.settings, edit.seen?.revision);
  switch (change.kind) {
    case 'missing':
      return c.notFound();
    case 'email_taken':
      return showUser(c, name, faults(edit, { email: texts.users.emailTaken }, texts));
    case 'unknown_team':
      return showUser(c, name, faults(edit, { team: texts.users.unknownTeam }, texts));
    case 'stale':
      return showUser(c, name, {
        ...{ typed: edit.changed, errors: {}, status: 409 },
        note: { text: texts.users.stale, bad: true },
      });
    case 'changed':
      return back(`?done=${change.effect === 'at_once' ? 'saved' : 'late'}`);
  }
}

/** `/admin/users`. */
export const users = new Hono<AdminEnv>()
  .get('/users', (c) => show(c, null))
  .post('/users', create)
  .get('/users/:name', (c) => {
    const text = noteOf(c.req.query('done'), viewOf(c).texts);
    const note = text === null ? null : { text, bad: false };
    return showUser(c, c.req.param('name'), { typed: {}, errors: {}, note, status: 200 });
  })
  .post('/users/:name', save)
  .post('/users/:name/disable', (c) => setStatus(c, 'disabled'))
  .post('/users/:name/enable', (c) => setStatus(c, 'active'));
