import { expect, it } from 'vitest';

/* The table of the ledger's promises in README.md and the names of the tests say the same. */

const readme = Object.values(import.meta.glob('./README.md', { query: '?raw', import: 'default', eager: true })).join();
const sources = Object.entries(import.meta.glob('./**/*.ts', { query: '?raw', import: 'default', eager: true })).map(
  ([path, text]) => [path.replace('./', ''), text] as const,
);

const ROW = /^\| (I\d+) \|[^|]*\|([^|]*)\|$/gm;
/** A promise at the beginning of a test's name, maybe behind others. */
const NAMED = /(?<=['"`](?:I\d+ )*)I\d+(?= )/g;

const promised = new Map(
  Array.from(readme.matchAll(ROW), ([, name = '', proof = '']) => [
    name,
    Array.from(proof.matchAll(/`([^`]+)`/g), ([, file = '']) => file).toSorted(),
  ]),
);

it('the table has a row for each promise that can be kept today', () => {
  expect([...promised.keys()]).toEqual(Array.from({ length: 12 }, (_, index) => `I${index + 1}`));
});

it.each([...promised])('%s is proved in the files that the table names, and in no other', (name, files) => {
  const naming = sources.filter(([path, text]) => {
    // What runs beside the tests says in its help what it proves.
    if (path === 'e2e/kill.ts') return new RegExp(`\\b${name}\\b`).test(text);
    return path.endsWith('.test.ts') && text.match(NAMED)?.includes(name);
  });
  expect(naming.map(([path]) => path).toSorted()).toEqual(files);
});
