import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/protocol/json.ts';
import { parseDocument, printDocument } from '../../src/protocol/json-document.ts';

/* A body is read once and sent on: what nobody changed goes out as it was written. */

function read(text: string) {
  return parseDocument(new TextEncoder().encode(text));
}

function print(text: string, change: (value: JsonObject) => JsonObject = (value) => value): string {
  const document = read(text);
  return new TextDecoder().decode(printDocument(document, change(document.value)));
}

const blank = fc.constantFrom('', ' ', '\n  ', '\t', '\r\n');
const name = fc.oneof(fc.string(), fc.constantFrom('0', '17', '__proto__', 'a"b', '{', '\\', '用户', '\ud83d\ude42'));
// Quotes and backslashes near each other, and far.
const escapes = fc.array(fc.constantFrom('"', '\\', 'a', '用', '\n', 'word '.repeat(8)), { maxLength: 80 });
const value = fc.oneof(
  fc.jsonValue(),
  escapes.map((pieces) => pieces.join('')),
);
const member = fc.record({ name, value, before: blank, behind: blank });

describe('a JSON object that is read and printed', () => {
  it('says the same, and each member in the very bytes it was written in, but for the white space around it', () => {
    fc.assert(
      fc.property(fc.uniqueArray(member, { selector: (each) => each.name, maxLength: 8 }), blank, (members, around) => {
        const written = members.map(({ before, behind, name: key, value: said }) => {
          const pretty = JSON.stringify(said, null, 1);
          return { text: `${before}${JSON.stringify(key)}${behind}:${before}${pretty}${behind}`, pretty };
        });
        const text = `${around}{${written.map((each) => each.text).join(',')}}${around}`;
        const document = read(text);
        const printed = print(text, (value) => ({ ...value, added: 1 }));
        expect(JSON.parse(printed)).toEqual({ ...JSON.parse(text), added: 1 });
        for (const [position, { name: key }] of members.entries()) {
          const span = document.members?.get(key);
          const bytes = document.bytes.subarray(span?.start, span?.end);
          expect(new TextDecoder().decode(bytes)).toBe(written[position]?.pretty);
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['a number with a fraction of zeros', '{"model":"a","temperature":1.0}'],
    ['an exponent', '{"model":"a","temperature":1e2}'],
    ['a number that JavaScript cannot count', '{"model":"a","seed":12345678901234567890}'],
    ['escapes that are not needed', '{"model":"a","messages":[{"content":"\\u0041\\/"}]}'],
    ['a number inside of a list', '{"model":"a","x":[1.50,{"y":-0.0}]}'],
    [
      'what stands behind texts of two, three and four bytes a character',
      '{"model":"a","é":"用🙂","x":[1.0],"🙂":2.0}',
    ],
    ['what stands behind backslashes and quotes', String.raw`{"model":"a","\\":"\\\"{\\","x":"\\","y":1.0}`],
  ])('keeps %s', (_name, text) => {
    expect(print(text, (value) => ({ ...value, model: 'b' }))).toBe(text.replace('"a"', '"b"'));
  });

  it('keeps members behind a byte order mark', () => {
    expect(print('\ufeff{"model":"a","é":1.0}', (value) => ({ ...value, model: 'b' }))).toBe('{"model":"b","é":1.0}');
  });

  it('is trusted as an object alone where a key is there twice', () => {
    expect(print('{"a":1.0,"max_tokens":9,"a":2.0}')).toBe('{"a":2,"max_tokens":9}');
  });

  it('keeps the order of its members, leaves out what was taken out, and ends with what is new', () => {
    const text = `{"z":1.0,"a":{"b":[${'1.0,'.repeat(200)}2]},"7":3}`;
    expect(print(text, ({ z: _z, ...rest }) => ({ ...rest, new: true }))).toBe(
      `${text.replace('"z":1.0,', '').slice(0, -1)},"new":true}`,
    );
  });
});
