import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isOldForm, rowsOfOldForm } from '../catalog/old-form.ts';
import { CATALOG_TABLES, type CatalogRows } from '../catalog/rows.ts';
import { isObject } from '../protocol/json.ts';
import { findJsonFault } from '../protocol/json-fault.ts';
import { Mistake } from './mistake.ts';

async function textOf(file: string): Promise<string> {
  try {
    // npm runs scripts in the project's folder; people mean the one they stand in.
    return await readFile(resolve(process.env['INIT_CWD'] ?? process.cwd(), file), 'utf8');
  } catch {
    throw new Mistake(`${file} cannot be read.`);
  }
}

function parse(file: string, text: string): unknown {
  const json = text.replace(/^\ufeff/, '');
  try {
    return JSON.parse(json);
  } catch {
    const { line, column } = findJsonFault(json) ?? { line: 1, column: 1 };
    throw new Mistake(`${file} is not JSON: see line ${line}, column ${column}.`);
  }
}

/** The rows in a file: as `models -- export` prints them, or in the form that MODELS_JSON had. */
export async function readCatalogFile(file: string): Promise<CatalogRows> {
  const value = parse(file, await textOf(file));
  if (isOldForm(value)) {
    const read = rowsOfOldForm(value);
    if (read.kind === 'wrong') throw new Mistake(`${file} is wrong: ${read.reason}.`);
    return read.rows;
  }
  const tables = isObject(value) ? value : {};
  const unknown = Object.keys(tables).find((name) => !CATALOG_TABLES.some((table) => table === name));
  if (!isObject(value) || unknown !== undefined) {
    throw new Mistake(
      `${file} must be an object of ${CATALOG_TABLES.join(', ')}, as npm run models -- export prints it.`,
    );
  }
  const rows = CATALOG_TABLES.map((table) => {
    const list = tables[table] ?? [];
    if (!Array.isArray(list)) throw new Mistake(`${file} is wrong: ${table} must be a list of rows.`);
    return [table, list] as const;
  });
  return { providers: [], models: [], prices: [], routes: [], ...Object.fromEntries(rows) };
}
