import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countRefusal,
  knownRefusal,
  learnStanding,
  newRefusalMemory,
  stopTelling,
  takeRest,
} from '../../src/exchange/refusal-memory.ts';
import type { Settlement, Standing } from '../../src/ledger/calls.ts';
import { makeKey } from '../support/keys.ts';
import { MINUTE, SECOND, settlement } from '../support/ledger.ts';

const refused = () => settlement({ end: 'rejected', source: 'none', repeated: 0 });

describe('what an isolate remembers of refusals', () => {
  const events = fc.array(
    fc.record({
      kind: fc.constantFrom('refuse', 'refuse', 'refuse', 'begin', 'full'),
      times: fc.integer({ min: 1, max: 45 }),
      wait: fc.constantFrom(0, 1, 500, 20 * SECOND, MINUTE, 3 * MINUTE),
    }),
    { maxLength: 40 },
  );

  it('counts each once, and tells of thirty a minute at most', () => {
    fc.assert(
      fc.property(events, (given) => {
        const memory = newRefusalMemory();
        let now = 1_000_000;
        let refusals = 0;
        const told: { minute: number; settlement: Settlement }[] = [];
        const note = (settlements: readonly Settlement[]) => {
          for (const each of settlements) told.push({ minute: Math.floor(now / MINUTE), settlement: each });
        };
        for (const { kind, times, wait } of given) {
          now += wait;
          if (kind === 'full') stopTelling(memory, 'key', now);
          if (kind === 'begin') note([takeRest(memory, 'key', now)].filter((rest) => rest !== null));
          for (let time = 0; kind === 'refuse' && time < times; time += 1) {
            refusals += 1;
            note(countRefusal(memory, 'key', refused(), now));
          }
        }
        now += MINUTE;
        note([takeRest(memory, 'key', now)].filter((rest) => rest !== null));
        expect(takeRest(memory, 'key', now)).toBeNull();
        expect(told.reduce((sum, { settlement: { repeated } }) => sum + 1 + (repeated ?? 0), 0)).toBe(refusals);
        expect(new Set(told.map(({ settlement: { requestId } }) => requestId)).size).toBe(told.length);
        for (const minute of new Set(told.map((each) => each.minute))) {
          // One more for a request that is let in, which brings what an earlier minute has left.
          expect(told.filter((each) => each.minute === minute).length).toBeLessThanOrEqual(31);
        }
      }),
    );
  });

  it('is bounded, however many keys are refused', async () => {
    const memory = newRefusalMemory();
    const { key } = await makeKey();
    const limits = { requests: null, tokens: null };
    const no = {
      reason: 'rpm',
      retryAfter: 9,
      window: null,
      resetAt: null,
      shortage: null,
      rateLimits: limits,
    } as const;
    const standing: Standing = { ...no, lastsMs: 9_000 };
    for (let count = 0; count < 10_100; count += 1) {
      learnStanding(memory, { ...key, id: `key_${count}` }, standing, 0);
      countRefusal(memory, `key_${count}`, refused(), 0);
    }
    expect([memory.standings.size, memory.minutes.size]).toEqual([10_000, 10_000]);
    expect(knownRefusal(memory, { ...key, id: 'key_10099' }, 8_999)).toMatchObject({ reason: 'rpm', retryAfter: 1 });
    expect(knownRefusal(memory, { ...key, id: 'key_10099' }, 9_000)).toBeNull();
  });
});
