import { type Context, Hono } from 'hono';
import { parseDuration } from '../../keys/limits.ts';
import { makeKey, rotateKey } from '../../keys/manage.ts';
import { keyId } from '../../keys/secret.ts';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { runAfterIn } from '../../middleware/run-after.ts';
import { findOffered } from '../../offer/read-offered.ts';
import { openDatabase } from '../../store/database.ts';
import type { ApiKey } from '../../store/schema.ts';
import { listUsers } from '../../store/users.ts';
import { deskOf } from '../kit/desk-of.ts';
import type { FieldErrors } from '../kit/field.tsx';
import { modelGroups, tidyNames } from '../kit/model-picker.tsx';
import { reachOf } from '../kit/reach-of.ts';
import { type FieldValues, readForm } from '../kit/read-form.ts';
import { respond } from '../kit/respond.tsx';
import { useView, viewOf } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';
import { readNewKey } from './key-input.ts';
import { NewKeyPage } from './new-key-page.tsx';
import { SecretPage } from './secret-page.tsx';
import { showKey } from './show-key.tsx';

/** Names offered in the form; more can be typed. */
const OFFERED_OWNERS = 100;

async function showForm(c: Context<AdminEnv>, values: FieldValues, errors: FieldErrors): Promise<Response> {
  const view = viewOf(c, '/admin/keys/new');
  const [users, offered] = await Promise.all([
    listUsers(openDatabase(c.env.DB), { limit: OFFERED_OWNERS }),
    findOffered(c.env, runAfterIn(c.executionCtx)),
  ]);
  const owners = users.data.map(({ name }) => name);
  const models = modelGroups(offered, view);
  const page = <NewKeyPage {...{ values, errors, owners, models }} id={keyId(view.now)} />;
  return respond(c, view, page, Object.keys(errors).length > 0 ? 400 : 200);
}

/** The secret itself: the one page that holds it. */
async function showSecret(
  c: Context<AdminEnv>,
  key: ApiKey,
  secret: string,
  made: { rotated: boolean; warning: string | null },
) {
  const reach = await reachOf(c, key, secret);
  const view = viewOf(c, `/admin/keys/${key.id}`);
  return respond(c, view, <SecretPage apiKey={key} reach={reach} rotated={made.rotated} warning={made.warning} />);
}

function SentBefore({ id }: { id: string }) {
  const { secret } = useView().texts;
  return (
    <Frame title={secret.again} place="keys">
      <Head title={secret.again} lead={secret.againText} />
      <a class="button" href={`/admin/keys/${id}`}>
        {secret.toKey}
      </a>
    </Frame>
  );
}

async function create(c: Context<AdminEnv>): Promise<Response> {
  const view = viewOf(c, '/admin/keys/new');
  const typed = await readForm(c);
  const fields = { ...typed, models: tidyNames(typed['models'] ?? '') };
  const read = readNewKey(fields, view);
  if (read.kind === 'invalid') return showForm(c, fields, read.errors);
  // Its id came with the form: one sent twice makes one key.
  const made = await makeKey(deskOf(c), read);
  switch (made.kind) {
    case 'made':
      return showSecret(c, made.key, made.secret, { rotated: false, warning: null });
    case 'past_expiry':
      return showForm(c, fields, { expires_at: view.texts.keyForm.errors.past });
    case 'unknown_model':
      return showForm(c, fields, { models: view.texts.keyForm.unknownModel(made.unknown) });
    case 'id_taken':
      return respond(c, view, <SentBefore id={read.id} />, 409);
  }
}

async function rotate(c: Context<AdminEnv>): Promise<Response> {
  const id = c.req.param('id') ?? '';
  const view = viewOf(c, `/admin/keys/${id}`);
  const fields = await readForm(c);
  const grace = parseDuration(fields['grace'] ?? '');
  if (grace === null) {
    const errors = { grace: view.texts.keyForm.errors.duration };
    return showKey(c, id, { kind: 'faults', typed: { grace: fields['grace'] ?? '' }, errors });
  }
  const rotated = await rotateKey(deskOf(c), id, grace, Number(fields['revision']));
  if (rotated.kind === 'missing') return c.notFound();
  if (rotated.kind !== 'rotated') return c.redirect(`/admin/keys/${id}?done=stale`, 303);
  const warning = rotated.effect === 'at_once' ? null : view.texts.keyPage.late;
  return showSecret(c, rotated.key, rotated.secret, { rotated: true, warning });
}

/** What makes a secret: a new key, and a rotation. */
export const keySecrets = new Hono<AdminEnv>()
  // A person's own page leads here.
  .get('/keys/new', (c) => showForm(c, { username: c.req.query('user') ?? '' }, {}))
  .post('/keys', create)
  .post('/keys/:id/rotate', rotate);
