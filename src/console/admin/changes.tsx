import { Hono } from 'hono';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { isObject } from '../../protocol/json.ts';
import { listAudit, settingsOf } from '../../store/audit.ts';
import { openDatabase } from '../../store/database.ts';
import { type KeyName, namesOfKeys } from '../../store/key-names.ts';
import type { Page } from '../../store/page.ts';
import type { Actor, AuditRow } from '../../store/schema.ts';
import { Pager } from '../kit/pager.tsx';
import { respond } from '../kit/respond.tsx';
import { Empty, Table } from '../kit/table.tsx';
import { Time } from '../kit/time.tsx';
import { useView, viewOf } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';
import { KeyLink } from './key-link.tsx';

const PAGE_SIZE = 50;

/** What was set, without what is empty. */
function settingsIn(row: AuditRow): string[] {
  const settings = settingsOf(row);
  if (!isObject(settings)) return [row.details ?? ''];
  const set = Object.entries(settings).filter(([, value]) => value !== null && value !== '');
  // A row that went is an object.
  const words = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
  return set.map(([name, value]) => `${name} ${words(value)}`);
}

/** Lines end between settings, and not within one that has room. */
function Settings({ row }: { row: AuditRow }) {
  const settings = settingsIn(row);
  return (
    <>
      {settings.map((setting, index) => (
        <>
          <span class="whole">{index < settings.length - 1 ? `${setting} ·` : setting}</span>{' '}
        </>
      ))}
    </>
  );
}

interface ChangesProps {
  page: Page<AuditRow>;
  cursor: string | null;
  /** What keys are called. */
  names: ReadonlyMap<string, KeyName>;
}

function Target({ row: { action, target }, names }: { row: AuditRow } & Pick<ChangesProps, 'names'>) {
  return action.startsWith('key.') ? <KeyLink id={target} names={names} /> : <span>{target}</span>;
}

/** Where a change came from; of people their address. */
function Who({ actor }: { actor: Actor }) {
  const { actors } = useView().texts.changes;
  if (actor === 'cli' || actor === 'console' || actor === 'api') return <span class="nowrap">{actors[actor]}</span>;
  return <span title={actor}>{actor.slice(actor.indexOf(':') + 1)}</span>;
}

function ChangeTable({ page, names }: Pick<ChangesProps, 'page' | 'names'>) {
  const { changes } = useView().texts;
  return (
    <Table
      caption={changes.caption}
      look="dense"
      rows={page.data}
      columns={[
        { head: changes.time, cells: 'nowrap', cell: ({ at }) => <Time at={at} look="short" /> },
        {
          head: changes.action,
          cell: ({ action, actor }) => (
            <>
              <span class="nowrap">{action}</span>
              <small class="phone-only">
                <Who actor={actor} />
              </small>
            </>
          ),
        },
        {
          head: changes.target,
          cells: 'model',
          cell: (row) => <Target row={row} names={names} />,
        },
        {
          head: changes.details,
          look: 'wide-only',
          cells: 'small details',
          cell: (row) => <Settings row={row} />,
        },
        { head: changes.actor, look: 'wide-only', cells: 'who', cell: ({ actor }) => <Who actor={actor} /> },
      ]}
    />
  );
}

function ChangesPage({ page, cursor, names }: ChangesProps) {
  const { changes } = useView().texts;
  return (
    <Frame title={changes.title} place="changes">
      <Head title={changes.title} lead={changes.lead} />
      {page.data.length > 0 ? (
        <ChangeTable page={page} names={names} />
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
  const database = openDatabase(c.env.DB);
  const page = await listAudit(database, PAGE_SIZE, known);
  const names = await namesOfKeys(
    database,
    page.data.flatMap(({ action, target }) => (action.startsWith('key.') ? [target] : [])),
  );
  return respond(c, viewOf(c), <ChangesPage page={page} cursor={known} names={names} />);
});
