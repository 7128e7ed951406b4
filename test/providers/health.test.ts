import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/protocol/errors.ts';
import {
  type Health,
  type HealthFailure,
  lastTrips,
  longTrips,
  newHealth,
  noteFailure,
  noteSuccess,
  noteTry,
  standingOf,
  takeTrips,
} from '../../src/providers/health.ts';

const T = Date.parse('2026-11-28T12:00:00Z');
const MINUTE = 60_000;

function failure(code: ErrorCode, status: number | null = null, retryAfter: number | null = null): HealthFailure {
  return { status, code, retryAfter };
}

const BROKEN = failure('upstream_error', 500);
const REFUSED = failure('upstream_auth_error', 401);
const LIMITED = failure('upstream_rate_limited', 429);

/** A small world: what happens at `one`, by seconds after noon. */
function world() {
  const health = newHealth();
  return {
    health,
    fail: (seconds: number, what: HealthFailure, label = '#1') =>
      noteFailure(health, 'one', label, what, T + seconds * 1000),
    serve: (seconds: number, label = '#1') => noteSuccess(health, 'one', label, T + seconds * 1000),
    probe: (seconds: number) => noteTry(health, 'one', T + seconds * 1000),
    provider: (seconds: number) => standingOf(health, 'one', null, T + seconds * 1000),
    credential: (seconds: number, label = '#1') => standingOf(health, 'one', label, T + seconds * 1000),
  };
}

describe('a credential', () => {
  it.each([
    ['a 401', REFUSED],
    ['a 403', failure('upstream_auth_error', 403)],
    ['an empty account', failure('upstream_insufficient_balance', 429)],
    ["a gateway's 403", failure('upstream_error', 403)],
    ["a gateway's 402", failure('upstream_error', 402)],
  ])('is out for five minutes after %s', (_, what) => {
    const { credential, fail, provider } = world();
    expect(fail(0, what)).toEqual({ provider: 'one', label: '#1', until: T + 5 * MINUTE, reason: what.code });
    expect(credential(299)).toEqual({ well: false, until: T + 5 * MINUTE, reason: what.code });
    expect(credential(300).well).toBe(true);
    expect(credential(0, '#2').well).toBe(true);
    expect(provider(0).well).toBe(true);
  });

  it('is out after a 429 until the time that the provider names', () => {
    const { credential, fail } = world();
    fail(0, failure('upstream_rate_limited', 429, 17));
    expect(credential(16.9).well).toBe(false);
    expect(credential(17).well).toBe(true);
    expect(fail(20, failure('upstream_rate_limited', 429, 0))).toBeNull();
    expect(credential(20).well).toBe(true);
  });

  it('is out after a 429 without a time for 2 s, and twice as long each time, up to a minute', () => {
    const { credential, fail, serve } = world();
    let now = 0;
    for (const seconds of [2, 4, 8, 16, 32, 60, 60]) {
      expect(fail(now, LIMITED)?.until).toBe(T + (now + seconds) * 1000);
      expect(credential(now + seconds - 0.1).well).toBe(false);
      now += seconds;
      expect(credential(now).well).toBe(true);
    }
    serve(now);
    expect(fail(now, LIMITED)?.until).toBe(T + (now + 2) * 1000);
  });

  it('is out no longer for ten tries that were refused side by side, and it is told once', () => {
    const { credential, fail } = world();
    const trips = Array.from({ length: 10 }, () => fail(0, LIMITED));
    expect(trips.filter((trip) => trip !== null)).toHaveLength(1);
    expect(credential(2).well).toBe(true);
  });

  it('that is limited and then refused is out for five minutes, and told again', () => {
    const { credential, fail } = world();
    fail(0, LIMITED);
    expect(fail(1, REFUSED)?.until).toBe(T + 301_000);
    expect(fail(2, LIMITED)).toBeNull();
    expect(credential(300).well).toBe(false);
  });

  it('that serves is well at once, whatever was said', () => {
    const { credential, fail, serve } = world();
    fail(0, REFUSED);
    serve(1);
    expect(credential(1)).toEqual({ well: true, until: null, reason: null });
  });
});

describe('a provider', () => {
  it.each([
    ['500', BROKEN],
    ['no answer', failure('upstream_error')],
    ['too slow', failure('upstream_timeout')],
    ['overloaded', failure('upstream_overloaded', 503)],
    ['a page in a 200', failure('upstream_error', 200)],
    ['a redirect', failure('upstream_error', 302)],
  ])('is out for 5 s after three failures in a row: %s', (_, what) => {
    const { fail, provider } = world();
    expect([fail(0, what), fail(1, what, '#2')]).toEqual([null, null]);
    expect(fail(2, what)).toEqual({ provider: 'one', label: null, until: T + 7000, reason: what.code });
    expect(provider(6.9)).toEqual({ well: false, until: T + 7000, reason: what.code });
    expect(provider(7).well).toBe(true);
  });

  it.each([
    ['the request', failure('invalid_request', 400)],
    ['its content', failure('content_filter', 400)],
    ['a credential', REFUSED],
    ['a limit', LIMITED],
  ])('begins to count anew where what failed between was %s', (_, between) => {
    const { fail, provider } = world();
    for (const what of [BROKEN, BROKEN, between, BROKEN]) fail(0, what);
    expect(provider(0).well).toBe(true);
  });

  it('is out where over half of at least five in a minute failed', () => {
    const { fail, provider, serve } = world();
    for (const second of [0, 10]) {
      fail(second, BROKEN);
      serve(second + 1);
    }
    expect(provider(11).well).toBe(true); // two of four
    expect(fail(20, BROKEN)).not.toBeNull(); // three of five
  });

  it('is well with half of them failed, or with more of fewer than five', () => {
    const half = world();
    for (let second = 0; second < 50; second += 2) {
      half.serve(second);
      half.fail(second + 1, BROKEN);
    }
    expect(half.provider(51).well).toBe(true);
    const few = world();
    few.fail(0, BROKEN);
    few.fail(1, BROKEN);
    few.serve(2);
    few.fail(3, BROKEN);
    expect(few.provider(3).well).toBe(true);
  });

  it('has forgotten after a minute', () => {
    const { fail, provider, serve } = world();
    for (const second of [0, 1]) fail(second, BROKEN);
    serve(2);
    for (const second of [62, 63]) fail(second, BROKEN);
    serve(64);
    expect(provider(64).well).toBe(true);
  });

  it('is decided by one try when its time is up, and out for twice as long where that fails', () => {
    const { fail, probe, provider, serve } = world();
    for (const second of [0, 0, 0]) fail(second, BROKEN);
    let now = 5;
    for (const seconds of [10, 20, 40, 60, 60]) {
      expect(provider(now).well).toBe(true);
      probe(now);
      expect(provider(now)).toMatchObject({ well: false, reason: 'upstream_error' }); // for all others
      expect(fail(now, BROKEN)?.until).toBe(T + (now + seconds) * 1000);
      now += seconds;
    }
    probe(now);
    serve(now);
    expect(provider(now).well).toBe(true);
    for (const _ of [0, 1]) expect(fail(now, BROKEN)).toBeNull();
    expect(fail(now, BROKEN)?.until).toBe(T + (now + 5) * 1000);
  });

  it('is tried again where nobody heard of the try that was to decide', () => {
    const { fail, probe, provider } = world();
    for (const second of [0, 0, 0]) fail(second, BROKEN);
    probe(5);
    expect(provider(34).well).toBe(false);
    expect(provider(35).well).toBe(true);
  });

  it('that answers with the fault of a credential or of the request was there to decide', () => {
    const { fail, probe, provider } = world();
    for (const second of [0, 0, 0]) fail(second, BROKEN);
    probe(5);
    fail(6, failure('invalid_request', 400));
    expect(provider(6).well).toBe(true);
  });

  it('stays out for what was under way when it went out, served or not', () => {
    const { fail, provider, serve } = world();
    for (const second of [0, 0, 0]) fail(second, BROKEN);
    expect(fail(1, BROKEN)).toBeNull();
    serve(2);
    expect(provider(4.9)).toMatchObject({ well: false, until: T + 5000 });
  });
});

describe('other isolates', () => {
  it('are told of the credentials that are out for minutes, and of nothing else', () => {
    const { fail, health } = world();
    fail(0, REFUSED);
    fail(0, LIMITED, '#2');
    for (const second of [0, 0, 0]) fail(second, BROKEN, '#3');
    expect(longTrips(health, T)).toEqual([
      { provider: 'one', label: '#1', until: T + 5 * MINUTE, reason: 'upstream_auth_error' },
    ]);
    expect(longTrips(health, T + 5 * MINUTE)).toEqual([]);
    const other = newHealth();
    takeTrips(other, longTrips(health, T), T + 1000);
    expect(standingOf(other, 'one', '#1', T + 1000)).toEqual(standingOf(health, 'one', '#1', T + 1000));
  });

  it('are not believed where the credential has served since, or the time is over', () => {
    const { credential, health, serve } = world();
    serve(10);
    const trip = { provider: 'one', label: '#1', reason: 'upstream_auth_error' };
    takeTrips(health, [{ ...trip, until: T + 5 * MINUTE }], T + 20_000);
    expect(credential(20).well).toBe(true);
    takeTrips(health, [{ ...trip, until: T + 15_000 + 5 * MINUTE }], T + 20_000);
    expect(credential(20).well).toBe(false);
    takeTrips(health, [{ ...trip, label: '#2', until: T + 19_000 }], T + 20_000);
    expect(credential(20, '#2').well).toBe(true);
    takeTrips(health, [{ ...trip, label: '#3', until: T + 9e9 }], T + 20_000);
    expect(credential(321, '#3').well).toBe(true);
  });
});

/* What may happen, in any order. */
const code = fc.constantFrom<ErrorCode>(
  ...(['upstream_error', 'upstream_timeout', 'upstream_overloaded', 'upstream_rate_limited'] as const),
  ...(['upstream_auth_error', 'upstream_insufficient_balance', 'invalid_request', 'content_filter'] as const),
);
const status = fc.constantFrom(null, 200, 302, 400, 401, 402, 403, 404, 429, 500, 503, 529);
const someFailure = fc.record({ code, status, retryAfter: fc.option(fc.nat(7200)) });
const someProvider = fc.constantFrom('one', 'two');
const someLabel = fc.constantFrom('#1', '#2', 'team');
const after = fc.nat(20_000);
type Event =
  | { kind: 'served'; provider: string; label: string; after: number }
  | { kind: 'failed'; provider: string; label: string; after: number; failure: HealthFailure };
const someEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('served' as const), provider: someProvider, label: someLabel, after }),
  fc.record({
    kind: fc.constant('failed' as const),
    provider: someProvider,
    label: someLabel,
    after,
    failure: someFailure,
  }),
);
const events = fc.array(someEvent, { maxLength: 60 });

function play(
  health: Health,
  happened: readonly Event[],
  each: (now: number, event: Event) => void = () => {},
): number {
  let now = T;
  for (const event of happened) {
    now += event.after;
    const { label, provider } = event;
    noteTry(health, provider, now);
    if (event.kind === 'served') noteSuccess(health, provider, label, now);
    else noteFailure(health, provider, label, event.failure, now);
    each(now, event);
  }
  return now;
}

const NAMES = ['one', 'two'].flatMap((provider) => ['#1', '#2', 'team', null].map((label) => ({ provider, label })));

function isCredentialsFault({ code: what, status: said }: HealthFailure): boolean {
  return (
    ['upstream_rate_limited', 'upstream_auth_error', 'upstream_insufficient_balance'].includes(what) ||
    (what.startsWith('upstream_') && [401, 402, 403, 429].includes(said ?? 0))
  );
}

describe('whatever happens', () => {
  it("no credential's fault counts against its provider", () => {
    fc.assert(
      fc.property(events, (happened) => {
        const health = newHealth();
        const faults = happened.filter((event) => event.kind === 'served' || isCredentialsFault(event.failure));
        play(health, faults, (now, { provider }) => expect(standingOf(health, provider, null, now).well).toBe(true));
      }),
    );
  });

  it('nothing is out for longer than it may be, and all are well in the end', () => {
    fc.assert(
      fc.property(events, (happened) => {
        const health = newHealth();
        const now = play(health, happened, (time) => {
          for (const { label, provider } of NAMES) {
            const { until } = standingOf(health, provider, label, time);
            expect((until ?? time) - time).toBeLessThanOrEqual(label === null ? MINUTE : 7_200_000);
          }
        });
        for (const { label, provider } of NAMES)
          expect(standingOf(health, provider, label, now + 7_200_000).well).toBe(true);
      }),
    );
  });

  it('what is out says until when and why, and what is well says neither', () => {
    fc.assert(
      fc.property(events, (happened) => {
        const health = newHealth();
        play(health, happened, (now) => {
          for (const { label, provider } of NAMES) {
            const { reason, until, well } = standingOf(health, provider, label, now);
            if (well) expect({ reason, until }).toEqual({ reason: null, until: null });
            else expect([reason !== null, (until ?? 0) > now]).toEqual([true, true]);
          }
        });
      }),
    );
  });

  it('one credential and one provider say nothing of another', () => {
    fc.assert(
      fc.property(events, (happened) => {
        const health = newHealth();
        const others = happened.filter(({ label, provider }) => provider === 'one' && label !== 'team');
        const now = play(health, others);
        expect(standingOf(health, 'two', null, now).well).toBe(true);
        expect(standingOf(health, 'one', 'team', now).well).toBe(true);
      }),
    );
  });

  it('the last three failures in a row leave a provider out, and a success after its time makes it well', () => {
    fc.assert(
      fc.property(events, (happened) => {
        const health = newHealth();
        const now = play(health, happened);
        for (const _ of [1, 2, 3]) noteFailure(health, 'one', '#1', BROKEN, now);
        const { until, well } = standingOf(health, 'one', null, now);
        expect(well).toBe(false);
        noteSuccess(health, 'one', '#1', until ?? 0);
        expect(standingOf(health, 'one', null, until ?? 0).well).toBe(true);
        expect(standingOf(health, 'one', '#1', until ?? 0).well).toBe(true);
      }),
    );
  });

  it('takes no more memory for a million names', () => {
    const health = newHealth();
    for (let count = 0; count < 100_000; count += 1) {
      const now = T + count * 10;
      noteFailure(health, `p${count % 1000}`, `#${count % 977}`, count % 2 === 0 ? REFUSED : BROKEN, now);
    }
    expect(health.providers.size).toBeLessThanOrEqual(256);
    for (const { credentials, tries } of health.providers.values()) {
      expect(credentials.size).toBeLessThanOrEqual(64);
      expect(tries.seconds.size).toBeLessThanOrEqual(60);
    }
    expect(lastTrips(health).length).toBeLessThanOrEqual(50);
  });
});
