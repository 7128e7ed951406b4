const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether an address is this machine's alone. */
export function isLoopback({ hostname }: URL): boolean {
  return LOOPBACK.has(hostname);
}

/** Whether two addresses are one place: of this machine, whatever it is called. */
export function isSamePlace(one: URL, other: URL): boolean {
  return isLoopback(one) && isLoopback(other)
    ? one.port === other.port && one.protocol === other.protocol
    : one.host === other.host;
}

/** Whether what is sent there cannot be read on the way: https, or http to this machine. */
export function isSafeUrl(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}
