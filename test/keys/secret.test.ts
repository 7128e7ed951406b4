import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDuration } from '../../src/keys/limits.ts';
import { hashSecret, isWellFormed, makeSecret, maskSecret } from '../../src/keys/secret.ts';

const prefix = fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/);

describe('a client key', () => {
  test('is prefix, dash, 43 and 6 characters, and passes its own checksum', () => {
    fc.assert(
      fc.property(prefix, (text) => {
        const secret = makeSecret(text);
        expect(secret).toMatch(new RegExp(`^${text}-[0-9A-Za-z]{49}$`));
        expect(isWellFormed(secret)).toBe(true);
      }),
    );
  });

  test('with any one character changed is refused, its prefix included', () => {
    fc.assert(
      fc.property(prefix, fc.nat(), fc.constantFrom(...'0Aaz9Z'), (text, position, letter) => {
        const secret = makeSecret(text);
        const index = position % secret.length;
        const changed = secret.slice(0, index) + letter + secret.slice(index + 1);
        if (changed !== secret) expect(isWellFormed(changed)).toBe(false);
      }),
    );
  });

  test('of another form is refused', () => {
    const secret = makeSecret('sk');
    for (const text of [
      '',
      'sk-',
      ` ${secret}`,
      `${secret}0`,
      secret.slice(0, -1),
      secret.toUpperCase(),
      secret.replace('-', '_'),
    ]) {
      expect(isWellFormed(text)).toBe(false);
    }
    for (const text of ['', 'SK', '1k', 'abcdefghijk', 'a-b']) expect(() => makeSecret(text)).toThrow(RangeError);
  });

  test('has a CRC-32 that other tools compute as well', () => {
    // zlib.crc32('sk-' + 43 times 'a') is 0x32e48b99, which is 0vmcSf in base 62.
    expect(isWellFormed(`sk-${'a'.repeat(43)}0vmcSf`)).toBe(true);
  });

  test('uses every letter about equally often', () => {
    const counts = new Map<string, number>();
    for (let index = 0; index < 400; index += 1) {
      for (const letter of makeSecret('sk').slice(3, 46)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    }
    const expected = (400 * 43) / 62;
    expect(counts.size).toBe(62);
    // Five standard deviations and more: a bias of 256 mod 62 would make eight letters a quarter more frequent.
    for (const count of counts.values()) expect(Math.abs(count - expected)).toBeLessThan(6 * Math.sqrt(expected));
  });

  test('is stored as SHA-256 in hex and shown masked', async () => {
    expect(await hashSecret('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(maskSecret({ prefix: 'sk', last4: 'x7Qa' })).toBe('sk-…x7Qa');
  });
});

describe('a duration', () => {
  test('is a number and a unit', () => {
    expect(['90d', '24h', '15m', '30s', '0s'].map(parseDuration)).toEqual([
      7_776_000_000, 86_400_000, 900_000, 30_000, 0,
    ]);
  });

  test('of any other form, or past ten years, is none', () => {
    for (const text of ['', '90', 'd', '1w', '-1d', '1.5h', ' 1h', '1H', '1h1m', '99999d'])
      expect(parseDuration(text)).toBeNull();
  });
});
