import { type Context, Hono } from 'hono';
import type { Client } from '../../connect/client.ts';
import { displayFor } from '../../connect/client.ts';
import { CLIENTS } from '../../connect/clients.ts';
import { parseDuration, settingsShape } from '../../keys/limits.ts';
import { changeKey, revokeKey, rotateKey } from '../../keys/manage.ts';
import { makeOwnKey, type OwnChoice, ownKey } from '../../keys/members.ts';
import { maskSecret } from '../../keys/secret.ts';
import { levelsOf } from '../../ledger/shared/level-book.ts';
import { readUsageNow } from '../../ledger/usage-now.ts';
import { openDatabase } from '../../store/database.ts';
import { listLogs } from '../../store/log-list.ts';
import type { ApiKey } from '../../store/schema.ts';
import { deskOf } from '../kit/desk-of.ts';
import { reachOf } from '../kit/reach-of.ts';
import { type FieldValues, readForm } from '../kit/read-form.ts';
import { respond } from '../kit/respond.tsx';
import { Secret } from '../kit/secret.tsx';
import { readLevels } from '../kit/shared-budgets.tsx';
import { useView, viewOf } from '../kit/view.ts';
import { MeFrame } from './me-frame.tsx';
import type { MemberEnv } from './member.ts';
import { GRACES, OwnKeyPage, type OwnKeyProps } from './own-key-page.tsx';
import { showOwnPage } from './show-own-page.tsx';

const SHOWN_REQUESTS = 10;
const { name: nameSchema } = settingsShape(['default']);

/** The client that a form names; the first one where it names none. */
export function clientIn({ client }: FieldValues): Client | undefined {
  return CLIENTS.find(({ id }) => client === undefined || client === '' || id === client);
}

/** What follows from a client for its key. One without a name of its own is told apart by its client. */
export function choiceFor(client: Client, name: string): OwnChoice {
  return { purpose: client.purpose, reasoning: displayFor(client), name: name || client.id };
}

type Occasion = Pick<OwnKeyProps, 'typed' | 'errors' | 'note'> & { status: 200 | 400 | 409 };

/** The key of the path if it is the member's own: of others nobody is told that they are there. */
async function keyInPath(c: Context<MemberEnv>): Promise<ApiKey | null> {
  return await ownKey(deskOf(c), c.get('member').name, c.req.param('id') ?? '');
}

async function showOwnKey(c: Context<MemberEnv>, { status, ...occasion }: Occasion): Promise<Response> {
  const key = await keyInPath(c);
  if (key === null) return c.notFound();
  const view = viewOf(c, `/me/keys/${key.id}`);
  const filter = { kind: 'settle', keyId: key.id, owner: c.get('member').name } as const;
  const [usage, levels, requests] = await Promise.all([
    readUsageNow(c.env, key, view.now, view.offset),
    readLevels(c.env, levelsOf(key), view),
    listLogs(openDatabase(c.env.DB), { limit: SHOWN_REQUESTS, cursor: null, filter }),
  ]);
  const shown = { apiKey: key, usage, levels, rows: requests.data };
  return respond(c, view, <OwnKeyPage {...shown} {...occasion} />, status);
}

interface Made {
  rotated: boolean;
  warning: string | null;
  client?: string;
}

async function showSecret(c: Context<MemberEnv>, key: ApiKey, secret: string, made: Made): Promise<Response> {
  const view = viewOf(c, `/me/keys/${key.id}`);
  const { me, secret: texts } = view.texts;
  const title = made.rotated ? texts.rotated : texts.created;
  const page = (
    <MeFrame title={title} place="keys">
      <div>
        <h1>{title}</h1>
        <p class="soft">
          {key.name !== '' && `${key.name} · `}
          {key.purpose} · <span class="mono">{maskSecret(key)}</span>
        </p>
      </div>
      <Secret apiKey={key} reach={await reachOf(c, key, secret)} {...made} />
      <a class="button" href="/me">
        {me.back}
      </a>
    </MeFrame>
  );
  return respond(c, view, page);
}

function SentBefore() {
  const { me } = useView().texts;
  return (
    <MeFrame title={me.again} place="keys">
      <h1>{me.again}</h1>
      <p>{me.againText}</p>
      <a class="button" href="/me">
        {me.back}
      </a>
    </MeFrame>
  );
}

async function create(c: Context<MemberEnv>): Promise<Response> {
  const fields = await readForm(c);
  const client = clientIn(fields);
  const name = nameSchema.safeParse(fields['name'] ?? '');
  const id = fields['id'] ?? '';
  if (client === undefined || !/^key_[0-9a-z]{26}$/.test(id)) return c.redirect('/me?done=refused', 303);
  if (!name.success) {
    const { keyForm } = viewOf(c).texts;
    const note = { text: keyForm.invalid, bad: true };
    return showOwnPage(c, c.get('member'), { typed: fields, errors: { name: keyForm.errors.name }, note, status: 400 });
  }
  const choice = choiceFor(client, name.data ?? '');
  const made = await makeOwnKey(deskOf(c), c.get('member').name, { id, choice });
  switch (made.kind) {
    case 'made':
      return showSecret(c, made.key, made.secret, { rotated: false, warning: null, client: client.id });
    case 'id_taken':
      return respond(c, viewOf(c, '/me'), <SentBefore />, 409);
    case 'refused':
      return c.redirect('/me?done=refused', 303);
  }
}

function revisionIn({ revision = '' }: FieldValues): number {
  return /^\d{1,15}$/.test(revision) ? Number(revision) : 0;
}

async function rotate(c: Context<MemberEnv>): Promise<Response> {
  const key = await keyInPath(c);
  if (key === null) return c.notFound();
  const fields = await readForm(c);
  const grace = GRACES.find((each) => each === fields['grace']) ?? '24h';
  const rotated = await rotateKey(deskOf(c), key.id, parseDuration(grace) ?? 0, revisionIn(fields));
  if (rotated.kind === 'missing') return c.notFound();
  if (rotated.kind !== 'rotated') return c.redirect(`/me/keys/${key.id}?done=stale`, 303);
  const warning = rotated.effect === 'at_once' ? null : viewOf(c).texts.keyPage.late;
  return showSecret(c, rotated.key, rotated.secret, { rotated: true, warning });
}

async function rename(c: Context<MemberEnv>): Promise<Response> {
  const key = await keyInPath(c);
  if (key === null) return c.notFound();
  const fields = await readForm(c);
  const { texts } = viewOf(c);
  const name = nameSchema.safeParse(fields['name'] ?? '');
  if (!name.success) {
    const errors = { name: texts.keyForm.errors.name };
    return showOwnKey(c, { typed: { name: fields['name'] ?? '' }, errors, note: null, status: 400 });
  }
  const change = await changeKey(deskOf(c), key.id, { name: name.data ?? '' }, revisionIn(fields));
  return c.redirect(`/me/keys/${key.id}?done=${change.kind === 'changed' ? 'renamed' : 'stale'}`, 303);
}

/** A member's own keys: each one's page, and what can be done with it. */
export const ownKeys = new Hono<MemberEnv>()
  .post('/keys', create)
  .get('/keys/:id', (c) => {
    const { keyPage, me } = viewOf(c).texts;
    const notes = new Map([
      ['renamed', me.renamed],
      ['revoked', me.revoked],
      ['late', keyPage.late],
      ['stale', keyPage.stale],
    ]);
    const text = notes.get(c.req.query('done') ?? '');
    const note = text === undefined ? null : { text, bad: false };
    return showOwnKey(c, { typed: {}, errors: {}, note, status: 200 });
  })
  // What a form was sent to is no page: whoever comes back to it wants the key.
  .get('/keys/:id/:action', (c) => c.redirect(`/me/keys/${encodeURIComponent(c.req.param('id'))}`, 303))
  .post('/keys/:id/name', rename)
  .post('/keys/:id/rotate', rotate)
  .post('/keys/:id/revoke', async (c) => {
    const key = await keyInPath(c);
    if (key === null) return c.notFound();
    const change = await revokeKey(deskOf(c), key.id);
    const done = change.kind === 'changed' && change.effect === 'at_once' ? 'revoked' : 'late';
    return c.redirect(`/me/keys/${key.id}?done=${done}`, 303);
  });
