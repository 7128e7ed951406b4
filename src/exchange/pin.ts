import type { ChatMessage, ChatRequest } from '../protocol/chat.ts';
import { isObject } from '../protocol/json.ts';

/*
 * A provider's prompt cache belongs to one of its accounts, and a hit costs a fiftieth of its price. So one conversation
 * stays with one credential, and with one target where a route spreads: rendezvous hashing finds it without a store, and
 * when a candidate goes out only its own conversations move, and come back. Pure.
 * Thaler, Ravishankar: "A name-based mapping scheme for rendezvous", 1996.
 */

/** What stands for a conversation, 32 bits of it: two that have one number share their places, and nothing else. */
export type Pin = number;

/** How much of a text at its start and at its end tells it from others; its length does the rest. */
const MOST_READ = 512;

/** FNV-1a over UTF-16, and MurmurHash3's last mixing, without which names that end alike come out alike. */
function hash(text: string, seed: number): number {
  let value = seed;
  for (let index = 0; index < text.length; index += 1) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

const FNV_SEED = 0x811c9dc5;

/** A number of its own in (0, 1) for each pair of a pin and a name. */
function drawOf(pin: Pin, name: string): number {
  return (hash(name, pin) + 0.5) / 2 ** 32;
}

/**
 * Candidates in the order in which a session is to use them: the same one for the same session, each as often as its
 * weight says over many. `nameOf` tells candidates apart for good, so that a new one moves no more sessions than it gets.
 */
export function rankFor<T>(
  pin: Pin,
  candidates: readonly T[],
  nameOf: (candidate: T) => string,
  weightOf: (candidate: T) => number = () => 1,
): T[] {
  if (candidates.length < 2) return [...candidates];
  return candidates
    .map((candidate) => ({ candidate, score: -Math.log(drawOf(pin, nameOf(candidate))) / weightOf(candidate) }))
    .sort((one, other) => one.score - other.score)
    .map(({ candidate }) => candidate);
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  const parts: unknown[] = Array.isArray(content) ? content : [];
  const texts = parts.map((part) => (isObject(part) ? part['text'] : part));
  return texts.filter((text) => typeof text === 'string').join('\n');
}

/** What tells a text from others, however long it is. */
function markOf(message: ChatMessage | undefined): string {
  const text = message === undefined ? '' : textOf(message.content);
  if (text.length <= 2 * MOST_READ) return text;
  return `${text.length} ${text.slice(0, MOST_READ)}${text.slice(-MOST_READ)}`;
}

/**
 * What a request is pinned by: its session, or, where the client names none, how its conversation began; always together
 * with the key, so that no caller can join another's.
 */
export function pinOf(keyId: string, session: string | null, { messages }: ChatRequest): Pin {
  if (session !== null) return hash(`${keyId}\nsession\n${session}`, FNV_SEED);
  const system = messages.find(({ role }) => role === 'system' || role === 'developer');
  const user = messages.find(({ role }) => role === 'user');
  return hash(`${keyId}\nopening\n${markOf(system)}\n${markOf(user)}`, FNV_SEED);
}
