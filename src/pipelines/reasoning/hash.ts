/*
 * A fast hash of 128 bits, MurmurHash3's x86 form over UTF-16 code units. Not cryptographic, and it need not be:
 * a collision can only be met inside one key's own conversations. It is here, and not `crypto.subtle`, because
 * it is synchronous: a turn can be remembered in the very pass that lets its chunk go out, without an await between.
 */

const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function finish(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** Two code units as one word; past the end they count as zero. */
function word(text: string, at: number): number {
  return text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
}

const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hex(value: number): string {
  const at = (shift: number) => BYTES[(value >>> shift) & 255] ?? '';
  return at(24) + at(16) + at(8) + at(0);
}

/** 32 hexadecimal characters that stand for `text`. */
export function hashText(text: string): string {
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  for (let at = 0; at < text.length; at += 8) {
    h1 ^= Math.imul(rotate(Math.imul(word(text, at), C1), 15), C2);
    h1 = (Math.imul((rotate(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
    h2 ^= Math.imul(rotate(Math.imul(word(text, at + 2), C2), 16), C3);
    h2 = (Math.imul((rotate(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
    h3 ^= Math.imul(rotate(Math.imul(word(text, at + 4), C3), 17), C4);
    h3 = (Math.imul((rotate(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
    h4 ^= Math.imul(rotate(Math.imul(word(text, at + 6), C4), 18), C1);
    h4 = (Math.imul((rotate(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
  }
  // The lanes are mixed into each other, so that each word of the answer depends on all of the text.
  h1 ^= text.length;
  const sum = (h1 + h2 + h3 + h4) | 0;
  const first = finish((h1 + sum) | 0);
  const second = finish((h2 + first) | 0);
  const third = finish((h3 + second) | 0);
  const fourth = finish((h4 + third) | 0);
  return hex((first + fourth) | 0) + hex((second + fourth) | 0) + hex((third + fourth) | 0) + hex(fourth);
}
