import { type Context, Hono } from 'hono';
import { userNameSchema } from '../../keys/limits.ts';
import { makeUser, setUserStatus } from '../../keys/manage.ts';
import { windowStarts } from '../../ledger/windows.ts';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { openDatabase } from '../../store/database.ts';
import { spendOfOwners } from '../../store/spend.ts';
import { listUsers } from '../../store/users.ts';
import { readForm } from '../kit/read-form.ts';
import { respond } from '../kit/respond.tsx';
import { viewOf } from '../kit/view.ts';
import type { Texts } from '../texts/english.ts';
import { deskOf } from './desk-of.ts';
import { UsersPage, type UsersProps } from './users-page.tsx';

const PAGE_SIZE = 50;

function noteOf(done: string | undefined, { users, keyPage }: Texts): string | null {
  const notes = new Map([
    ['created', users.created],
    ['disabled', users.disabled],
    ['enabled', users.enabled],
    ['late', keyPage.late],
  ]);
  return notes.get(done ?? '') ?? null;
}

async function show(c: Context<AdminEnv>, refused: UsersProps['refused']): Promise<Response> {
  const view = viewOf(c, refused === null ? undefined : '/admin/users');
  const database = openDatabase(c.env.DB);
  const cursor = c.req.query('cursor') || null;
  const page = await listUsers(database, { limit: PAGE_SIZE, cursor });
  const names = page.data.map(({ name }) => name);
  const spend = await spendOfOwners(database, names, windowStarts(view.now, view.offset).month);
  return respond(
    c,
    view,
    <UsersPage
      page={page}
      spend={spend}
      cursor={cursor}
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
    : c.redirect('/admin/users?done=created', 303);
}

async function setStatus(c: Context<AdminEnv>, status: 'active' | 'disabled'): Promise<Response> {
  const name = c.req.param('name') ?? '';
  const change = await setUserStatus(deskOf(c), name, status);
  if (change.kind === 'missing') return c.notFound();
  const done = status === 'active' ? 'enabled' : 'disabled';
  return c.redirect(`/admin/users?done=${change.effect === 'at_once' ? done : 'late'}`, 303);
}

/** `/admin/users`. */
export const users = new Hono<AdminEnv>()
  .get('/users', (c) => show(c, null))
  .post('/users', create)
  .post('/users/:name/disable', (c) => setStatus(c, 'disabled'))
  .post('/users/:name/enable', (c) => setStatus(c, 'active'));
