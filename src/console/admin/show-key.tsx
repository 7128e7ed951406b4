import type { Context } from 'hono';
import { readUsageNow } from '../../ledger/usage-now.ts';
import { daysBefore, windowStarts } from '../../ledger/windows.ts';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { openDatabase } from '../../store/database.ts';
import { getKey } from '../../store/keys.ts';
import { listLogs } from '../../store/log-list.ts';
import { dailySpend } from '../../store/overview.ts';
import type { FieldErrors } from '../kit/field.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import { respond } from '../kit/respond.tsx';
import { viewOf } from '../kit/view.ts';
import { fieldsOfKey } from './key-input.ts';
import { KeyPage } from './key-page.tsx';
import { CHART_DAYS } from './overview-data.ts';

const SHOWN_REQUESTS = 10;

interface Shown {
  errors: FieldErrors;
  /** Null for the settings as they stand. */
  values: FieldValues | null;
  note: string | null;
}

/** A key's page; 404 where there is no such key, 400 where its form could not be taken. */
export async function showKey(c: Context<AdminEnv>, id: string, { errors, values, note }: Shown): Promise<Response> {
  const database = openDatabase(c.env.DB);
  const view = viewOf(c, `/admin/keys/${id}`);
  const key = await getKey(database, id);
  if (key === null) return c.notFound();
  const firstDay = daysBefore(windowStarts(view.now, view.offset).day, CHART_DAYS - 1);
  const [usage, days, requests] = await Promise.all([
    readUsageNow(c.env, key, view.now, view.offset),
    dailySpend(database, firstDay, id),
    listLogs(database, { limit: SHOWN_REQUESTS, cursor: null, filter: { kind: 'settle', keyId: id } }),
  ]);
  const page = (
    <KeyPage
      apiKey={key}
      usage={usage}
      days={days}
      rows={requests.data}
      values={{ ...fieldsOfKey(key), ...values }}
      errors={errors}
      note={note}
    />
  );
  return respond(c, view, page, Object.keys(errors).length > 0 ? 400 : 200);
}
