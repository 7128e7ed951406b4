import { type Context, Hono } from 'hono';
import { type ChangedKey, changeKey, revokeKey } from '../../keys/manage.ts';
import { windowStarts } from '../../ledger/windows.ts';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { openDatabase } from '../../store/database.ts';
import { getKey } from '../../store/keys.ts';
import { KEY_SORTS, rankKeys } from '../../store/ranked.ts';
import type { ApiKey } from '../../store/schema.ts';
import { spendOfKeys } from '../../store/spend.ts';
import { deskOf } from '../kit/desk-of.ts';
import { isAllPicked } from '../kit/picks.tsx';
import { readRanking } from '../kit/ranking.tsx';
import { type Edit, readEdit, readForm } from '../kit/read-form.ts';
import { respond } from '../kit/respond.tsx';
import { viewOf } from '../kit/view.ts';
import type { Texts } from '../texts/english.ts';
import { readKeyEdit, readSettings, withInstant } from './key-input.ts';
import { KEY_STATUSES, KeysPage } from './keys-page.tsx';
import { showKey } from './show-key.tsx';

/** What a change came to, as the page after it says. The names are in its address. */
function noteOf(done: string | undefined, { keyPage }: Texts): string | null {
  const notes = new Map([
    ['saved', keyPage.saved],
    ['late', keyPage.late],
    ['stale', keyPage.stale],
    ['disabled', keyPage.disabled],
    ['enabled', keyPage.enabled],
    ['revoked', keyPage.revoked],
  ]);
  return notes.get(done ?? '') ?? null;
}

async function list(c: Context<AdminEnv>): Promise<Response> {
  const view = viewOf(c);
  const database = openDatabase(c.env.DB);
  const whose = { owner: c.req.query('owner') || null, team: c.req.query('team') || null };
  const ranking = readRanking((name) => c.req.query(name), KEY_SORTS, 'spend', KEY_STATUSES);
  const starts = windowStarts(view.now, view.offset);
  const keys = await rankKeys(database, { ...ranking, ...whose, now: view.now }, starts.month.slice(0, 7));
  const spend = await spendOfKeys(
    database,
    keys.data.map(({ id }) => id),
    starts,
  );
  return respond(c, view, <KeysPage {...{ keys, ranking, spend, ...whose }} picksAll={isAllPicked(c)} />);
}

/** Shows the key with what was done, or why it was not. */
async function finish(c: Context<AdminEnv>, id: string, change: ChangedKey, done: string): Promise<Response> {
  if (change.kind === 'missing') return c.notFound();
  const back = (what: string) => c.redirect(`/admin/keys/${id}?done=${what}`, 303);
  if (change.kind !== 'changed') return back('stale');
  return back(change.effect === 'at_once' ? done : 'late');
}

function isStale(key: ApiKey, { seen }: Edit): boolean {
  return key.status !== 'revoked' && seen !== null && seen.revision !== key.revision;
}

async function save(c: Context<AdminEnv>): Promise<Response> {
  const id = c.req.param('id') ?? '';
  const view = viewOf(c);
  const { texts } = view;
  const database = openDatabase(c.env.DB);
  const edit = readKeyEdit(await readForm(c));
  const key = await getKey(database, id);
  if (key === null) return c.notFound();
  if (isStale(key, edit)) return showKey(c, id, { kind: 'conflict', edit });
  const read = readSettings(withInstant(edit.changed, view.offset), texts);
  if (read.kind === 'invalid') return showKey(c, id, { kind: 'faults', typed: edit.changed, errors: read.errors });
  const isEmpty = Object.values(read.settings).every((value) => value === undefined);
  if (isEmpty) return c.redirect(`/admin/keys/${id}`, 303);
  const change = await changeKey(deskOf(c), id, read.settings, edit.seen?.revision);
  if (change.kind === 'past_expiry') {
    return showKey(c, id, { kind: 'faults', typed: edit.changed, errors: { expires_at: texts.keyForm.errors.past } });
  }
  if (change.kind === 'unknown_model') {
    const errors = { models: texts.keyForm.unknownModel(change.unknown) };
    return showKey(c, id, { kind: 'faults', typed: edit.changed, errors });
  }
  // Another change came between the reading and the writing.
  if (change.kind === 'stale') return showKey(c, id, { kind: 'conflict', edit });
  return finish(c, id, change, 'saved');
}

/** The list of keys, a key's page, and every change that makes no secret. */
export const keys = new Hono<AdminEnv>()
  .get('/keys', list)
  .get('/keys/:id', (c) => {
    const note = noteOf(c.req.query('done'), viewOf(c).texts);
    return showKey(c, c.req.param('id'), { kind: 'look', note });
  })
  // What a form was sent to is no page: whoever comes back to it wants the key.
  .get('/keys/:id/:action', (c) => c.redirect(`/admin/keys/${encodeURIComponent(c.req.param('id'))}`, 303))
  .post('/keys/:id', save)
  .post('/keys/:id/disable', async (c) => {
    const id = c.req.param('id');
    return finish(c, id, await changeKey(deskOf(c), id, { status: 'disabled' }), 'disabled');
  })
  .post('/keys/:id/enable', async (c) => {
    const id = c.req.param('id');
    const { seen } = readEdit(await readForm(c));
    const desk = deskOf(c);
    return finish(c, id, await changeKey(desk, id, { status: 'active' }, seen?.revision), 'enabled');
  })
  .post('/keys/:id/revoke', async (c) => {
    const id = c.req.param('id');
    return finish(c, id, await revokeKey(deskOf(c), id), 'revoked');
  });
