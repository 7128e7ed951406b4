import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonFault } from '../../src/protocol/json-fault.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('where a text stops being JSON', () => {
  it.each([
    ['', 1, 1],
    ['sk-secret', 1, 1],
    ['{', 1, 2],
    ['{"a":1,}', 1, 8],
    ['[1,]', 1, 4],
    ['{"a" 1}', 1, 6],
    ['{a:1}', 1, 2],
    ['{"a":1 "b":2}', 1, 8],
    ['{"a":\n  01}', 2, 3],
    ['{"a":1}\n}', 2, 1],
    ['[1}', 1, 3],
    ['["tab\there"]', 1, 2],
    ["{'a':1}", 1, 2],
    ['[tru]', 1, 2],
    ['[1.]', 1, 2],
    ['["\\x"]', 1, 2],
    ['1,2', 1, 2],
  ])('of %j: line %i, column %i', (text, line, column) => {
    expect(findJsonFault(text)).toEqual({ line, column });
  });

  it('is nowhere exactly where the platform reads it', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"\\u12aF"',
      '1',
      '-0.5e+3',
      'true',
      'null',
      ' ',
      '\n',
      '-',
      'x',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        expect(findJsonFault(text) === null, text).toBe(isJson(text));
      }),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), (text) => {
        expect(findJsonFault(text)).toBeNull();
      }),
    );
  });
});
