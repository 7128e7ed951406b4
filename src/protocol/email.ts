/** The longest address there is, RFC 5321. */
const LONGEST = 254;

/**
 * An e-mail address in small letters; null for what is none. Only ASCII's letters: `toLowerCase` makes a k of the
 * Kelvin sign, and so of one person another.
 */
export function emailOf(text: string): string | null {
  if (text.length > LONGEST || !/^[^\s@]+@[^\s@]+$/.test(text)) return null;
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
