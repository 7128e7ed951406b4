import { describe, expect, it } from 'vitest';
import { cutEvery, translateAll } from '../support/translate-all.ts';

/* Real answers of providers, replayed: test/fixtures/recordings. */
const recordings = import.meta.glob('../fixtures/recordings/*.chunks.txt', {
  query: '?raw',
  import: 'default',
  eager: true,
});

const entries = Object.entries(recordings).map(([path, text]) => [path.split('/').at(-1), text] as const);

describe('a recorded stream means the same however its bytes are cut', () => {
  it.each(entries)('%s', { timeout: 60_000 }, (_name, recorded) => {
    const chunks = recorded.split('\n').filter((line) => line.trim() !== '');
    const body = new TextEncoder().encode(`${chunks.map((chunk) => `data: ${chunk}\n\n`).join('')}data: [DONE]\n\n`);
    const whole = translateAll([body]);
    expect(whole).toMatchObject({ progress: 'done', isComplete: true });
    expect(whole.usage?.outputTokens).toBeGreaterThan(0);
    expect(whole.text.match(/^data: /gm)).toHaveLength(chunks.length);
    // One cut at a time takes minutes for the long ones: so many cuts at once, moved on byte by byte, reach every offset too.
    const apart = 61;
    for (let first = 1; first <= apart; first += 1) {
      expect(translateAll([body.slice(0, first), ...cutEvery(body.slice(first), apart)])).toEqual(whole);
    }
    const step = body.length < 20_000 ? 1 : 997;
    for (let offset = 1; offset < body.length; offset += step) {
      expect(translateAll([body.slice(0, offset), body.slice(offset)])).toEqual(whole);
    }
    for (const size of [1, 7, 1000]) expect(translateAll(cutEvery(body, size))).toEqual(whole);
  });
});
