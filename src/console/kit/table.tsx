import type { Child } from 'hono/jsx';

/** A column of a table: its heading, and what stands in it for a row. */
export interface Column<Row> {
  head: Child;
  cell(row: Row): Child;
  /** Classes of the heading and of the cells: `number` stands to the right, `wide-only` is left out on a phone. */
  look?: string;
  /** Classes of the cells alone. */
  cells?: string;
  /** Whether it names its row; else the first one does. */
  isName?: boolean;
  /** Which way the rows are ordered by it. */
  order?: 'ascending' | 'descending' | undefined;
  /** Over how many rows a cell reaches; 0 where one above reaches over it. */
  span?(row: Row): number;
}

interface Group<Row> {
  /** Written above its rows. */
  title: string;
  rows: readonly Row[];
}

interface TableProps<Row> {
  /** What the table holds, for those who do not see it. */
  caption: string;
  /** `false` for one that is left out here. */
  columns: readonly (Column<Row> | false)[];
  rows?: readonly Row[];
  groups?: readonly Group<Row>[];
  look?: string | undefined;
}

function classes(...names: (string | undefined)[]): string | undefined {
  return names.filter((name) => name !== undefined).join(' ') || undefined;
}

function Heading<Row>({ columns }: { columns: readonly Column<Row>[] }) {
  return (
    <thead>
      <tr>
        {columns.map(({ head, look, order }) => (
          <th scope="col" class={look} aria-sort={order}>
            {head}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function Cell<Row>({ column, row, isName }: { column: Column<Row>; row: Row; isName: boolean }) {
  const span = column.span?.(row) ?? 1;
  if (span === 0) return null;
  const look = classes(column.look, column.cells);
  const rowspan = span === 1 ? undefined : span;
  if (!isName) {
    return (
      <td class={look} rowspan={rowspan}>
        {column.cell(row)}
      </td>
    );
  }
  return (
    <th scope="row" class={look} rowspan={rowspan}>
      {column.cell(row)}
    </th>
  );
}

/** The heading of a group. It reaches over the columns that a phone shows; those that it does not are on their own. */
function GroupHeading<Row>({ title, columns }: { title: string; columns: readonly Column<Row>[] }) {
  const wide = columns.filter(({ look }) => look?.includes('wide-only')).length;
  return (
    <tr>
      <th scope="rowgroup" colspan={columns.length - wide}>
        {title}
      </th>
      {wide > 0 && <td class="wide-only" colspan={wide}></td>}
    </tr>
  );
}

function Rows<Row>({ rows, columns }: { rows: readonly Row[]; columns: readonly Column<Row>[] }) {
  const name = columns.find(({ isName }) => isName) ?? columns[0];
  return (
    <>
      {rows.map((row) => (
        <tr>
          {columns.map((column) => (
            <Cell column={column} row={row} isName={column === name} />
          ))}
        </tr>
      ))}
    </>
  );
}

/** A table that scrolls sideways inside itself where it is too wide. */
export function Table<Row>({ caption, columns, rows, groups = [], look }: TableProps<Row>) {
  const shown = columns.filter((column) => column !== false);
  return (
    <section class="scroll" aria-label={caption} tabindex={0}>
      <table class={look}>
        <caption class="quiet">{caption}</caption>
        <Heading columns={shown} />
        {rows !== undefined && (
          <tbody>
            <Rows rows={rows} columns={shown} />
          </tbody>
        )}
        {groups.map((group) => (
          <tbody>
            <GroupHeading title={group.title} columns={shown} />
            <Rows rows={group.rows} columns={shown} />
          </tbody>
        ))}
      </table>
    </section>
  );
}

/** What stands in a table's place where it would have no rows. */
export function Empty({ children }: { children?: Child }) {
  return <div class="empty">{children}</div>;
}
