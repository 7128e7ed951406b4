import type { ChatChunk, ChunkChoice } from '../protocol/chat.ts';
import type { StreamEvent } from '../protocol/event.ts';
import { mayHoldHalves } from '../protocol/half-surrogates.ts';
import { isObject, type JsonObject } from '../protocol/json.ts';

/** Keeps halves of surrogate pairs out of a stream. */
export interface Halves {
  /** Mends the chunk of an event, where there is anything to mend. */
  mend(event: StreamEvent): void;
}

const REPLACEMENT = '\ufffd';
const HIGH_AT_END = /[\ud800-\udbff]$/;
const TEXTS = ['content', 'reasoning_content', 'reasoning'] as const;

/** A value whose texts and keys are well-formed. Only for what holds halves: it copies all of it. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toWellFormed(), wellFormed(member)]));
}

/**
 * A provider that cuts its text by length may cut a pair in two: its halves come in two chunks, and belong together.
 * The first is held back until the next text of the same place; half a pair by itself becomes U+FFFD.
 */
export function trackHalves(): Halves {
  const held = new Map<string, string>();

  function mendText(holder: JsonObject, name: string, place: string): boolean {
    const said = holder[name];
    if (typeof said !== 'string' || said === '') return false;
    const text = (held.get(place) ?? '') + said;
    held.delete(place);
    const half = HIGH_AT_END.exec(text)?.[0];
    if (half !== undefined) held.set(place, half);
    holder[name] = half === undefined ? text : text.slice(0, -1);
    return holder[name] !== said;
  }

  /** Once the choice goes on elsewhere, the other half is not to come. */
  function endHalf(holder: JsonObject, name: string, place: string): boolean {
    if (!held.delete(place)) return false;
    holder[name] = `${holder[name] ?? ''}${REPLACEMENT}`;
    return true;
  }

  function mendChoice({ index, delta, finish_reason: reason }: ChunkChoice): boolean {
    const said = TEXTS.filter((name) => delta[name]);
    const goesOn = Boolean(reason) || (delta.tool_calls ?? []).length > 0;
    let changed = false;
    for (const name of TEXTS) {
      const place = `${index} ${name}`;
      changed = mendText(delta, name, place) || changed;
      if (goesOn || (said.length > 0 && !said.includes(name))) changed = endHalf(delta, name, place) || changed;
    }
    for (const [position, { index: call = position, function: called }] of (delta.tool_calls ?? []).entries()) {
      if (called !== undefined) changed = mendText(called, 'arguments', `${index} call ${call}`) || changed;
    }
    return changed;
  }

  return {
    mend(event) {
      if (held.size === 0 && !mayHoldHalves(event.text)) return;
      const { chunk } = event;
      let changed = false;
      for (const choice of chunk.choices) changed = mendChoice(choice) || changed;
      // What is printed as an escape now is half a pair, here or in any other member.
      if (mayHoldHalves(JSON.stringify(chunk)))
        event.chunk = wellFormed(chunk) as ChatChunk; // the same with other texts
      else if (changed) event.chunk = chunk;
    },
  };
}
