import type { CatalogTable } from '../catalog/rows.ts';
import type { ShownRow } from '../offer/describe-rows.ts';
import type { ShownCatalog } from './catalog-way.ts';
import { openWay } from './open-way.ts';
import { noteWay, sayShown } from './outcome.ts';
import type { Place } from './place.ts';
import { note, say, sayJson } from './print.ts';
import type { Way } from './way.ts';

/** A value in a line of text. */
function inWords(value: unknown): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A row, a column a line. */
export function sayRow(row: ShownRow, place: Place): void {
  if (place.json) {
    sayJson(row);
    return;
  }
  const { source, ...columns } = row;
  const width = Math.max(...Object.keys(columns).map((column) => column.length));
  const lines = Object.entries(columns).map(([column, value]) => `${column.padEnd(width)}  ${inWords(value)}`);
  say([...lines, `${'from'.padEnd(width)}  ${source === 'database' ? 'the database' : 'the code'}`].join('\n'));
}

/** What should be known beside a list, on standard error. */
export function sayRemarks({ notices, problems }: ShownCatalog, way: Way): void {
  for (const { name, reason, table } of problems) note(`Left out: ${table} ${name}: ${reason}.`);
  for (const notice of notices) note(notice);
  noteWay(way);
}

/** When a change holds, and which way it took. */
export function sayHolds(way: Way): void {
  note(way.isRouter ? 'It holds from the next request on, and everywhere within 60 s.' : 'It holds within 60 s.');
  noteWay(way);
}

/** Takes a row out of the database; `said` is what is told of it. */
export async function removeRow(table: CatalogTable, name: string, said: string, place: Place): Promise<void> {
  const way = await openWay(place);
  await way.catalog.remove(table, name);
  sayShown(place, { removed: name }, said);
  sayHolds(way);
}
