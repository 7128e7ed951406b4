import type { Context } from 'hono';
import { levelsOf } from '../../ledger/shared/level-book.ts';
import { readUsageNow } from '../../ledger/usage-now.ts';
import { daysBefore, windowStarts } from '../../ledger/windows.ts';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { runAfterIn } from '../../middleware/run-after.ts';
import { findOffered } from '../../offer/read-offered.ts';
import { openDatabase } from '../../store/database.ts';
import { getKey } from '../../store/keys.ts';
import { listLogs } from '../../store/log-list.ts';
import { dailySpend } from '../../store/overview.ts';
import type { ApiKey } from '../../store/schema.ts';
import type { FieldErrors } from '../kit/field.tsx';
import { modelGroups } from '../kit/model-picker.tsx';
import type { Edit, FieldValues } from '../kit/read-form.ts';
import { respond } from '../kit/respond.tsx';
import { readLevels } from '../kit/shared-budgets.tsx';
import { type View, viewOf } from '../kit/view.ts';
import { fieldsOfKey, settingNames } from './key-input.ts';
import { KeyPage } from './key-page.tsx';
import { CHART_DAYS } from './overview-data.ts';

const SHOWN_REQUESTS = 10;

/** Why a key's page is shown, and what of it is not as the key is. */
export type Occasion =
  | { kind: 'look'; note: string | null }
  /** A form could not be taken. */
  | { kind: 'faults'; typed: FieldValues; errors: FieldErrors }
  /** The key is not as the form showed it any more. */
  | { kind: 'conflict'; edit: Edit };

interface Shown {
  status: 200 | 400 | 409;
  note: { text: string; bad: boolean } | null;
  typed: FieldValues;
  errors: FieldErrors;
}

/** What others have set since a form was made, in words; where both sides changed a field, it says what it is now. */
function conflictOf(key: ApiKey, { seen, changed }: Edit, { offset, texts }: View): Shown {
  const { keyForm, keyPage } = texts;
  const current = fieldsOfKey(key, offset);
  const names = settingNames(texts);
  const moved = Object.entries(current).filter(
    ([name, value]) => (seen?.values[name] ?? value).trim() !== value.trim(),
  );
  const words = moved.map(([name, value]) => `${names[name] ?? name}: ${value || keyForm.nothing}`);
  const both = moved.filter(([name, value]) => changed[name] !== undefined && changed[name] !== value);
  const text = words.length === 0 ? keyPage.conflict : keyPage.conflictIn(words.join(', '));
  return {
    status: 409,
    note: { text, bad: true },
    typed: changed,
    errors: Object.fromEntries(both.map(([name, value]) => [name, keyForm.isNow(value || keyForm.nothing)])),
  };
}

function shownFor(key: ApiKey, occasion: Occasion, view: View): Shown {
  switch (occasion.kind) {
    case 'look': {
      const note = occasion.note === null ? null : { text: occasion.note, bad: false };
      return { status: 200, note, typed: {}, errors: {} };
    }
    case 'faults':
      return { ...occasion, status: 400, note: { text: view.texts.keyForm.invalid, bad: true } };
    case 'conflict':
      return conflictOf(key, occasion.edit, view);
  }
}

/** A key's page; 404 where there is no such key, 400 where its form could not be taken, 409 where it came too late. */
export async function showKey(c: Context<AdminEnv>, id: string, occasion: Occasion): Promise<Response> {
  const database = openDatabase(c.env.DB);
  const view = viewOf(c, `/admin/keys/${id}`);
  const key = await getKey(database, id);
  if (key === null) return c.notFound();
  const firstDay = daysBefore(windowStarts(view.now, view.offset).day, CHART_DAYS - 1);
  const [usage, levels, days, requests, offered] = await Promise.all([
    readUsageNow(c.env, key, view.now, view.offset),
    readLevels(c.env, levelsOf(key), view),
    dailySpend(database, firstDay, { keyId: id }),
    listLogs(database, { limit: SHOWN_REQUESTS, cursor: null, filter: { kind: 'settle', keyId: id } }),
    findOffered(c.env, runAfterIn(c.executionCtx)),
  ]);
  const { status, note, typed, errors } = shownFor(key, occasion, view);
  const models = modelGroups(offered, view);
  const shown = { apiKey: key, models, usage, levels, days, rows: requests.data, typed, errors, note };
  return respond(c, view, <KeyPage {...shown} />, status);
}
