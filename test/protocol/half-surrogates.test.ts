import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mendHalfSurrogates } from '../../src/protocol/half-surrogates.ts';

/** UTF-16 code units of all kinds, halves of pairs above all. */
const text = fc
  .array(fc.oneof(fc.constantFrom('\ud83d', '\ude42', '\ud83d\ude42', '\\', '"', 'u', 'd83d', '\n'), fc.string()))
  .map((parts) => parts.join(''));

/** JSON with every character beyond ASCII as an escape, in upper or lower case. */
function escaped(value: unknown, isUpper: boolean): string {
  return JSON.stringify(value).replace(/[\u0080-\uffff]/g, (unit) => {
    const digits = unit.charCodeAt(0).toString(16).padStart(4, '0');
    return `\\u${isUpper ? digits.toUpperCase() : digits}`;
  });
}

function mend(json: string): { json: string; mended: boolean } {
  const bytes = new TextEncoder().encode(json);
  const mended = mendHalfSurrogates(bytes);
  return { json: new TextDecoder().decode(bytes), mended };
}

describe('half a surrogate pair in JSON', () => {
  it('becomes U+FFFD in values and in keys, however it is written, and nothing else is touched', () => {
    fc.assert(
      fc.property(text, text, fc.boolean(), (key, value, isUpper) => {
        const json = escaped({ [key]: [value] }, isUpper);
        const result = mend(json);
        expect(JSON.parse(result.json)).toEqual({ [key.toWellFormed()]: [value.toWellFormed()] });
        expect(result.mended).toBe(!key.isWellFormed() || !value.isWellFormed());
        if (!result.mended) expect(result.json).toBe(json);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['a pair, one escape of it in upper case', '"\\ud83d\\uDE42"', '"\\ud83d\\uDE42"'],
    ['a backslash before what would be an escape', '"\\\\ud83d"', '"\\\\ud83d"'],
    ['a half behind a backslash', '"\\\\\\ud83d"', '"\\\\\\ufffd"'],
    ['two halves in the wrong order', '"\\ude42\\ud83d"', '"\\ufffd\\ufffd"'],
    ['a half before a pair', '"\\ud83d\\ud83d\\ude42"', '"\\ufffd\\ud83d\\ude42"'],
    ['a half before another escape', '"\\ud83d\\n"', '"\\ufffd\\n"'],
    ['a half at the end of the text', '"\\ud83d', '"\\ufffd'],
    ['an escape that is cut short', '"\\ud83', '"\\ud83'],
    ['an escape that is none', '"\\ud8zz"', '"\\ud8zz"'],
    ['a backslash at the end', '\\', '\\'],
  ])('%s', (_name, json, expected) => {
    expect(mend(json).json).toBe(expected);
  });
});
