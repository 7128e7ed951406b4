import fc from 'fast-check';
import { expect, it } from 'vitest';
import { characterEnd, escapeEnd, unescapedBytes } from '../../src/protocol/string-bytes.ts';

const encoder = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Whether a decoder takes these bytes for one character. */
function isCharacter(bytes: Uint8Array): boolean {
  try {
    return [...strict.decode(bytes)].length === 1;
  } catch {
    return false;
  }
}

it('a character ends where a strict decoder says, and what is none has no end', () => {
  const edges = [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5];
  const byte = fc.oneof(fc.integer({ min: 0x80, max: 0xff }), fc.constantFrom(...edges));
  const first = fc.integer({ min: 0x80, max: 0xff });
  fc.assert(
    fc.property(first, fc.array(byte, { maxLength: 4 }), (lead, more) => {
      const bytes = Uint8Array.of(lead, ...more);
      const lengths = [2, 3, 4].filter((length) => length <= bytes.length && isCharacter(bytes.subarray(0, length)));
      expect(characterEnd(bytes, 0)).toBe(lengths[0] ?? -1);
    }),
    { numRuns: 20_000 },
  );
});

it('every character of Unicode is one', () => {
  for (let code = 0x80; code <= 0x10ffff; code += code < 0x3000 ? 1 : 97) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const bytes = encoder.encode(String.fromCodePoint(code));
    expect(characterEnd(bytes, 0)).toBe(bytes.length);
  }
});

it('texts count the bytes that they say, however they are escaped', () => {
  const escaped = (text: string) => text.replaceAll(/[^\ud800-\udfff]/g, (x) => `\\u${hex(x)}`);
  const hex = (x: string) => x.charCodeAt(0).toString(16).padStart(4, '0');
  const text = fc.string({ unit: 'grapheme', maxLength: 30 });
  fc.assert(
    fc.property(text, text, (plain, other) => {
      const json = JSON.stringify(plain).slice(1, -1) + escaped(other);
      const bytes = encoder.encode(`${json}"`);
      expect(unescapedBytes(bytes, bytes.length - 1)).toBe(encoder.encode(plain + other).length);
    }),
    { numRuns: 3_000 },
  );
});

it.each([
  ['\\n', 2],
  ['\\/', 2],
  ['\\u00e9', 6],
  ['\\uABcd', 6],
  ['\\x41', -1],
  ['\\u12', -1],
  ['\\u12"4', -1],
  ['\\ud83d\\ude00', -1],
  ['\\udE00', -1],
  ['\\', -1],
])('the escape %s ends at %i', (text, end) => {
  expect(escapeEnd(encoder.encode(text), 0)).toBe(end);
});
