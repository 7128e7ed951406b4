import { execFile } from 'node:child_process';
import { drizzle } from 'drizzle-orm/sqlite-proxy';
import type { Database } from '../store/database.ts';
import { inlineParameters } from './literal.ts';
import { Mistake } from './mistake.ts';
import { PROJECT } from './project.ts';
import type { Target } from './target.ts';

/** Wrangler's own script: started through npx its children would outlive it. */
export const WRANGLER = `${PROJECT}node_modules/wrangler/bin/wrangler.js`;

/** No questions, banners, log files or telemetry from a command that a script may run. */
export const QUIET = {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_WRITE_LOGS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  FORCE_COLOR: '0',
};

/** The flags that make wrangler mean the same database as `target`. */
export function targetFlags(target: Target): string[] {
  const flags = [target.remote ? '--remote' : '--local'];
  if (target.env !== null) flags.push('--env', target.env);
  if (target.persistTo !== null) flags.push('--persist-to', target.persistTo);
  return flags;
}

/** Runs wrangler to its end without a shell. Never throws for its exit code. */
export function runWrangler(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const options = { cwd: PROJECT, env: { ...process.env, ...QUIET, CI: '1' }, maxBuffer: 256 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(process.execPath, [WRANGLER, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** Thrown in place of an answer where only the statements were wanted. */
export class OnlyStatements extends Error {
  readonly statements: readonly string[];
  constructor(statements: readonly string[]) {
    super('Nothing was run.');
    this.statements = statements;
  }
}

/** One line out of what wrangler said when it failed. */
function failureText(stdout: string, stderr: string): string {
  try {
    const text: unknown = JSON.parse(stdout.slice(stdout.indexOf('{')))?.error?.text;
    if (typeof text === 'string') return text;
  } catch {
    // It was no JSON: the first line that says something is the best there is.
  }
  const line = `${stderr}\n${stdout}`
    .split('\n')
    .map((part) => part.replace(/^.*\[ERROR\]\s*/, '').trim())
    .find((part) => part !== '');
  return line ?? 'wrangler ended without a word';
}

function hint(text: string): string {
  if (/no such (table|column)/.test(text)) return ' Apply the migrations: npx wrangler d1 migrations apply DB';
  if (/log ?in|CLOUDFLARE_API_TOKEN|authenticat/i.test(text)) return ' Log in first: npx wrangler login';
  return '';
}

type Row = Record<string, unknown>;

/** Runs statements in one call, which is one transaction; the rows of each. Throws Mistake with wrangler's reason. */
async function execute(target: Target, statements: readonly string[]): Promise<Row[][]> {
  if (target.sql) throw new OnlyStatements(statements);
  const args = ['d1', 'execute', 'DB', '--json', '--yes', ...targetFlags(target), '--command', statements.join(';\n')];
  for (let attempt = 1; ; attempt += 1) {
    const { code, stdout, stderr } = await runWrangler(args);
    if (code === 0) {
      // Wrangler prints one member for each statement, in their order.
      const parsed = JSON.parse(stdout.slice(stdout.indexOf('['))) as { results: Row[] }[];
      return parsed.map(({ results }) => results);
    }
    const text = failureText(stdout, stderr);
    // The local router holds the same file and may be writing.
    if (attempt < 4 && /SQLITE_BUSY|database is locked/.test(text)) continue;
    throw new Mistake(`The database refused: ${text}.${hint(text)}`);
  }
}

type Statement = { sql: string; params: unknown[]; method: 'run' | 'all' | 'values' | 'get' };

/** A row as Drizzle reads it: its own queries by position, plain SQL by column name, as D1 answers it. */
function readableRow(row: Row): Row {
  const readable = { ...row };
  for (const [index, value] of Object.values(row).entries()) Object.defineProperty(readable, index, { value });
  return readable;
}

/** The same `Database` as the Worker's, over `wrangler d1 execute`. Each call takes about a second. */
export function openRemoteControl(target: Target): Database {
  async function runAll(batch: readonly Statement[]): Promise<{ rows: unknown[] }[]> {
    const statements = batch.map(({ sql, params }) => inlineParameters(sql, params));
    const results = await execute(target, statements);
    return batch.map(({ method }, index) => {
      const rows = (results[index] ?? []).map(readableRow);
      // For a single row Drizzle wants the row itself, or nothing, though its type says a list.
      return { rows: method === 'get' ? (rows[0] as unknown as unknown[]) : rows };
    });
  }
  return drizzle(
    async (sql, params, method) => (await runAll([{ sql, params, method }]))[0] ?? { rows: [] },
    (batch) => runAll(batch),
  );
}
