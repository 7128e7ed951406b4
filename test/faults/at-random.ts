import { compareBooks } from './books.ts';
import { inParallel, type Sent, send, WAYS } from './clients.ts';
import { FAILURES, type Fate } from './faulty-provider.ts';
import { type House, PROVIDER_NAMES, settleAll } from './house.ts';
import type { Part } from './part.ts';

const REQUESTS = 2_000;
const CLIENTS = 24;
/** Two keys of the first provider, and one of the second. */
const TRIES = 3;

/** Two providers that each fail one call in two: none may fail that one of the two could have served. */
export async function failAtRandom(house: House, random: () => number): Promise<Part> {
  const { home, keys, providers } = house;
  const one = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T; // none is empty
  const fateOf = (): Fate => (random() < 0.5 ? 'serves' : one(FAILURES));
  for (const name of PROVIDER_NAMES) providers[name].decide(fateOf);
  const sent: Sent[] = [];
  const jobs = Array.from({ length: REQUESTS }, (_, index) => async () => {
    const way = WAYS[index % WAYS.length] ?? WAYS[0];
    const session = random() < 0.5 ? `session-${index % 40}` : null;
    if (way === undefined) return;
    sent.push(await send({ port: home.port, secret: one(keys), name: `random${index}`, way, session }));
  });
  const startedAt = Date.now();
  await inParallel(CLIENTS, jobs);
  const seconds = (Date.now() - startedAt) / 1_000;
  for (const name of PROVIDER_NAMES) providers[name].decide(() => 'serves');
  const restless = await settleAll(house);
  const books = compareBooks(house, sent, TRIES);
  const calls = PROVIDER_NAMES.map((name) => providers[name].calls.length).join(' and ');
  return {
    name: `${REQUESTS} requests through all doors, at two providers that each fail one call in two`,
    figures: [
      `${books.served} served; ${books.failed} failed, at all of their keys`,
      `${books.attempts} attempts (${calls} calls), ${books.brokeOff} of them broken off and billed as estimates`,
      `${books.nanoUsd} nano-USD in the log; ${(REQUESTS / seconds).toFixed(0)} requests a second`,
    ],
    faults: [...restless, ...books.faults],
  };
}
