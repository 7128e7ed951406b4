import type { Surroundings, TextDelta } from './event.ts';

const STRING = /"(?:[^"\\]|\\.)*"/y;

/** Splits a frame around the value of `delta.field` where that is its text; null where it is not so plain. */
export function splitFrame(frame: string, { field, text }: TextDelta): Surroundings | null {
  // An unescaped quote before the colon cannot stand inside a string, so this is a key.
  const key = `"${field}":`;
  const at = frame.indexOf(key);
  // Where it is there twice, which of them is the text may change from chunk to chunk.
  if (at < 0 || frame.includes(key, at + 1)) return null;
  STRING.lastIndex = frame.charCodeAt(at + key.length) === 32 ? at + key.length + 1 : at + key.length;
  const start = STRING.lastIndex;
  const value = STRING.exec(frame)?.[0];
  if (value === undefined || JSON.parse(value) !== text) return null;
  return { before: frame.slice(0, start + 1), after: frame.slice(start + value.length - 1) };
}
