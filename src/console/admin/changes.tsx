import { Hono } from 'hono';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { isObject } from '../../protocol/json.ts';
import { listAudit, settingsOf } from '../../store/audit.ts';
import { openDatabase } from '../../store/database.ts';
import type { Page } from '../../store/page.ts';
import type { Actor, AuditRow } from '../../store/schema.ts';
import { Pager } from '../kit/pager.tsx';
import { respond } from '../kit/respond.tsx';
import { Empty, Table } from '../kit/table.tsx';
import { Time } from '../kit/time.tsx';
import { useView, viewOf } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';

const PAGE_SIZE = 50;

/** What was set, without what is empty. */
function settingsIn(row: AuditRow): string {
  const settings = settingsOf(row);
  if (!isObject(settings)) return row.details ?? '';
  const set = Object.entries(settings).filter(([, value]) => value !== null && value !== '');
  // Lines end between settings, not within one.
  return set.map(([name, value]) => `${name}\u00a0${value}`).join('\u00a0· ');
}

function Target({ target, action }: { target: string; action: string }) {
  if (!action.startsWith('key.')) return <>{target}</>;
  return (
    <a class="mono" href={`/admin/keys/${encodeURIComponent(target)}`}>
      {target}
    </a>
  );
}

/** Where a change came from; of people their address. */
function Who({ actor }: { actor: Actor }) {
  const { actors } = useView().texts.changes;
  if (actor === 'cli' || actor === 'console' || actor === 'api') return <>{actors[actor]}</>;
  return <span title={actor}>{actor.slice(actor.indexOf(':') + 1)}</span>;
}

function ChangeTable({ rows }: { rows: readonly AuditRow[] }) {
  const { changes } = useView().texts;
  return (
    <Table
      caption={changes.caption}
      look="dense"
      rows={rows}
      columns={[
        { head: changes.time, cells: 'nowrap', cell: ({ at }) => <Time at={at} look="short" /> },
        { head: changes.action, cells: 'nowrap', cell: ({ action }) => action },
        { head: changes.target, cell: ({ target, action }) => <Target target={target} action={action} /> },
        {
          head: changes.details,
          look: 'wide-only',
          cells: 'small details',
          cell: settingsIn,
        },
        { head: changes.actor, cells: 'who', cell: ({ actor }) => <Who actor={actor} /> },
      ]}
    />
  );
}

function ChangesPage({ page, cursor }: { page: Page<AuditRow>; cursor: string | null }) {
  const { changes } = useView().texts;
  return (
    <Frame title={changes.title} place="changes">
      <Head title={changes.title} lead={changes.lead} />
      {page.data.length > 0 ? (
        <ChangeTable rows={page.data} />
      ) : (
        <Empty>
          <p>{changes.empty}</p>
        </Empty>
      )}
      <Pager path="/admin/changes" cursor={cursor} next={page.nextCursor} />
    </Frame>
  );
}

/** `/admin/changes`: the audit rows. */
export const changes = new Hono<AdminEnv>().get('/changes', async (c) => {
  const cursor = c.req.query('cursor') ?? '';
  const known = /^\d{1,15}$/.test(cursor) ? cursor : null;
  const page = await listAudit(openDatabase(c.env.DB), PAGE_SIZE, known);
  return respond(c, viewOf(c), <ChangesPage page={page} cursor={known} />);
});
