import { describe, expect, it } from 'vitest';
import { cutEvery, translateAll } from '../support/translate-all.ts';

/* Real provider answers, replayed where they are at hand: a folder beside the project, not part of it. */
const recordings = import.meta.glob('../../../shared/recordings/*.chunks.txt', {
  query: '?raw',
  import: 'default',
  eager: true,
});

const names = Object.keys(recordings);

describe.skipIf(names.length === 0)('a recorded stream means the same however its bytes are cut', () => {
  it.each(names)('%s', { timeout: 60_000 }, (name) => {
    const chunks = (recordings[name] ?? '').split('\n').filter((line) => line.trim() !== '');
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
