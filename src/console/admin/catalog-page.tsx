import type { Problem } from '../../catalog/rows.ts';
import { rowName } from '../../catalog/rows.ts';
import type { ShownRow } from '../../offer/describe-rows.ts';
import type { FreeTokens } from '../../store/overview.ts';
import { Badge } from '../kit/badge.tsx';
import { count } from '../kit/format.ts';
import { Note } from '../kit/note.tsx';
import { Table } from '../kit/table.tsx';
import { useView } from '../kit/view.ts';
import { PAGE_TABLES, type PageTable } from './catalog-fields.tsx';
import { Frame, Head } from './frame.tsx';

export interface CatalogProps {
  rows: Readonly<Record<PageTable, readonly ShownRow[]>>;
  /** Ids of the providers that have a key. */
  withKey: ReadonlySet<string>;
  problems: readonly Problem[];
  notices: readonly string[];
  /** What models without a price have served of late. */
  unpriced: readonly FreeTokens[];
  note: string | null;
}

export function rowPath(table: PageTable, name: string): string {
  return `/admin/catalog/${table}/${encodeURIComponent(name)}`;
}

function targetNames(targets: unknown): string {
  if (!Array.isArray(targets)) return '–';
  return targets.map((target: unknown) => Object(target).model ?? target).join(', ');
}

/** What a row comes to, in a few words. */
function RowWords({ table, row }: { table: PageTable; row: ShownRow }) {
  switch (table) {
    case 'providers':
      return <span class="mono">{String(row['base_url'] ?? '–')}</span>;
    case 'models':
      return <>{String(row['note'] ?? '')}</>;
    case 'routes':
      return <>{targetNames(row['targets'])}</>;
  }
}

/** The provider whose key a row needs; routes need none of their own. */
function providerOf(table: PageTable, row: ShownRow): string | null {
  if (table === 'routes') return null;
  return String(table === 'providers' ? row['id'] : (row['provider'] ?? ''));
}

function RowState({ table, row, withKey }: { table: PageTable; row: ShownRow; withKey: CatalogProps['withKey'] }) {
  const { catalog } = useView().texts;
  if (row['status'] === 'disabled') return <Badge tone="soft">{catalog.disabled}</Badge>;
  const provider = providerOf(table, row);
  if (provider === null || withKey.has(provider)) return <Badge tone="good">{catalog.active}</Badge>;
  if (table !== 'providers') return <small>–</small>;
  return <small>{catalog.needsKey(String(row['key_variable'] ?? 'TEST_PROVIDER'))}</small>;
}

function RowTable({
  table,
  rows,
  withKey,
}: Pick<CatalogProps, 'withKey'> & { table: PageTable; rows: readonly ShownRow[] }) {
  const { catalog } = useView().texts;
  return (
    <section>
      <div class="row between">
        <h2>{catalog.tables[table]}</h2>
        <a class="button plain" href={`/admin/catalog/new/${table}`}>
          {catalog.add[table]}
        </a>
      </div>
      <Table
        caption={catalog.tables[table]}
        rows={rows}
        columns={[
          {
            head: catalog.name,
            cell: (row) => {
              const provider = providerOf(table, row);
              const isOffered = provider === null || withKey.has(provider);
              return (
                <a href={rowPath(table, rowName(table, row))} class={isOffered ? undefined : 'soft'}>
                  {rowName(table, row)}
                </a>
              );
            },
          },
          {
            head: catalog.what[table],
            look: 'wide-only',
            cells: 'small',
            cell: (row) => <RowWords table={table} row={row} />,
          },
          { head: catalog.state, cell: (row) => <RowState table={table} row={row} withKey={withKey} /> },
          {
            head: catalog.from,
            look: 'wide-only',
            cells: 'nowrap',
            cell: ({ source }) =>
              source === 'database' ? catalog.database : <span class="soft">{catalog.builtIn}</span>,
          },
        ]}
      />
    </section>
  );
}

function Problems({ problems }: Pick<CatalogProps, 'problems'>) {
  const { catalog } = useView().texts;
  if (problems.length === 0) return null;
  return (
    <section>
      <h2>{catalog.problems}</h2>
      <p class="soft">{catalog.problemsLead}</p>
      <Table
        caption={catalog.problems}
        rows={problems}
        columns={[
          { head: catalog.name, cell: ({ name }) => name },
          { head: catalog.from, cell: ({ table }) => catalog.tables[table] },
          { head: catalog.reason, cell: ({ reason }) => reason },
        ]}
      />
    </section>
  );
}

/** Providers, models and routes, and what of them is left out. */
export function CatalogPage({ note, notices, problems, rows, unpriced, withKey }: CatalogProps) {
  const { catalog } = useView().texts;
  return (
    <Frame title={catalog.title} place="catalog">
      <Head title={catalog.title} lead={catalog.lead} />
      <Note text={note} />
      {notices.map((notice) => (
        <Note text={notice} bad />
      ))}
      <Problems problems={problems} />
      {unpriced.length > 0 && (
        <p class="note">
          {catalog.unpriced(
            unpriced.map(({ model, provider, tokens }) => `${provider}/${model}: ${count(tokens)}`).join(', '),
          )}
        </p>
      )}
      {PAGE_TABLES.map((table) => (
        <RowTable table={table} rows={rows[table]} withKey={withKey} />
      ))}
    </Frame>
  );
}
