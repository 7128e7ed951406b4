import type { Incoming } from './incoming.ts';

/**
 * Sees a request through its opening, and answers it. Kept alive: a client that leaves meanwhile must not leave a lease
 * behind that nobody settles.
 */
export async function keepAlive({ runAfter }: Incoming, opening: Promise<() => Promise<Response>>): Promise<Response> {
  runAfter(
    'open',
    opening.then(
      () => undefined,
      () => undefined,
    ),
  );
  return (await opening)();
}
