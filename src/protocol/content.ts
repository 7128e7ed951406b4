import { isObject } from './json.ts';

function textOf(part: unknown): string | null {
  return isObject(part) && part['type'] === 'text' && typeof part['text'] === 'string' ? part['text'] : null;
}

/** Parts as a content: one text where there is nothing but text, since every provider takes that. */
export function contentOf(parts: readonly unknown[]): unknown {
  const texts: string[] = [];
  for (const part of parts) {
    const text = textOf(part);
    if (text === null) return parts;
    texts.push(text);
  }
  return texts.join('\n');
}
