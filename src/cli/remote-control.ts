import { existsSync } from 'node:fs';
import { drizzle } from 'drizzle-orm/sqlite-proxy';
import * as z from 'zod/mini';
import { parseJson } from '../protocol/json.ts';
import type { Database } from '../store/database.ts';
import { databaseFailure } from './failure.ts';
import { inlineParameters } from './literal.ts';
import { Mistake } from './mistake.ts';
import type { Place } from './place.ts';
import { placeFlags, runWrangler } from './wrangler.ts';

/** Thrown in place of an answer where only the statements were wanted. */
export class OnlyStatements extends Error {
  readonly statements: readonly string[];
  constructor(statements: readonly string[]) {
    super('Nothing was run.');
    this.statements = statements;
  }
}

/** The database has run the statements, or may have: what came of it is not known. */
export class OutcomeUnknown extends Mistake {
  override name = 'OutcomeUnknown';
}

type Row = Record<string, unknown>;

const resultsSchema = z.array(z.looseObject({ results: z.array(z.record(z.string(), z.unknown())) }));

/** The rows of each statement in what wrangler printed: one member for each, in their order. */
function readResults(stdout: string): Row[][] {
  const parsed = resultsSchema.safeParse(parseJson(stdout.slice(stdout.search(/^\[/m))));
  if (parsed.success) return parsed.data.map(({ results }) => results);
  throw new OutcomeUnknown('The database was asked, but what wrangler printed of its answer could not be read.');
}

// The local router holds the same file and may be writing. Each try takes a second or more by itself.
const BUSY = /SQLITE_BUSY|database is locked|session commit token|internal error; reference/;
const BUSY_TRIES = 8;

/** Runs statements in one call, which is one transaction; the rows of each. Throws Mistake with wrangler's reason. */
async function execute(place: Place, statements: readonly string[]): Promise<Row[][]> {
  if (place.sql) throw new OnlyStatements(statements);
  // Wrangler would make an empty database there.
  if (place.persistTo !== null && !existsSync(place.persistTo)) {
    throw new Mistake(
      `There is no folder ${place.persistTo}. To keep local state there: npm start -- --persist-to ${place.persistTo}`,
    );
  }
  const args = ['d1', 'execute', 'DB', '--json', '--yes', ...placeFlags(place), '--command', statements.join(';\n')];
  for (let attempt = 1; ; attempt += 1) {
    const { code, stdout, stderr } = await runWrangler(args);
    if (code === 0) return readResults(stdout);
    const reason = databaseFailure(place, { stdout, stderr });
    if (attempt < BUSY_TRIES && !place.remote && BUSY.test(stdout + stderr)) continue;
    throw new Mistake(reason);
  }
}

type Statement = { sql: string; params: unknown[]; method: 'run' | 'all' | 'values' | 'get' };

/** A row as Drizzle reads it: its own queries by position, plain SQL by column name, as D1 answers it. */
function readableRow(row: Row): Row {
  const readable = { ...row };
  for (const [index, value] of Object.values(row).entries()) Object.defineProperty(readable, index, { value });
  return readable;
}

/**
 * The same `Database` as the Worker's, over `wrangler d1 execute`. Each call takes about a second. Single statements,
 * which only read, may go to another place: what `--sql` prints is decided by what is there.
 */
export function openRemoteControl(place: Place, reader: Place = place): Database {
  async function runAll(on: Place, batch: readonly Statement[]): Promise<{ rows: unknown[] }[]> {
    const statements = batch.map(({ sql, params }) => inlineParameters(sql, params));
    const results = await execute(on, statements);
    return batch.map(({ method }, index) => {
      const rows = (results[index] ?? []).map(readableRow);
      // For a single row Drizzle wants the row itself, or nothing, though its type says a list.
      return { rows: method === 'get' ? (rows[0] as unknown as unknown[]) : rows };
    });
  }
  return drizzle(
    async (sql, params, method) => (await runAll(reader, [{ sql, params, method }]))[0] ?? { rows: [] },
    (batch) => runAll(place, batch),
  );
}
