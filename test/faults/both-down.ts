import { compareBooks } from './books.ts';
import { inParallel, type Sent, send, WAYS, type Way } from './clients.ts';
import type { Fate } from './faulty-provider.ts';
import { type House, PROVIDER_NAMES, restart, settleAll } from './house.ts';
import type { Part } from './part.ts';

/** A stream is left for the next target after this, and the last target has this. */
const FALLBACK_AFTER_MS = 1_000;
const FIRST_BYTE_TIMEOUT_MS = 2_500;

const REQUESTS = 70;
const CLIENTS = 14;
const TRIES = 3;
/** What a busy machine may add. */
const SLACK_MS = 4_000;
/** Pauses before the last is tried again, twice. */
const REPEATS_MS = 600;

/** The longest that a client may wait for the error. */
function longest(fate: Fate, { stream }: Way): number {
  if (fate !== 'is silent') return REPEATS_MS + SLACK_MS;
  const others = stream ? FALLBACK_AFTER_MS : FIRST_BYTE_TIMEOUT_MS;
  return (TRIES - 1) * others + FIRST_BYTE_TIMEOUT_MS + SLACK_MS;
}

async function allDown(house: House, fate: Fate): Promise<{ sent: Sent[]; faults: string[] }> {
  const times = { FALLBACK_AFTER_MS: String(FALLBACK_AFTER_MS), FIRST_BYTE_TIMEOUT_MS: String(FIRST_BYTE_TIMEOUT_MS) };
  await restart(house, fate === 'is silent' ? times : {});
  for (const name of PROVIDER_NAMES) house.providers[name].decide(() => fate);
  const sent: Sent[] = [];
  const jobs = Array.from({ length: REQUESTS }, (_, index) => async () => {
    const way = WAYS[index % WAYS.length];
    const secret = house.keys[index % house.keys.length];
    if (way === undefined || secret === undefined) return;
    const name = `${fate.replaceAll(' ', '')}${index}`;
    sent.push(await send({ port: house.home.port, secret, name, way, session: null }));
  });
  await inParallel(CLIENTS, jobs);
  for (const name of PROVIDER_NAMES) house.providers[name].decide(() => 'serves');
  const late = sent.filter(({ endedAt, startedAt, way }) => endedAt - startedAt > longest(fate, way));
  return {
    sent,
    faults: [
      ...late.map(({ endedAt, name, startedAt }) => `${name} was told after ${endedAt - startedAt} ms`),
      ...(await settleAll(house)),
      ...compareBooks(house, sent, TRIES).faults,
    ],
  };
}

const slowest = (sent: readonly Sent[]) => Math.max(...sent.map(({ endedAt, startedAt }) => endedAt - startedAt));
const statuses = (sent: readonly Sent[]) => [...new Set(sent.map(({ status }) => status))].sort().join(', ');

/** Both down: a clear error in time, and nothing held. */
export async function bothDown(house: House): Promise<Part> {
  const dead = await allDown(house, 'hangs up');
  const silent = await allDown(house, 'is silent');
  return {
    name: `Both providers down, ${REQUESTS} requests each through all doors`,
    figures: [
      `dead: an error in each door's form after ${slowest(dead.sent)} ms at most (${statuses(dead.sent)})`,
      `silent: the same after ${slowest(silent.sent)} ms at most (${statuses(silent.sent)}), with FALLBACK_AFTER_MS ${FALLBACK_AFTER_MS} and FIRST_BYTE_TIMEOUT_MS ${FIRST_BYTE_TIMEOUT_MS}`,
    ],
    faults: [...dead.faults, ...silent.faults],
  };
}
