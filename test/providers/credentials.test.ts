import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCredentials, secretsOf } from '../../src/providers/credentials.ts';

function labelsOf(text: string): [string, string][] {
  const read = readCredentials(text);
  if (read.kind === 'wrong') throw new Error(read.reason);
  return read.credentials.map(({ label, secret }) => [label, secret]);
}

describe('a variable of keys', () => {
  it.each<[string, [string, string][]]>([
    ['', []],
    [' ,\n, ', []],
    ['sk-1', [['#1', 'sk-1']]],
    [
      'sk-1,sk-2',
      [
        ['#1', 'sk-1'],
        ['#2', 'sk-2'],
      ],
    ],
    [
      ' sk-1 ,\n\tsk-2\r\nsk-3,, ',
      [
        ['#1', 'sk-1'],
        ['#2', 'sk-2'],
        ['#3', 'sk-3'],
      ],
    ],
    [
      'team-a=sk-1, sk-2 B_2=sk-3',
      [
        ['team-a', 'sk-1'],
        ['#2', 'sk-2'],
        ['B_2', 'sk-3'],
      ],
    ],
    // What only looks like a label is part of the key.
    ['1team=sk-1', [['#1', '1team=sk-1']]],
    ['a.b=sk-1', [['#1', 'a.b=sk-1']]],
    ['=sk-1', [['#1', '=sk-1']]],
    ['c2VjcmV0=', [['#1', 'c2VjcmV0=']]],
    ['c2VjcmV0==', [['#1', 'c2VjcmV0==']]],
    ['team=c2VjcmV0==', [['team', 'c2VjcmV0==']]],
    [`${'a'.repeat(32)}=sk`, [['a'.repeat(32), 'sk']]],
    [`${'a'.repeat(33)}=sk`, [['#1', `${'a'.repeat(33)}=sk`]]],
  ])('%j holds %j', (text, credentials) => expect(labelsOf(text)).toEqual(credentials));

  it.each([
    ['sk-ключ', 'holds characters that no API key has'],
    ['team=ключ', 'holds characters that no API key has'],
    ['a=sk-1 b=sk-2 a=sk-3', 'gives two keys one label (key 3): give each its own'],
    ['sk-1 b=sk-1', 'holds one key twice (key 2): leave one of them out'],
  ])('%j is refused without a word of its text', (text, reason) => {
    expect(readCredentials(text)).toEqual({ kind: 'wrong', reason });
  });

  it('gives back whatever keys were put into it, by labels that are all different', () => {
    const label = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,31}$/);
    const secret = fc.stringMatching(/^sk-[!-+\--<>-~]{1,40}$/);
    const entries = fc.uniqueArray(fc.record({ label: fc.option(label), secret }), {
      selector: ({ secret: own }) => own,
    });
    fc.assert(
      fc.property(entries, fc.constantFrom(',', ' ', '\n', ' , '), (list, between) => {
        const labels = list.flatMap((each) => each.label ?? []);
        fc.pre(new Set(labels).size === labels.length);
        const text = list.map((each) => (each.label === null ? '' : `${each.label}=`) + each.secret).join(between);
        const expected = list.map((each, index) => [each.label ?? `#${index + 1}`, each.secret]);
        expect(labelsOf(text)).toEqual(expected);
      }),
    );
  });
});

it('all keys of a provider are its secrets', () => {
  const credentials = [
    { label: '#1', secret: 'sk-1' },
    { label: 'b', secret: 'sk-2' },
  ];
  expect(secretsOf({ credentials })).toEqual(['sk-1', 'sk-2']);
});
