import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Order } from '../support/provider-double.ts';
import { callInternal } from './kill-router.ts';

/** A client's key, and whether the ledger is asked before the provider is called. */
export interface Key {
  secret: string;
  limited: boolean;
}

/** What a client knows of a request of its own. */
export interface Sent {
  name: string;
  key: Key;
  requestId: string | null;
  /** Acknowledged: `[DONE]` or a whole JSON body arrived. Broken: the router died first. */
  end: 'acknowledged' | 'left' | 'refused' | 'broken';
  endedAt: number;
}

/** Numbers from 0 to 1 that a seed decides: mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Plan {
  name: string;
  key: Key;
  stream: boolean;
  order: Order;
  /** After how many ms the client hangs up; null for one that stays. */
  leavesAfterMs: number | null;
}

function planOf(name: string, keys: readonly Key[], random: () => number): Plan {
  const below = (limit: number) => Math.floor(random() * limit);
  const key = keys[below(keys.length)];
  if (key === undefined) throw new Error('There are no keys.');
  const order = { name, words: 1 + below(40), pauseMs: random() < 0.3 ? 0 : below(50) };
  return { name, key, stream: random() < 0.7, order, leavesAfterMs: random() < 0.25 ? below(800) : null };
}

/** Sends one request and reads its answer to the end, however that comes. */
export async function send(port: number, plan: Plan): Promise<Sent> {
  const sent: Sent = { name: plan.name, key: plan.key, requestId: null, end: 'broken', endedAt: 0 };
  const client = new AbortController();
  const leaving = plan.leavesAfterMs === null ? undefined : setTimeout(() => client.abort(), plan.leavesAfterMs);
  try {
    const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${plan.key.secret}`, connection: 'close' },
      body: JSON.stringify({
        model: plan.name,
        stream: plan.stream,
        messages: [{ role: 'user', content: JSON.stringify(plan.order) }],
      }),
      signal: client.signal,
    });
    sent.requestId = response.headers.get('x-request-id');
    const text = await response.text();
    // 503: the ledger did not answer in time for a key with limits, and so the provider was not called.
    if (response.status === 429 || response.status === 503) sent.end = 'refused';
    else if (!response.ok) throw new Error(`${plan.name} was answered ${response.status}: ${text}`);
    else if (plan.stream ? text.endsWith('data: [DONE]\n\n') : JSON.parse(text).usage) sent.end = 'acknowledged';
  } catch (error) {
    if (client.signal.aborted) sent.end = 'left';
    // A socket that broke is what the test is about; anything else is a fault of the router.
    else if (!(error instanceof TypeError)) throw error;
  } finally {
    clearTimeout(leaving);
    sent.endedAt = Date.now();
  }
  return sent;
}

const CLIENTS = 14;

/** Clients that send one request after another, each under a name of its own, until they are stopped. */
export function startLoad(port: number, names: readonly string[], keys: readonly Key[], random: () => number) {
  const left = names[Symbol.iterator]();
  const sent: Sent[] = [];
  const acknowledged = new EventEmitter();
  let stopped = false;

  async function client(): Promise<void> {
    for (const name of left) {
      if (stopped) return;
      const one = await send(port, planOf(name, keys, random));
      sent.push(one);
      if (one.end === 'acknowledged') acknowledged.emit('one');
    }
  }

  /** Makes ledgers flush all the time, so that the kill meets rows on their way to D1 as well. */
  async function flusher(): Promise<void> {
    while (!stopped) {
      await sleep(random() * 1_000);
      await callInternal(port, 'POST', '/worker/settle').catch(() => {});
    }
  }

  const ended = Promise.all([flusher(), ...Array.from({ length: CLIENTS }, client)]);
  // Looked at when the load is stopped.
  ended.catch(() => {});
  return {
    /** Resolves with the `count`-th acknowledgement from now on, in the moment of it. */
    async acknowledgements(count: number): Promise<void> {
      for (let seen = 0; seen < count; seen += 1) await once(acknowledged, 'one');
    },
    /** Sends no more; what was sent once all of it has ended. */
    async stop(): Promise<Sent[]> {
      stopped = true;
      await ended;
      return sent;
    },
  };
}
