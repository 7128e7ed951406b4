/** An IPv6 address as eight groups without leading zeros, whichever way it was written; null for what is none. */
function groupsOf(address: string): string[] | null {
  const url = `http://[${address}]/`;
  if (!URL.canParse(url)) return null;
  // The URL's form has no dots and no capitals; all that is left to undo is the one gap.
  const [before = '', after] = new URL(url).hostname.slice(1, -1).split('::');
  const [head, tail] = [before, after ?? ''].map((part) => (part === '' ? [] : part.split(':')));
  const groups = [...(head ?? []), ...(tail ?? [])];
  return after === undefined ? groups : (head ?? []).concat(Array(8 - groups.length).fill('0'), tail ?? []);
}

/** `::ffff:192.0.2.1` is an IPv4 address in IPv6's clothes. */
function mappedAddress(groups: readonly string[]): string | null {
  if (groups.slice(0, 5).some((group) => group !== '0') || groups[5] !== 'ffff') return null;
  const [high = 0, low = 0] = groups.slice(6).map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/**
 * What one party holds of the internet: an IPv4 address, or the /64 of an IPv6 one, since each network has 2^64 of
 * those. What is no address stays as it is.
 */
export function networkOf(address: string): string {
  const groups = address.includes(':') ? groupsOf(address) : null;
  return groups === null ? address : (mappedAddress(groups) ?? `${groups.slice(0, 4).join(':')}::/64`);
}
