import { type Context, Hono } from 'hono';
import { userNameSchema } from '../../keys/limits.ts';
import { makeUser } from '../../keys/manage.ts';
import { changeTemplate, inviteUser } from '../../keys/members.ts';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { runAfterIn } from '../../middleware/run-after.ts';
import { findOffered } from '../../offer/read-offered.ts';
import { openDatabase } from '../../store/database.ts';
import { listInvitations, revokeInvitation } from '../../store/invitations.ts';
import { readTemplate } from '../../store/member-template.ts';
import { listUsers } from '../../store/users.ts';
import { deskOf } from '../kit/desk-of.ts';
import { modelGroups } from '../kit/model-picker.tsx';
import { readForm } from '../kit/read-form.ts';
import { respond } from '../kit/respond.tsx';
import { viewOf } from '../kit/view.ts';
import { readKeyEdit, readTemplateForm } from './key-input.ts';
import { LinkPage, MembersPage, type MembersProps } from './members-page.tsx';

const PAGE_SIZE = 25;
const OFFERED_OWNERS = 100;

type Occasion = Pick<MembersProps, 'typed' | 'errors' | 'note'> & { status: 200 | 400 | 409 };

async function show(c: Context<AdminEnv>, { status, ...occasion }: Occasion): Promise<Response> {
  const database = openDatabase(c.env.DB);
  const asked = c.req.query('cursor') ?? '';
  const cursor = /^inv_\w+$/.test(asked) ? asked : null;
  const view = viewOf(c, '/admin/members');
  const [template, invitations, users, offered] = await Promise.all([
    readTemplate(database),
    listInvitations(database, { limit: PAGE_SIZE, cursor }),
    listUsers(database, { limit: OFFERED_OWNERS }),
    findOffered(c.env, runAfterIn(c.executionCtx)),
  ]);
  const page = (
    <MembersPage
      {...{ template, invitations, cursor, ...occasion }}
      owners={users.data.map(({ name }) => name)}
      models={modelGroups(offered, view)}
      hasAccess={c.get('config').access !== null}
    />
  );
  return respond(c, view, page, status);
}

async function save(c: Context<AdminEnv>): Promise<Response> {
  const { texts } = viewOf(c);
  const edit = readKeyEdit(await readForm(c));
  const invalid = { typed: edit.changed, note: { text: texts.keyForm.invalid, bad: true }, status: 400 } as const;
  const read = readTemplateForm(edit.changed, texts);
  if (read.kind === 'invalid') return show(c, { ...invalid, errors: read.errors });
  if (Object.values(read.settings).every((value) => value === undefined)) return c.redirect('/admin/members', 303);
  const change = await changeTemplate(deskOf(c), read.settings, edit.seen?.revision);
  switch (change.kind) {
    case 'changed':
      return c.redirect('/admin/members?done=saved', 303);
    case 'unknown_model':
      return show(c, { ...invalid, errors: { models: texts.keyForm.unknownModel(change.unknown) } });
    case 'stale':
      return show(c, {
        ...{ typed: edit.changed, errors: {}, status: 409 },
        note: { text: texts.members.conflict, bad: true },
      });
  }
}

async function invite(c: Context<AdminEnv>): Promise<Response> {
  const { texts } = viewOf(c);
  const username = (await readForm(c))['username'] ?? '';
  const refuse = (error: string) =>
    show(c, { typed: { username }, errors: { username: error }, note: null, status: 400 });
  if (!userNameSchema.safeParse(username).success) return refuse(texts.keyForm.errors.name);
  const desk = deskOf(c);
  await makeUser(desk, username);
  const invited = await inviteUser(desk, username);
  if (invited.kind === 'missing') return c.notFound();
  if (invited.kind === 'disabled') return refuse(texts.members.disabled(username));
  const url = `${new URL(c.req.url).origin}/invitation/${invited.secret}`;
  return respond(c, viewOf(c, '/admin/members'), <LinkPage invitation={invited.invitation} url={url} />);
}

/** `/admin/members`: what people may make by themselves, and invitations. */
export const members = new Hono<AdminEnv>()
  .get('/members', (c) => {
    const { members: texts } = viewOf(c).texts;
    const notes = new Map([
      ['saved', texts.saved],
      ['taken-back', texts.takenBack],
      ['used', texts.usedBefore],
    ]);
    const done = c.req.query('done') ?? '';
    const text = notes.get(done);
    const note = text === undefined ? null : { text, bad: done === 'used' };
    // A person's own page leads here.
    return show(c, { typed: { username: c.req.query('user') ?? '' }, errors: {}, note, status: 200 });
  })
  // What a form was sent to is no page.
  .get('/members/invitations', (c) => c.redirect('/admin/members', 303))
  .post('/members', save)
  .post('/members/invitations', invite)
  .post('/members/invitations/:id/take-back', async (c) => {
    const { owner = '' } = await readForm(c);
    const desk = deskOf(c);
    const taken = await revokeInvitation(desk.database, c.req.param('id'), owner, desk.actor);
    if (taken === null) return c.notFound();
    return c.redirect(`/admin/members?done=${taken.usedAt === null ? 'taken-back' : 'used'}`, 303);
  });
