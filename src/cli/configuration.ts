import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { Mistake } from './mistake.ts';
import { PROJECT } from './project.ts';

/** Of a section of wrangler.jsonc what is read here; the rest stays as it is. */
const sectionSchema = z.looseObject({
  name: z.optional(z.string()),
  vars: z.optional(z.record(z.string(), z.unknown())),
  kv_namespaces: z.optional(z.array(z.looseObject({ binding: z.string(), id: z.optional(z.string()) }))),
});
const configurationSchema = z.extend(sectionSchema, {
  name: z.string(),
  env: z.optional(z.record(z.string(), sectionSchema)),
});

/** Wrangler's configuration: what the Worker is called, and which resources and environments there are. */
export type Configuration = z.output<typeof configurationSchema>;

/** Reads wrangler.jsonc. */
export function readConfiguration(): Configuration {
  const text = readFileSync(`${PROJECT}wrangler.jsonc`, 'utf8');
  // Comments and trailing commas go; the strings between them stay as they are.
  const json = text
    .replaceAll(/("(?:[^"\\]|\\.)*")|\/\/.*|\/\*[\s\S]*?\*\//g, '$1')
    .replaceAll(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, '$1');
  return configurationSchema.parse(JSON.parse(json));
}

/** The part that holds in an environment, under the name that its Worker gets. Wrangler hands no resources or variables down. */
export function sectionOf(configuration: Configuration, environment: string | null) {
  const { name, env = {} } = configuration;
  if (environment === null) return configuration;
  const own = Object.hasOwn(env, environment) ? env[environment] : undefined;
  return { ...own, name: own?.name ?? `${name}-${environment}` };
}

/** Throws Mistake for an environment that wrangler.jsonc does not name: wrangler would take the production database. */
export function assertEnvironment(name: string): void {
  const names = Object.keys(readConfiguration().env ?? {});
  if (names.includes(name)) return;
  const known = names.length === 0 ? 'and names none: leave out --env' : `but ${names.join(', ')}`;
  throw new Mistake(`wrangler.jsonc has no environment "${name}", ${known}.`);
}

/** A variable that wrangler.jsonc gives the router in an environment; null where it gives none. */
export function configuredVariable(name: string, environment: string | null): string | null {
  const value = sectionOf(readConfiguration(), environment).vars?.[name];
  return value === undefined ? null : String(value);
}
