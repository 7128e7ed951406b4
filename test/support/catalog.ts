import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import { rowsOfOldForm } from '../../src/catalog/old-form.ts';
import type { CatalogRows } from '../../src/catalog/rows.ts';
import { readRowsNow } from '../../src/offer/read-offered.ts';
import { internal } from './router.ts';

/** Sets rows of the catalogue through the operator's API, all at once. */
export async function putRows(rows: Partial<CatalogRows>): Promise<void> {
  const response = await internal('/internal/catalog', { method: 'PUT', body: JSON.stringify(rows) });
  expect(response.status, await response.clone().text()).toBe(200);
}

/** The same for what stood in MODELS_JSON once. */
export async function putOldForm(value: unknown): Promise<void> {
  const read = rowsOfOldForm(value);
  if (read.kind === 'wrong') throw new Error(read.reason);
  await putRows(read.rows);
}

/** Runs plain SQL, as an operator would; it holds as if the caches had run out. */
export async function editBySql(...statements: string[]): Promise<void> {
  await env.DB.batch(statements.map((statement) => env.DB.prepare(statement)));
  await readRowsNow(env, (_name, job) => void job);
}
