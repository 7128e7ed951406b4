import { expect, it } from 'vitest';
import { createInputReader } from '../../../src/dialects/shared/custom-input.ts';

function read(pieces: Iterable<string>): string {
  const reader = createInputReader();
  let text = '';
  for (const piece of pieces) text += reader.push(piece);
  return text + reader.end();
}

it('looks at each piece of a call once, where a model writes nothing but blanks', () => {
  // Each piece used to be looked at together with all before it: this would not end.
  const blanks = ' '.repeat(1_000_000);
  expect(read(blanks)).toBe(blanks);
  expect(read(`${blanks}{"input":"late"}`)).toBe('late');
});

it('unwraps a call whose head comes letter by letter', () => {
  expect(read(' {\n "input" : "a\\n\\"b"}')).toBe('a\n"b');
});
