import type { Catalog } from './lookup.ts';

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

/**
 * What is wrong with the names in a key's list, in words; null where each stands for something. Names that stood in
 * the list `before` may stay: a model that is gone shall not keep anybody from changing a key.
 */
export function unknownIn(models: string | null, before: string | null, catalog: Catalog): string | null {
  const kept = before === null ? [] : patternsOf(before);
  const added = models === null ? [] : patternsOf(models).filter((pattern) => !kept.includes(pattern));
  for (const pattern of added) {
    if (pattern.endsWith('/*')) {
      const provider = pattern.slice(0, -1);
      const providers = [...new Set(catalog.list().map((listed) => `${listed.provider}/`))];
      if (catalog.list().some(({ name }) => name.startsWith(provider))) continue;
      return `There is no provider '${pattern.slice(0, -2)}'. There are ${providers.map((each) => `${each}*`).join(', ')}.`;
    }
    const found = catalog.find(pattern);
    if (found.kind === 'found') continue;
    const near = found.nearest.map((name) => `'${name}'`).join(' or ');
    return `There is no model '${pattern}'.${near === '' ? '' : ` Did you mean ${near}?`}`;
  }
  return null;
}
