import { readInput } from '../../dialects/shared/custom-input.ts';
import { raiseCalls } from '../../dialects/shared/raise-calls.ts';
import type { ChatChunk, ChatCompletion, ChunkChoice, Delta } from '../../protocol/chat.ts';
import { type RepeatedTexts, StreamEvent, type StreamStep, type TextField } from '../../protocol/event.ts';
import { isObject } from '../../protocol/json.ts';
import { takeReasoning } from '../../protocol/reasoning-field.ts';
import type { Recorder } from '../reasoning/recorder.ts';
import { type Frame, writeBlock } from './block.ts';
import { type ChoiceFold, foldChoice, type Repeats } from './choice-fold.ts';

/** How an answer is to look. */
export interface AnswerForm {
  /** The name the client asked for. */
  model: string;
  /** Null where reasoning is not shown. */
  frame: Frame | null;
  /** Names of tools whose calls carry bare text for the client. */
  customTools: ReadonlySet<string>;
  /** Null where nothing is to be remembered. */
  recorder: Recorder | null;
}

/** A chunk like `chunk`, with one delta and nothing that may be said only once. */
function chunkWith(chunk: ChatChunk, model: string, index: number, delta: Delta): ChatChunk {
  const sibling: ChatChunk = { ...chunk, model, choices: [{ index, delta, finish_reason: null }] };
  if ('usage' in sibling) sibling.usage = null;
  return sibling;
}

/** A role is said once, by the first chunk of a choice. */
function moveRole(from: Delta, to: Delta): Delta {
  const { role } = from;
  if (role === undefined) return to;
  delete from.role;
  return { role, ...to };
}

/** In escaped text the bracket of a tag stands as itself or as `\u003c`. */
function mayHoldTag(escaped: string): boolean {
  return escaped.includes('<') || escaped.includes('\\u003');
}

/** Streams an answer as Cursor can show it. */
export function showReasoning({ model, frame, customTools, recorder }: AnswerForm): StreamStep {
  const folds = new Map<number, ChoiceFold>();
  let latest: ChatChunk | null = null;
  let repeats: Repeats = null;

  function foldOf({ index }: ChunkChoice): ChoiceFold {
    const fold = folds.get(index) ?? foldChoice(frame, raiseCalls(customTools));
    folds.set(index, fold);
    return fold;
  }

  function closeAll(chunk: ChatChunk): StreamEvent[] {
    const closed: StreamEvent[] = [];
    for (const [index, fold] of folds) {
      const delta = fold.close();
      if (delta !== null) closed.push(new StreamEvent(chunkWith(chunk, model, index, delta)));
    }
    return closed;
  }

  return {
    transform(event, controller) {
      const { chunk } = event;
      recorder?.observe(chunk);
      latest = chunk;
      repeats = null;
      let isEmpty = !chunk.usage && chunk.choices.length > 0;
      for (const choice of chunk.choices) {
        const folded = foldOf(choice).fold(choice.delta, Boolean(choice.finish_reason));
        if (folded.ahead !== null) {
          const ahead = moveRole(choice.delta, folded.ahead);
          controller.enqueue(new StreamEvent(chunkWith(chunk, model, choice.index, ahead)));
        }
        isEmpty &&= folded.isEmpty;
        repeats = chunk.choices.length === 1 ? folded.repeats : null;
      }
      if (chunk.choices.length === 0 && chunk.usage) for (const closed of closeAll(chunk)) controller.enqueue(closed);
      if (isEmpty) return;
      chunk['model'] = model;
      event.chunk = chunk;
      controller.enqueue(event);
    },
    flush(controller) {
      recorder?.end();
      if (latest !== null) for (const closed of closeAll(latest)) controller.enqueue(closed);
    },
    repeat(field: TextField, texts: RepeatedTexts) {
      if (repeats === null || (field === 'content') !== (repeats === 'content')) return false;
      const text = texts.read();
      if (repeats === 'shown reasoning' && mayHoldTag(text)) return false;
      recorder?.repeat(field, text);
      return true;
    },
  };
}

/** The same for an answer that comes whole. */
export function showWholeReasoning(
  completion: ChatCompletion,
  { model, frame, customTools, recorder }: AnswerForm,
): ChatCompletion {
  recorder?.observeCompletion(completion);
  for (const { message } of completion.choices) {
    const reasoning = takeReasoning(message);
    const text = typeof message.content === 'string' ? message.content : '';
    if (reasoning && frame !== null) message.content = writeBlock(frame, reasoning) + text;
    const calls: unknown[] = Array.isArray(message.tool_calls) ? message.tool_calls : [];
    for (const { function: called } of calls.filter(isObject)) {
      if (!isObject(called) || typeof called['name'] !== 'string' || !customTools.has(called['name'])) continue;
      if (typeof called['arguments'] === 'string') called['arguments'] = readInput(called['arguments']);
    }
  }
  completion['model'] = model;
  return completion;
}
