import type { ChatChunk, ChunkChoice, ToolCallDelta } from '../protocol/chat.ts';
import { distinctIds } from '../protocol/distinct-ids.ts';
import type { StepController, StreamEvent, StreamStep } from '../protocol/event.ts';
import { isObject, type JsonObject } from '../protocol/json.ts';
import { mendUsage } from '../protocol/usage.ts';
import { mapFinishReason, readFinishReason } from './finish-reason.ts';
import { trackHalves } from './halves.ts';
import { type ToolCall, type ToolCalls, trackToolCalls } from './tool-calls.ts';

/** What the normaliser is told of the provider. */
export interface ProviderTraits {
  /** Used for `created` where the provider sends none; Unix seconds. */
  created: number;
  /** Used for `id` where the provider sends none. */
  id: string;
  finishReasons: Readonly<Record<string, string>>;
  mendChunk?: ((chunk: ChatChunk) => boolean) | undefined;
}

/** How the choices ended, as far as the provider said. */
export interface Endings {
  /** True when there is a choice, and a finish reason for each. */
  isComplete(): boolean;
  /** The last finish reason, in OpenAI's words; `error` where the provider says that it failed. */
  readonly reason: string | null;
  readonly vendorReason: string | null;
}

/** The step that mends, and sees how the choices end. */
export interface Normalizer extends StreamStep {
  readonly endings: Endings;
}

interface ChoiceState {
  hasRole: boolean;
  isFinished: boolean;
  calls: ToolCalls;
  tellApart: (id: string) => string;
}

/** Sends `holder[name]` the first time it says something, and takes it out every other time. True when it changed. */
function sendOnce(call: ToolCall, holder: JsonObject, name: string): boolean {
  if (holder[name] === undefined) return false;
  if (typeof holder[name] === 'string' && holder[name].trim() !== '' && !call.sent.has(name)) {
    call.sent.add(name);
    return false;
  }
  delete holder[name];
  return true;
}

/** Clients answer a call by its id: where two calls have one, the second is told apart. */
function sendId({ tellApart }: ChoiceState, call: ToolCall, delta: ToolCallDelta): boolean {
  const { id } = delta;
  const changed = sendOnce(call, delta, 'id');
  if (changed || id === undefined) return changed;
  call.id = tellApart(id);
  delta.id = call.id;
  return call.id !== id;
}

/** Index on every tool delta; id, type and name once each: strict clients join repeated texts. */
function mendCalls(state: ChoiceState, deltas: ToolCallDelta[]): boolean {
  let changed = false;
  for (const delta of deltas) {
    const { call, isRepeat } = state.calls.place(delta);
    if (delta.index !== call.index) {
      delta.index = call.index;
      changed = true;
    }
    if (isRepeat && delta.function !== undefined) {
      delta.function.arguments = '';
      changed = true;
    }
    if (!delta.type && !call.sent.has('type')) {
      delta.type = 'function';
      changed = true;
    }
    changed = sendId(state, call, delta) || changed;
    changed = sendOnce(call, delta, 'type') || changed;
    if (isObject(delta.function)) changed = sendOnce(call, delta.function, 'name') || changed;
  }
  return changed;
}

/** A call that never got an id is given one at the end. */
function nameCalls({ calls: { calls }, tellApart }: ChoiceState, { delta }: ChunkChoice, answerId: string): boolean {
  const nameless = calls.filter((call) => call.id === null);
  if (nameless.length === 0) return false;
  const named = nameless.map((call) => {
    const id = tellApart(`call_${answerId}_${call.index}`);
    call.id = id;
    return { index: call.index, id, function: {} };
  });
  delta.tool_calls = [...(delta.tool_calls ?? []), ...named];
  return true;
}

/** Role on the first delta and nowhere else. */
function mendRole(state: ChoiceState, choice: ChunkChoice): boolean {
  const { delta } = choice;
  if (!state.hasRole) {
    state.hasRole = true;
    if (delta.role === 'assistant') return false;
    choice.delta = { ...delta, role: 'assistant' };
    return true;
  }
  if (delta.role === undefined) return false;
  delete delta.role;
  return true;
}

function mendEnvelope(chunk: ChatChunk, traits: ProviderTraits): boolean {
  let changed = false;
  if (chunk['object'] !== 'chat.completion.chunk') {
    chunk['object'] = 'chat.completion.chunk';
    changed = true;
  }
  if (typeof chunk['created'] !== 'number') {
    chunk['created'] = traits.created;
    changed = true;
  }
  if (typeof chunk['id'] !== 'string' || chunk['id'] === '') {
    chunk['id'] = traits.id;
    changed = true;
  }
  if (chunk['model'] != null && typeof chunk['model'] !== 'string') {
    delete chunk['model'];
    changed = true;
  }
  return mendUsage(chunk) || changed;
}

/**
 * The first step of every stream: makes a provider's chunks what strict OpenAI clients need
 * (openai-node's and openai-python's stream helpers, the AI SDK), and changes nothing that is right already.
 */
export function createNormalizer(traits: ProviderTraits): Normalizer {
  const states = new Map<number, ChoiceState>();
  const halves = trackHalves();
  const endings = {
    isComplete: () => states.size > 0 && [...states.values()].every((state) => state.isFinished),
    reason: null as string | null, // widened: it is set below
    vendorReason: null as string | null, // likewise
  };

  function mendFinish(state: ChoiceState, choice: ChunkChoice): boolean {
    const said = readFinishReason(choice.finish_reason);
    const reason = said === null ? null : mapFinishReason(said, traits.finishReasons);
    if (said !== null) {
      state.isFinished = true;
      endings.reason = reason;
      endings.vendorReason = said;
    }
    const named = said !== null && nameCalls(state, choice, traits.id);
    // Null and nothing say the same.
    if (reason === (choice.finish_reason ?? null)) return named;
    choice.finish_reason = reason;
    return true;
  }

  function mendChoice(choice: ChunkChoice): boolean {
    let state = states.get(choice.index);
    if (state === undefined) {
      state = { hasRole: false, isFinished: false, calls: trackToolCalls(), tellApart: distinctIds() };
      states.set(choice.index, state);
    }
    let changed = mendRole(state, choice);
    const calls = choice.delta.tool_calls;
    if (calls) changed = mendCalls(state, calls) || changed;
    return mendFinish(state, choice) || changed;
  }

  return {
    endings,
    transform(event: StreamEvent, controller: StepController) {
      halves.mend(event);
      const { chunk } = event;
      let changed = traits.mendChunk?.(chunk) ?? false;
      changed = mendEnvelope(chunk, traits) || changed;
      for (const choice of chunk.choices) changed = mendChoice(choice) || changed;
      if (changed) event.chunk = chunk;
      controller.enqueue(event);
    },
    repeat: () => true,
  };
}
