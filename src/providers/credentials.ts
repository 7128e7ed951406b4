/** One key of a provider, as its variable holds it. */
export interface Credential {
  /** What people call it: its own label, or `#1` by its position. It stands in log rows and is no secret. */
  label: string;
  /** Empty for the test provider, which has no key. */
  secret: string;
}

/** A variable's text that cannot be read as keys: why, in words that follow the variable's name and hold no part of its text. */
export type ReadCredentials = { kind: 'read'; credentials: readonly Credential[] } | { kind: 'wrong'; reason: string };

/** `label=key`. A key may hold or end in `=` itself: what is no label before it, or no key behind it, is part of the key. */
const LABELLED = /^([A-Za-z][A-Za-z0-9_-]{0,31})=([^=].*)$/;

function readCredential(text: string, position: number): Credential {
  const [, label, secret] = LABELLED.exec(text) ?? [];
  return label === undefined || secret === undefined ? { label: `#${position}`, secret: text } : { label, secret };
}

/** The first value that comes a second time. */
function repeated(values: readonly string[]): number {
  return values.findIndex((value, index) => values.indexOf(value) < index);
}

/** The keys in a provider's variable: separated by commas or white space, each with a label before it or without. */
export function readCredentials(text: string): ReadCredentials {
  const texts = text.split(/[\s,]+/).filter((part) => part !== '');
  const credentials = texts.map((part, index) => readCredential(part, index + 1));
  if (credentials.some(({ secret }) => !/^[\x21-\x7e]+$/.test(secret))) {
    return { kind: 'wrong', reason: 'holds characters that no API key has' };
  }
  const sameLabel = repeated(credentials.map(({ label }) => label));
  if (sameLabel >= 0) {
    return { kind: 'wrong', reason: `gives two keys one label (key ${sameLabel + 1}): give each its own` };
  }
  const sameKey = repeated(credentials.map(({ secret }) => secret));
  if (sameKey >= 0) return { kind: 'wrong', reason: `holds one key twice (key ${sameKey + 1}): leave one of them out` };
  return { kind: 'read', credentials };
}

/** What must be cut out of whatever a provider says: all of its keys, not only the one that it was called with. */
export function secretsOf({ credentials }: { credentials: readonly Credential[] }): string[] {
  return credentials.map(({ secret }) => secret);
}
