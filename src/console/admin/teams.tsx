import { type Context, Hono } from 'hono';
import { changeTeam, makeTeam, removeTeam } from '../../keys/manage.ts';
import { daysBefore, windowStarts } from '../../ledger/windows.ts';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { openDatabase } from '../../store/database.ts';
import { listLogs } from '../../store/log-list.ts';
import { dailySpendOfTeam } from '../../store/overview.ts';
import { type KeySort, type Ranking, rankKeys, rankTeams, TEAM_SORTS } from '../../store/ranked.ts';
import { spendInTeam, spendOfKeys } from '../../store/spend.ts';
import { getTeam } from '../../store/teams.ts';
import { listUsers } from '../../store/users.ts';
import { deskOf } from '../kit/desk-of.ts';
import { keyNamesOf } from '../kit/key-names.ts';
import { isAllPicked } from '../kit/picks.tsx';
import { readRanking } from '../kit/ranking.tsx';
import { readEdit, readForm } from '../kit/read-form.ts';
import { respond } from '../kit/respond.tsx';
import { readLevels } from '../kit/shared-budgets.tsx';
import { viewOf } from '../kit/view.ts';
import type { Texts } from '../texts/english.ts';
import { readNewTeam, readTeam } from './key-input.ts';
import { CHART_DAYS } from './overview-data.ts';
import { TeamPage, type TeamProps } from './team-page.tsx';
import { TeamsPage, type TeamsProps } from './teams-page.tsx';

/** On a team's page. */
const SHOWN_MEMBERS = 200;
const SHOWN_KEYS = 25;
const SHOWN_REQUESTS = 10;
const DEAREST: Ranking<KeySort> = { sort: 'spend', descending: true, page: 1, search: '', status: '' };

function noteOf(done: string | undefined, { keyPage, teams, users }: Texts): string | null {
  const notes = new Map([
    ['saved', users.saved],
    ['late', keyPage.late],
    ['removed', teams.removed],
  ]);
  return notes.get(done ?? '') ?? null;
}

async function list(c: Context<AdminEnv>, refused: Pick<TeamsProps, 'typed' | 'errors'> | null): Promise<Response> {
  const view = viewOf(c, refused === null ? undefined : '/admin/teams');
  const ranking = readRanking((name) => c.req.query(name), TEAM_SORTS, 'spend', []);
  const { month } = windowStarts(view.now, view.offset);
  const found = await rankTeams(openDatabase(c.env.DB), ranking, month.slice(0, 7));
  const note = noteOf(c.req.query('done'), view.texts);
  const shown = refused ?? { typed: {}, errors: {} };
  return respond(
    c,
    view,
    <TeamsPage teams={found} ranking={ranking} picksAll={isAllPicked(c)} note={note} {...shown} />,
    refused === null ? 200 : 400,
  );
}

type Occasion = Pick<TeamProps, 'typed' | 'errors' | 'note'> & { status: 200 | 400 | 409 };

async function show(c: Context<AdminEnv>, name: string, { status, ...shown }: Occasion): Promise<Response> {
  const view = viewOf(c, `/admin/teams/${encodeURIComponent(name)}`);
  const database = openDatabase(c.env.DB);
  const starts = windowStarts(view.now, view.offset);
  const { day } = starts;
  const month = starts.month.slice(0, 7);
  const [team, spent, days, members, keys, requests] = await Promise.all([
    getTeam(database, name),
    spendInTeam(database, name, month),
    dailySpendOfTeam(database, name, { from: daysBefore(day, CHART_DAYS - 1), to: day }),
    listUsers(database, { limit: SHOWN_MEMBERS, team: name }),
    rankKeys(database, { ...DEAREST, owner: null, team: name, now: view.now }, month),
    listLogs(database, { limit: SHOWN_REQUESTS, cursor: null, filter: { team: name, kind: 'settle' } }),
  ]);
  if (team === null) return c.notFound();
  const shownKeys = keys.data.slice(0, SHOWN_KEYS);
  const [levels, ofKeys, keyNames] = await Promise.all([
    readLevels(c.env, [{ ...team, kind: 'team' }], view),
    spendOfKeys(
      database,
      shownKeys.map(({ id }) => id),
      starts,
    ),
    keyNamesOf(database, requests.data),
  ]);
  const props = {
    ...{ team, spent, days, levels, keyNames, ...shown },
    ...{ members: members.data, requests: requests.data },
    keys: { data: shownKeys, total: keys.total },
    spendOfKeys: ofKeys,
  };
  const page = <TeamPage {...props} />;
  return respond(c, view, page, status);
}

async function create(c: Context<AdminEnv>): Promise<Response> {
  const { texts } = viewOf(c);
  const fields = await readForm(c);
  const read = readNewTeam(fields, texts);
  if (read.kind === 'invalid') return list(c, { typed: fields, errors: read.errors });
  const { name, budgets } = read.settings;
  const { kind } = await makeTeam(deskOf(c), name, budgets);
  if (kind === 'exists') return list(c, { typed: fields, errors: { teamname: texts.teams.exists(name) } });
  return c.redirect(`/admin/teams/${encodeURIComponent(name)}?done=saved`, 303);
}

async function save(c: Context<AdminEnv>): Promise<Response> {
  const name = c.req.param('name') ?? '';
  const { texts } = viewOf(c);
  const edit = readEdit(await readForm(c));
  const typed = edit.changed;
  const read = readTeam(typed, texts);
  if (read.kind === 'invalid') {
    const note = { text: texts.keyForm.invalid, bad: true };
    return show(c, name, { typed, errors: read.errors, note, status: 400 });
  }
  const back = (done: string) => c.redirect(`/admin/teams/${encodeURIComponent(name)}${done}`, 303);
  if (Object.values(read.settings).every((value) => value === undefined)) return back('');
  const change = await changeTeam(deskOf(c), name, read.settings, edit.seen?.revision);
  if (change.kind === 'missing') return c.notFound();
  if (change.kind === 'stale') {
    return show(c, name, { typed, errors: {}, note: { text: texts.users.stale, bad: true }, status: 409 });
  }
  return back(`?done=${change.effect === 'at_once' ? 'saved' : 'late'}`);
}

async function remove(c: Context<AdminEnv>): Promise<Response> {
  const name = c.req.param('name') ?? '';
  const removed = await removeTeam(deskOf(c), name);
  if (removed.kind === 'missing') return c.notFound();
  if (removed.kind === 'removed') return c.redirect('/admin/teams?done=removed', 303);
  const note = { text: viewOf(c).texts.teams.hasMembers, bad: true };
  return show(c, name, { typed: {}, errors: {}, note, status: 409 });
}

/** `/admin/teams`. */
export const teams = new Hono<AdminEnv>()
  .get('/teams', (c) => list(c, null))
  .post('/teams', create)
  .get('/teams/:name', (c) => {
    const text = noteOf(c.req.query('done'), viewOf(c).texts);
    const note = text === null ? null : { text, bad: false };
    return show(c, c.req.param('name'), { typed: {}, errors: {}, note, status: 200 });
  })
  .post('/teams/:name', save)
  .post('/teams/:name/remove', remove);
