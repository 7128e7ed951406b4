import { Hono } from 'hono';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { listAudit } from '../../store/audit.ts';
import { openDatabase } from '../../store/database.ts';
import type { AuditRow } from '../../store/schema.ts';
import { shortTime } from '../kit/format.ts';
import { respond } from '../kit/respond.ts';
import { type View, viewOf } from '../kit/view.ts';
import { Frame, Head, Pager, Scroll } from './frame.tsx';

const PAGE_SIZE = 50;

interface ChangesProps {
  view: View;
  rows: readonly AuditRow[];
  cursor: string | null;
  next: string | null;
}

/** `maxConcurrent` as the API and the CLI write it: `max_concurrent`. */
function outsideName(column: string): string {
  return column.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** What was set, without what is empty. Rows may be edited by hand: what cannot be read is shown as it is. */
function settingsIn(details: string | null): string {
  try {
    const set = Object.entries(JSON.parse(details ?? '{}')).filter(([, value]) => value !== null && value !== '');
    // Lines end between settings, not within one.
    return set.map(([name, value]) => `${outsideName(name)}\u00a0${value}`).join('\u00a0· ');
  } catch {
    return details ?? '';
  }
}

function Target({ target, action }: { target: string; action: string }) {
  if (!action.startsWith('key.')) return <>{target}</>;
  return (
    <a class="mono" href={`/admin/keys/${encodeURIComponent(target)}`}>
      {target}
    </a>
  );
}

function ChangeTable({ view, rows }: ChangesProps) {
  const { changes } = view.texts;
  return (
    <Scroll label={changes.caption}>
      <table class="dense">
        <caption class="quiet">{changes.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{changes.time}</th>
            <th scope="col">{changes.action}</th>
            <th scope="col">{changes.target}</th>
            <th scope="col" class="wide-only">
              {changes.details}
            </th>
            <th scope="col">{changes.actor}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              <th scope="row" class="nowrap">
                {shortTime(row.at, view)}
              </th>
              <td class="nowrap">{row.action}</td>
              <td>
                <Target target={row.target} action={row.action} />
              </td>
              <td class="wide-only small details">{settingsIn(row.details)}</td>
              <td class="nowrap">{changes.actors[row.actor]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function ChangesPage(props: ChangesProps) {
  const { view, rows, cursor, next } = props;
  const { changes } = view.texts;
  return (
    <Frame view={view} title={changes.title} place="changes">
      <Head title={changes.title} lead={changes.lead} />
      {rows.length > 0 && <ChangeTable {...props} />}
      {rows.length === 0 && (
        <div class="empty">
          <p>{changes.empty}</p>
        </div>
      )}
      <Pager view={view} path="/admin/changes" query={new URLSearchParams()} cursor={cursor} next={next} />
    </Frame>
  );
}

/** `/admin/changes`: the audit rows. */
export const changes = new Hono<AdminEnv>().get('/changes', async (c) => {
  const cursor = c.req.query('cursor') ?? '';
  const known = /^\d{1,15}$/.test(cursor) ? cursor : null;
  const page = await listAudit(openDatabase(c.env.DB), PAGE_SIZE, known);
  return respond(c, <ChangesPage view={viewOf(c)} rows={page.data} cursor={known} next={page.nextCursor} />);
});
