import { setTimeout as sleep } from 'node:timers/promises';
import { compareBooks } from './books.ts';
import { type Sent, send, WAYS, wasServed } from './clients.ts';
import type { Call } from './faulty-provider.ts';
import { type House, restart, settleAll } from './house.ts';
import type { Part } from './part.ts';

const SESSIONS = 24;
const LASTS_MS = 26_000;
const PAUSE_MS = 30;
/** A trip, and what one try each then decides: after 5 s, after 10 s more. */
const FAILURES_BEFORE_TRIP = 3;
const MOST_PROBES = 4;

const CONVERSATIONS = WAYS.filter(({ model }) => model === 'team');

/** Each session asks again and again, until the time is up. */
async function keepAsking(house: House, part: string, until: number): Promise<Sent[]> {
  const { home, keys } = house;
  const sent: Sent[] = [];
  const visit = async (_: unknown, session: number) => {
    for (let turn = 0; Date.now() < until; turn += 1) {
      const way = CONVERSATIONS[(session + turn) % CONVERSATIONS.length];
      const secret = keys[session % 2];
      if (way === undefined || secret === undefined) return;
      const name = `${part}${session}x${turn}`;
      sent.push(await send({ port: home.port, secret, name, way, session: `${part}-${session}` }));
      await sleep(PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: SESSIONS }, visit));
  return sent;
}

const sessionOf = ({ request }: Call) => request.split('x')[0] ?? '';

/** Which keys served each session. */
function keysBySession(calls: readonly Call[]): Map<string, Set<string>> {
  const keys = new Map<string, Set<string>>();
  for (const call of calls) {
    if (call.fate !== 'serves') continue;
    const own = keys.get(sessionOf(call)) ?? new Set<string>();
    keys.set(sessionOf(call), own.add(call.credential));
  }
  return keys;
}

/** How many of these sessions have one key, the one they had before. */
function stayed(before: Map<string, Set<string>>, after: Map<string, Set<string>>): number {
  const isSame = ([session, keys]: [string, Set<string>]) => {
    const [key] = keys;
    return keys.size === 1 && key !== undefined && before.get(session)?.size === 1 && before.get(session)?.has(key);
  };
  return [...after].filter(isSame).length;
}

function pinFaults(before: Map<string, Set<string>>, after: Map<string, Set<string>>, what: string): string[] {
  const count = stayed(before, after);
  const faults = count === SESSIONS ? [] : [`${what}: ${count} of ${SESSIONS} sessions have the key they had`];
  const keys = new Set([...before.values()].flatMap((own) => [...own]));
  return keys.size > 1 ? faults : [...faults, `${what}: all sessions had one key, so nothing is seen`];
}

function unserved(sent: readonly Sent[]): string[] {
  const failed = sent.filter((one) => !wasServed(one));
  return failed.map(({ name, status, text }) => `${name} was not served: ${status} ${text.slice(-200)}`);
}

/** The first provider is down from a random moment to another. */
export async function goDown(house: House, random: () => number): Promise<Part> {
  await restart(house);
  const { one } = house.providers;
  const from = Date.now();
  const downAt = from + 2_000 + random() * 3_000;
  const upAt = downAt + 6_000 + random() * 3_000;
  const isDown = () => Date.now() >= downAt && Date.now() < upAt;
  const first = one.calls.length;
  one.decide(() => (isDown() ? 'hangs up' : 'serves'));
  const sent = await keepAsking(house, 'down', from + LASTS_MS);
  one.decide(() => 'serves');
  const restless = await settleAll(house);
  const calls = one.calls.slice(first);
  const met = calls.filter(({ fate }) => fate !== 'serves');
  const trippedAt = met[FAILURES_BEFORE_TRIP - 1]?.at ?? upAt;
  const after = met.filter(({ at }) => at > trippedAt).length;
  const during = sent.filter(({ startedAt }) => startedAt > trippedAt && startedAt < upAt);
  const backAt = calls.find(({ at, fate }) => at >= upAt && fate === 'serves')?.at ?? Number.POSITIVE_INFINITY;
  const before = keysBySession(calls.filter(({ at }) => at < downAt));
  const again = keysBySession(calls.filter(({ at }) => at >= upAt));
  // Those that were under way, and those that decide.
  const most = SESSIONS + MOST_PROBES;
  return {
    name: `One provider down for ${((upAt - downAt) / 1_000).toFixed(1)} s, ${SESSIONS} sessions under way`,
    figures: [
      `${sent.length} requests, ${sent.filter(wasServed).length} served`,
      `${met.length} tries met the dead provider, ${after} of them after it tripped, of ${during.length} requests in that time`,
      `back after ${((backAt - upAt) / 1_000).toFixed(1)} s; ${stayed(before, again)} of ${SESSIONS} sessions are with the key they had`,
    ],
    faults: [
      ...restless,
      ...unserved(sent),
      ...pinFaults(before, again, 'after the outage'),
      ...(met.length < FAILURES_BEFORE_TRIP ? ['nobody met the dead provider, so nothing is seen'] : []),
      ...(after > most ? [`${after} tries met the dead provider after it tripped: more than ${most}`] : []),
      ...compareBooks(house, sent, 0).faults,
    ],
  };
}

const LIMITED_AT_MS = 2_500;
const LIMITED_FOR_MS = 2_500;
const LIMITED_LASTS_MS = 12_000;

/** One of a provider's two keys is limited for a while: its sessions move to the other and come back, and no other moves. */
export async function limitOneKey(house: House): Promise<Part> {
  await restart(house);
  const { one } = house.providers;
  const from = Date.now();
  const upAt = from + LIMITED_AT_MS + LIMITED_FOR_MS;
  const isLimited = (key: string) => key.endsWith('-a') && Date.now() >= from + LIMITED_AT_MS && Date.now() < upAt;
  const first = one.calls.length;
  one.decide((key) => (isLimited(key) ? 'answers 429' : 'serves'));
  const sent = await keepAsking(house, 'limit', from + LIMITED_LASTS_MS);
  one.decide(() => 'serves');
  const restless = await settleAll(house);
  const calls = one.calls.slice(first);
  const before = keysBySession(calls.filter(({ at }) => at < from + LIMITED_AT_MS));
  const others = new Map([...keysBySession(calls)].filter(([session]) => before.get(session)?.has('key-of-one-b')));
  const last = keysBySession(calls.filter(({ at }) => at >= from + LIMITED_LASTS_MS - 2_000));
  const moved = [...others].filter(([, keys]) => keys.size > 1).length;
  const refused = calls.filter(({ fate }) => fate !== 'serves').length;
  return {
    name: `One of two keys limited for ${LIMITED_FOR_MS / 1_000} s, ${SESSIONS} sessions under way`,
    figures: [
      `${sent.length} requests, ${sent.filter(wasServed).length} served; ${refused} tries met the limited key`,
      `${others.size - moved} of ${others.size} sessions of the other key stayed all the time; ${stayed(before, last)} of ${SESSIONS} are with the key they had`,
    ],
    faults: [
      ...restless,
      ...unserved(sent),
      ...(moved > 0 ? [`${moved} sessions of the other key moved`] : []),
      ...pinFaults(before, last, 'after the limit'),
      ...compareBooks(house, sent, 0).faults,
    ],
  };
}
