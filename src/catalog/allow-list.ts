/**
 * Whether a key may use a model. `models` is the key's column: names and `provider/*` patterns, comma-separated,
 * null for all. `names` are the names of one and the same model: the one asked for and the one that serves.
 */
export function isAllowed(models: string | null, names: readonly string[]): boolean {
  if (models === null) return true;
  const patterns = models.split(',').map((pattern) => pattern.trim());
  return patterns.some((pattern) =>
    pattern.endsWith('/*')
      ? names.some((name) => name.startsWith(pattern.slice(0, -1)))
      : pattern !== '' && names.includes(pattern),
  );
}
