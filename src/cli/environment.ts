import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { Mistake } from './mistake.ts';
import { PROJECT } from './project.ts';

const configurationSchema = z.looseObject({ env: z._default(z.record(z.string(), z.unknown()), {}) });

function namesInConfiguration(): string[] {
  const text = readFileSync(`${PROJECT}wrangler.jsonc`, 'utf8');
  // Comments and trailing commas go; the strings between them stay as they are.
  const json = text
    .replaceAll(/("(?:[^"\\]|\\.)*")|\/\/.*|\/\*[\s\S]*?\*\//g, '$1')
    .replaceAll(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, '$1');
  return Object.keys(configurationSchema.parse(JSON.parse(json)).env);
}

/** Throws Mistake for an environment that wrangler.jsonc does not name: wrangler would take the production database. */
export function assertEnvironment(name: string): void {
  const names = namesInConfiguration();
  if (names.includes(name)) return;
  const known = names.length === 0 ? 'and names none: leave out --env' : `but ${names.join(', ')}`;
  throw new Mistake(`wrangler.jsonc has no environment "${name}", ${known}.`);
}
