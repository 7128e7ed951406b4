import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inlineParameters, literal } from '../../src/cli/literal.ts';

const database = new DatabaseSync(':memory:');

describe('values written into SQL', () => {
  test('any text comes back from SQLite as it went in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        // SQLite ends text at a NUL when it casts; no text of ours can hold one.
        fc.pre(!text.includes('\0') && text.isWellFormed());
        const row = database.prepare(`SELECT ${literal(text)} AS value`).get();
        expect(row?.['value']).toBe(text);
      }),
    );
  });

  test('text that could end a literal or a statement is never written as it is', () => {
    for (const text of ["O'Brien", 'a;b', '"', '`', 'x\\', 'é', '--', '$(id)']) {
      expect(literal(text).replace(/^CAST\(X'[0-9a-f]*' AS TEXT\)$|^'--'$/, 'safe')).toBe('safe');
    }
  });

  test('numbers, null and booleans are themselves', () => {
    expect([1, 2.5, null, undefined, true, false, 10n].map(literal)).toEqual([
      '1',
      '2.5',
      'NULL',
      'NULL',
      '1',
      '0',
      '10',
    ]);
    expect(() => literal(Number.NaN)).toThrow(TypeError);
    expect(() => literal({})).toThrow(TypeError);
  });

  test('a question mark inside quotes is text', () => {
    expect(inlineParameters(`SELECT '?', "a?b", ? WHERE x = 'it''s ?' AND y = ?`, [1, 'z'])).toBe(
      `SELECT '?', "a?b", 1 WHERE x = 'it''s ?' AND y = 'z'`,
    );
    expect(() => inlineParameters('SELECT ?', [])).toThrow(RangeError);
    expect(() => inlineParameters('SELECT ?', [1, 2])).toThrow(RangeError);
  });
});
