import type * as z from 'zod/mini';
import { CATALOG_COLUMNS, type CatalogTable, columnsOfName, NAME_COLUMNS, ROW_SCHEMAS } from '../catalog/rows.ts';
import { isObject } from '../protocol/json.ts';
import type { CatalogChange } from '../store/catalog.ts';

/** A row as it was asked for: right in itself, or what is wrong with it. */
export type CheckedRow =
  | { kind: 'row'; change: Extract<CatalogChange, { kind: 'put' }>; row: Readonly<Record<string, unknown>> }
  | { kind: 'wrong'; param: string; reason: string };

/** What comes along with a row that was shown, and is not for anybody to set. */
const SHOWN_ONLY = ['id', 'created_at', 'updated_at', 'source'];

/** A value as SQLite keeps it. What is JSON stays as it was written. */
function stored(value: unknown): string | number | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'number' || typeof value === 'string') return value;
  return JSON.stringify(value);
}

/** A value that a schema has made its own form of, where that is no object: `"on"` is 1, `"3.5"` is 3.5. */
function plain(column: string, given: unknown, parsed: unknown): unknown {
  if (column === 'inputs' && Array.isArray(parsed)) return parsed.join(',');
  return isObject(parsed) || Array.isArray(parsed) ? given : parsed;
}

/** Checks one row by itself: its name, its columns, and what stands in them. */
export function checkRow(table: CatalogTable, name: string, members: Readonly<Record<string, unknown>>): CheckedRow {
  const own = columnsOfName(table, name);
  for (const column of Object.keys(members)) {
    const isName = (NAME_COLUMNS[table] as readonly string[]).includes(column);
    if (isName && members[column] !== own[column]) {
      return { kind: 'wrong', param: column, reason: `${column} is another than the name says` };
    }
    const columns: readonly string[] = [...CATALOG_COLUMNS[table], ...NAME_COLUMNS[table], ...SHOWN_ONLY];
    if (columns.includes(column)) continue;
    const reason = `${column} is not known here. It takes ${CATALOG_COLUMNS[table].join(', ')}`;
    return { kind: 'wrong', param: column, reason };
  }
  const said = CATALOG_COLUMNS[table].flatMap((column) =>
    column in members ? [[column, members[column]] as const] : [],
  );
  const parsed = ROW_SCHEMAS[table].safeParse({ ...own, ...Object.fromEntries(said) });
  if (!parsed.success) return wrongRow(parsed.error);
  const values: Record<string, unknown> = parsed.data;
  const row = Object.fromEntries(
    CATALOG_COLUMNS[table].map((column) => [column, stored(plain(column, members[column], values[column]))]),
  );
  // The columns are the table's own, and the schema has seen what stands in them.
  const change = { table, kind: 'put', row: { ...own, ...row } } as Extract<CatalogChange, { kind: 'put' }>;
  return { kind: 'row', change, row: { ...own, ...row } };
}

function wrongRow(error: z.core.$ZodError): CheckedRow {
  const issue = error.issues[0];
  const [param = 'body', ...rest] = issue?.path.map(String) ?? [];
  const place = [param, ...rest].join('.');
  const reason =
    issue?.code === 'unrecognized_keys'
      ? `"${issue.keys[0] ?? ''}" is not known here`
      : (issue?.message ?? 'is not valid');
  return { kind: 'wrong', param, reason: `${place} ${reason}` };
}
