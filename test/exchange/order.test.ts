import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidatesOf, orderTargets, putBehind, takeNext } from '../../src/exchange/order.ts';
import { pinOf, rankFor } from '../../src/exchange/pin.ts';
import type { Target } from '../../src/exchange/target.ts';
import { deepseek } from '../../src/providers/deepseek.ts';
import type { Standing } from '../../src/providers/health.ts';

/* Which target and which credential a request tries, and in which order. */

const WELL: Standing = { well: true, until: null, reason: null };
const isWell = () => WELL;

function target(provider: string, labels: readonly [string, ...string[]] = ['#1'], more: Partial<Target> = {}): Target {
  const [model] = deepseek.models;
  if (model === undefined) throw new Error('no model');
  const [first, ...others] = labels.map((label) => ({ label, secret: `secret of ${label}` }));
  if (first === undefined) throw new Error('no credential');
  return {
    configured: { provider: { ...deepseek, id: provider }, baseUrl: 'https://x.test', credentials: [first, ...others] },
    ...{ model: { ...model, id: 'm' }, parameters: {}, weight: 1, allowedBy: [] },
    ...more,
  };
}

const idOf = ({ configured }: Target) => configured.provider.id;
const pins = (count: number) =>
  Array.from({ length: count }, (_, index) => pinOf('key_1', `session-${index}`, { model: 'm', messages: [] }));

/** How often each came first. */
function firsts(count: number, firstOf: (pin: number) => string | undefined): Record<string, number> {
  const shares: Record<string, number> = {};
  for (const pin of pins(count)) {
    const first = firstOf(pin) ?? 'none';
    shares[first] = (shares[first] ?? 0) + 1;
  }
  return shares;
}

describe('a pin', () => {
  const own = (name: string) => name;

  it('spreads sessions evenly, or by weight', () => {
    const even = firsts(3_000, (pin) => rankFor(pin, ['a', 'b', 'c'], own)[0]);
    for (const share of Object.values(even)) expect(Math.abs(share - 1_000)).toBeLessThan(120);
    const weights: Record<string, number> = { a: 1, b: 3, c: 0 };
    const byWeight = firsts(4_000, (pin) => rankFor(pin, ['a', 'b', 'c'], own, (name) => weights[name] ?? 0)[0]);
    expect(byWeight['c']).toBeUndefined();
    expect(Math.abs((byWeight['b'] ?? 0) - 3_000)).toBeLessThan(150);
  });

  it('moves only the sessions of what goes, and gives what comes its share and no more', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 8 }),
        fc.nat({ max: 2 ** 32 - 1 }),
        (names, pin) => {
          const all = rankFor(pin, names, own);
          for (const gone of names) {
            const rest = names.filter((name) => name !== gone);
            expect(rankFor(pin, rest, own)).toEqual(all.filter((name) => name !== gone));
          }
          expect(rankFor(pin, [...names].reverse(), own)).toEqual(all);
        },
      ),
    );
  });

  it('is the session that the client names, else how its conversation began, always of one key', () => {
    const system = { role: 'system', content: 'You are a coder.' };
    const user = { role: 'user', content: 'Write a parser' };
    const first = { model: 'm', messages: [system, user] };
    const later = {
      model: 'm',
      messages: [system, user, { role: 'assistant', content: 'ok' }, { role: 'user', content: 'more' }],
    };
    expect(pinOf('key_1', null, later)).toBe(pinOf('key_1', null, first));
    expect(pinOf('key_2', null, first)).not.toBe(pinOf('key_1', null, first));
    expect(pinOf('key_1', 's', first)).toBe(pinOf('key_1', 's', { model: 'm', messages: [user] }));
    expect(pinOf('key_1', 's', first)).not.toBe(pinOf('key_1', null, first));
    const asParts = {
      model: 'm',
      messages: [system, { role: 'user', content: [{ type: 'text', text: 'Write a parser' }] }],
    };
    expect(pinOf('key_1', null, asParts)).toBe(pinOf('key_1', null, first));
  });

  it('tells long openings apart that differ anywhere but in their middle', () => {
    const opening = (text: string) => pinOf('key_1', null, { model: 'm', messages: [{ role: 'user', content: text }] });
    const long = 'x'.repeat(1_000_000);
    expect(opening(`${long}a`)).not.toBe(opening(`${long}b`));
    expect(opening(`a${long}`)).not.toBe(opening(`b${long}`));
  });
});

describe('the order of tries', () => {
  const never = () => {
    throw new Error('nothing is to be chosen');
  };

  it('is the list’s, all credentials of a target before the next, and hashes nothing where nothing is to be chosen', () => {
    const [a, b] = [target('a'), target('b')];
    expect(orderTargets([{ targets: [a, b], spread: false }], never)).toEqual([a, b]);
    expect(candidatesOf([a, b], never).map(({ target: each }) => idOf(each))).toEqual(['a', 'b']);
    const many = candidatesOf([target('a', ['x', 'y']), b], () => 7);
    expect(many.map(({ target: each }) => idOf(each))).toEqual(['a', 'a', 'b']);
  });

  it('draws the targets of a route that spreads, the same for the same session; one after the other of other names', () => {
    const [a, b, c] = [target('a', ['#1'], { weight: 9 }), target('b'), target('c')];
    const choices = [
      { targets: [a, b], spread: true },
      { targets: [c], spread: false },
    ];
    const order = (pin: number) => orderTargets(choices, () => pin).map(idOf);
    for (const pin of pins(50)) expect([order(pin), order(pin)[2]]).toEqual([order(pin), 'c']);
    const shares = firsts(1_000, (pin) => order(pin)[0]);
    expect(Math.abs((shares['a'] ?? 0) - 900)).toBeLessThan(50);
  });

  it('has a target once that two names stand for, and twice with other parameters', () => {
    const hot = target('a', ['#1'], { parameters: { temperature: 1 } });
    const choices = [
      { targets: [target('a'), hot], spread: false },
      { targets: [target('a')], spread: false },
    ];
    expect(orderTargets(choices, never)).toHaveLength(2);
  });

  it('puts what is out last, soonest back first, and drops nothing', () => {
    const soon: Standing = { well: false, until: 1_000, reason: 'upstream_error' };
    const late: Standing = { well: false, until: 2_000, reason: 'upstream_auth_error' };
    const left = candidatesOf([target('a', ['x', 'y']), target('b'), target('c')], () => 7);
    const standingOf = (provider: string, label: string | null) => {
      if (provider === 'b' && label === null) return soon;
      return provider === 'a' && label === 'y' ? late : WELL;
    };
    const tried = [];
    for (let next = takeNext(left, standingOf); next !== null; next = takeNext(left, standingOf)) tried.push(next);
    expect(tried.map(({ credential, target: each }) => `${idOf(each)} ${credential.label}`)).toEqual([
      'a x',
      'c #1',
      'b #1',
      'a y',
    ]);
  });

  it('tries every one once, whatever its health says in between', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 40 }), (moods) => {
        const left = candidatesOf([target('a', ['x', 'y', 'z']), target('b', ['x', 'y'])], () => 7);
        const all = new Set(left);
        let turn = 0;
        const standingOf = (): Standing => {
          turn += 1;
          const mood = moods[turn % moods.length] ?? 0;
          return mood === 0 ? WELL : { well: false, until: mood, reason: 'x' };
        };
        const tried = new Set();
        for (let next = takeNext(left, standingOf); next !== null; next = takeNext(left, standingOf)) {
          expect(tried.has(next)).toBe(false);
          tried.add(next);
        }
        expect(tried).toEqual(all);
      }),
    );
  });

  it('goes to the next target where one is silent, before its other credentials', () => {
    const silent = target('a', ['x', 'y', 'z']);
    const left = candidatesOf([silent, target('b')], () => 7);
    takeNext(left, isWell);
    putBehind(left, silent);
    expect(left.map(({ target: each }) => idOf(each))).toEqual(['b', 'a', 'a']);
  });
});
