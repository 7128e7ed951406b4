import type { Catalog } from './lookup.ts';
import { nearestNames } from './nearest.ts';

function patternsOf(models: string): string[] {
  return models.split(',').map((pattern) => pattern.trim());
}

/**
 * Whether a key may use a model. `models` is the key's column: names and `provider/*` patterns, comma-separated,
 * null for all. `names` are those of which one is enough (`allowedBy` in the catalogue).
 */
export function isAllowed(models: string | null, names: readonly string[]): boolean {
  if (models === null) return true;
  return patternsOf(models).some((pattern) =>
    pattern.endsWith('/*')
      ? names.some((name) => name.startsWith(pattern.slice(0, -1)))
      : pattern !== '' && names.includes(pattern),
  );
}

/** A name in a key's list that stands for nothing, and what was perhaps meant. */
export interface UnknownName {
  name: string;
  nearest: readonly string[];
}

/**
 * The first name in a key's list that stands for nothing; null where each does. Names that stood in the list `before`
 * may stay: a model that is gone shall keep nobody from changing a key.
 */
export function unknownIn(models: string | null, before: string | null, catalog: Catalog): UnknownName | null {
  const kept = before === null ? [] : patternsOf(before);
  const added = models === null ? [] : patternsOf(models).filter((pattern) => !kept.includes(pattern));
  for (const name of added) {
    const found = name.endsWith('/*') ? findProvider(name, catalog) : catalog.find(name);
    if (found.kind === 'unknown') return { name, nearest: found.nearest() };
  }
  return null;
}

/** What a pattern such as `provider/*` stands for; an operator's own names may begin with something else. */
function findProvider(pattern: string, catalog: Catalog): { kind: 'found' } | { kind: 'unknown'; nearest(): string[] } {
  const all = catalog.list();
  const start = pattern.slice(0, -1);
  // A provider that takes any id need not have one that is listed.
  if (all.some(({ name }) => name.startsWith(start)) || catalog.find(`${start}any`).kind === 'found') {
    return { kind: 'found' };
  }
  const patterns = new Set(all.flatMap(({ route }) => route.targets.map(({ provider }) => `${provider}/*`)));
  const nearest = nearestNames(pattern, patterns);
  return { kind: 'unknown', nearest: () => (nearest.length > 0 ? nearest : [...patterns]) };
}

/** As much of a name as an error repeats: longer ones are pasted by mistake. */
const LONGEST_SHOWN = 100;

/** The same in words, for the command line and the API. */
export function describeUnknown({ name, nearest }: UnknownName): string {
  const advice =
    nearest.length === 0 ? 'npm run models -- list shows them all.' : `Did you mean ${nearest.join(' or ')}?`;
  return `names '${name.length > LONGEST_SHOWN ? `${name.slice(0, LONGEST_SHOWN)}…` : name}', which is no model or provider here. ${advice}`;
}
