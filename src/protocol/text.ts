import { isObject } from './json.ts';

function plainText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return isObject(value) && typeof value['text'] === 'string' ? value['text'] : null;
}

/** What stands as text in a value of any kind: a text, a number, parts with a `text`. Null where nothing does. */
export function textOf(value: unknown): string | null {
  if (!Array.isArray(value)) return plainText(value);
  const texts = value.map(plainText).filter((text) => text !== null);
  return texts.length === 0 ? null : texts.join('');
}
