import { expect, it } from 'vitest';

/* What the table in README.md calls the proof of a promise is a test that bears its name. */

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

it('the table has a row for each promise', () => {
  expect([...promised.keys()]).toEqual(Array.from({ length: 15 }, (_, index) => `I${index + 1}`));
});

it.each([...promised])('%s is proved in each file that the table names', (name, files) => {
  expect(files.length).toBeGreaterThan(0);
  const naming = sources.filter(([path, text]) => {
    // What runs beside the tests says in its help what it proves.
    if (path === 'e2e/kill.ts') return new RegExp(`\\b${name}\\b`).test(text);
    return path.endsWith('.test.ts') && text.match(NAMED)?.includes(name);
  });
  expect(naming.map(([path]) => path)).toEqual(expect.arrayContaining(files));
});
