import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { Mistake } from './mistake.ts';
import { PROJECT } from './project.ts';

/** Wrangler's own configuration: which resources and environments there are. */
const CONFIGURATION = `${PROJECT}wrangler.jsonc`;

const environmentSchema = z.looseObject({
  vars: z._default(z.record(z.string(), z.unknown()), {}),
});
const configurationSchema = z.extend(environmentSchema, {
  name: z._default(z.string(), 'llm-router'),
  env: z._default(z.record(z.string(), environmentSchema), {}),
});

type Configuration = z.output<typeof configurationSchema>;

function readConfiguration(): Configuration {
  const text = readFileSync(CONFIGURATION, 'utf8');
  // Comments and trailing commas go; the strings between them stay as they are.
  const json = text
    .replaceAll(/("(?:[^"\\]|\\.)*")|\/\/.*|\/\*[\s\S]*?\*\//g, '$1')
    .replaceAll(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, '$1');
  return configurationSchema.parse(JSON.parse(json));
}

/** Throws Mistake for an environment that wrangler.jsonc does not name: wrangler would take the production database. */
export function assertEnvironment(name: string): void {
  const names = Object.keys(readConfiguration().env);
  if (names.includes(name)) return;
  const known = names.length === 0 ? 'and names none: leave out --env' : `but ${names.join(', ')}`;
  throw new Mistake(`wrangler.jsonc has no environment "${name}", ${known}.`);
}

/** A variable that wrangler.jsonc gives the router in an environment; null where it gives none. */
export function configuredVariable(name: string, environment: string | null): string | null {
  const configuration = readConfiguration();
  // Wrangler hands no variables down: an environment has its own, or none.
  const { vars } = environment === null ? configuration : (configuration.env[environment] ?? { vars: {} });
  return vars[name] === undefined ? null : String(vars[name]);
}
