import { resolve } from 'node:path';
import { assertEnvironment } from './configuration.ts';
import { Mistake } from './mistake.ts';

/** Which database a command means, and how it answers. */
export interface Place {
  remote: boolean;
  /** A named environment of the wrangler configuration. */
  env: string | null;
  /** Where local state is, if not in .wrangler/state. */
  persistTo: string | null;
  json: boolean;
  /** Print the statements and run nothing. */
  sql: boolean;
}

/** The flags that every command takes, for parseArgs. */
export const PLACE_OPTIONS = {
  remote: { type: 'boolean' },
  local: { type: 'boolean' },
  env: { type: 'string' },
  'persist-to': { type: 'string' },
  json: { type: 'boolean' },
  sql: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const PLACE_HELP = `
Everywhere:
  --remote           the deployed database; without it the local one
  --env E            a named environment of wrangler.jsonc
  --persist-to DIR   local state that is not in .wrangler/state
  --json             JSON on standard output
  --sql              print the statements and run nothing`;

interface PlaceValues {
  remote?: boolean | undefined;
  local?: boolean | undefined;
  env?: string | undefined;
  'persist-to'?: string | undefined;
  json?: boolean | undefined;
  sql?: boolean | undefined;
}

/** Reads the common flags. Throws Mistake where they contradict each other. */
export function readPlace(values: PlaceValues): Place {
  if (values.remote && values.local) throw new Mistake('Give either --remote or --local, not both.');
  if (values.remote && values['persist-to'] !== undefined) {
    throw new Mistake('--persist-to is for the local database: leave out one of --remote and --persist-to.');
  }
  // Wrangler's own way to say it once for a whole shell.
  const env = values.env ?? (process.env['CLOUDFLARE_ENV'] || undefined);
  if (env !== undefined) assertEnvironment(env);
  const persistTo = values['persist-to'];
  return {
    remote: values.remote ?? false,
    env: env ?? null,
    // Wrangler would take it from the project's folder; people mean the one they stand in.
    persistTo: persistTo === undefined ? null : resolve(process.env['INIT_CWD'] ?? process.cwd(), persistTo),
    json: values.json ?? false,
    sql: values.sql ?? false,
  };
}
