import { type Context, Hono } from 'hono';
import * as z from 'zod/mini';
import { describeUnknown } from '../../catalog/allow-list.ts';
import { changeTemplate, inviteUser } from '../../keys/members.ts';
import { templateShape, templateToColumns } from '../../keys/template-limits.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { RouterError } from '../../protocol/errors.ts';
import { openDatabase } from '../../store/database.ts';
import { describeInvitation, listInvitations, revokeInvitation } from '../../store/invitations.ts';
import { describeTemplate, readTemplate, type TemplateSettings } from '../../store/member-template.ts';
import { getUser } from '../../store/users.ts';
import { deskOf } from './desk-of.ts';
import { namesSomething, noQuery, pageShape, readJsonBody, readQuery } from './input.ts';

const wholeSchema = z.strictObject(templateShape);
const changeSchema = wholeSchema.check(namesSomething);

/** What PUT sets where nothing is said. */
const UNSAID = templateToColumns({
  ...{ enabled: false, max_keys: 5, expires_after: null, models: null, rpm: null, tpm: null, max_concurrent: null },
  ...{ budget_day_usd: null, budget_week_usd: null, budget_month_usd: null, budget_total_usd: null },
});

async function setTemplate(c: Context<AppEnv>, settings: TemplateSettings) {
  const change = await changeTemplate(deskOf(c), settings);
  if (change.kind === 'unknown_model') {
    throw new RouterError('invalid_value', `models: ${describeUnknown(change.unknown)}`, { param: 'models' });
  }
  return c.json(describeTemplate(change.template));
}

function said(settings: TemplateSettings): TemplateSettings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** `/internal/member-template`: what people may make by themselves. */
export const internalTemplate = new Hono<AppEnv>({ strict: false })
  .use(noQuery)
  .get('/', async (c) => c.json(describeTemplate(await readTemplate(openDatabase(c.env.DB)))))
  .put('/', async (c) => {
    const settings = templateToColumns(await readJsonBody(c, wholeSchema));
    return await setTemplate(c, { ...UNSAID, ...said(settings) });
  })
  .patch('/', async (c) => await setTemplate(c, templateToColumns(await readJsonBody(c, changeSchema))))
  .all('/', methodNotAllowed('GET', 'PUT', 'PATCH'));

function missingUser(name: string): RouterError {
  return new RouterError('not_found', `There is no user ${name}.`, { param: 'name' });
}

/** `/internal/users/{name}/invitations`: links that let one person make one key. */
export const internalInvitations = new Hono<AppEnv>({ strict: false })
  .get('/:name/invitations', async (c) => {
    const owner = c.req.param('name');
    const asked = readQuery(c, pageShape(/^inv_\w+$/));
    const database = openDatabase(c.env.DB);
    if ((await getUser(database, owner)) === null) throw missingUser(owner);
    const page = await listInvitations(database, { ...asked, owner });
    const now = Date.now();
    return c.json({ data: page.data.map((each) => describeInvitation(each, now)), next_cursor: page.nextCursor });
  })
  .post('/:name/invitations', async (c) => {
    readQuery(c, {});
    const owner = c.req.param('name');
    await readJsonBody(c, z.strictObject({}));
    const desk = deskOf(c);
    const invited = await inviteUser(desk, owner);
    if (invited.kind === 'missing') throw missingUser(owner);
    if (invited.kind === 'disabled') {
      const message = `${owner} is disabled, so a link would be of no use. Enable them first: PATCH /internal/users/${owner} with {"status": "active"}.`;
      throw new RouterError('conflict', message, { param: 'name' });
    }
    // The one time that anybody sees it.
    const url = `${new URL(c.req.url).origin}/invitation/${invited.secret}`;
    return c.json({ ...describeInvitation(invited.invitation, desk.now), url }, 201);
  })
  .delete('/:name/invitations/:id', async (c) => {
    readQuery(c, {});
    const { name, id } = c.req.param();
    const desk = deskOf(c);
    const invitation = await revokeInvitation(desk.database, id, name, desk.actor);
    if (invitation === null) {
      throw new RouterError('not_found', `${name} has no invitation ${id}.`, { param: 'id' });
    }
    if (invitation.usedAt !== null) {
      throw new RouterError('conflict', `The invitation ${id} has been used. Revoke its key: ${invitation.keyId}`);
    }
    return c.json(describeInvitation(invitation, desk.now));
  })
  .all('/:name/invitations', methodNotAllowed('GET', 'POST'))
  .all('/:name/invitations/:id', methodNotAllowed('DELETE'));
