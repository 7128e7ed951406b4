import type { ChatChunk } from '../protocol/chat.ts';
import { type StepController, StreamEvent, type StreamStep } from '../protocol/event.ts';
import { readUsage, type Usage } from '../protocol/usage.ts';

/** What a stream has told so far. */
export interface Reading {
  /** The vendor's own numbers, the last ones it gave; null while it gave none. */
  usage: Usage | null;
  /** Characters of text, reasoning and tool arguments that the vendor sent. */
  characters: number;
  /** True once a delta carried anything of the model. */
  hasToken: boolean;
}

/** The step that counts. */
export interface Meter extends StreamStep {
  readonly reading: Reading;
}

function charactersOf(chunk: ChatChunk): number {
  let characters = 0;
  for (const { delta } of chunk.choices) {
    characters += (delta.content?.length ?? 0) + (delta.reasoning_content?.length ?? 0);
    for (const call of delta.tool_calls ?? []) {
      characters += (call.function?.name?.length ?? 0) + (call.function?.arguments?.length ?? 0);
    }
  }
  return characters;
}

/**
 * Counts what the vendor said, before any pipeline changes it, and keeps usage-only chunks back:
 * the last one goes out at the end if `wantsUsage`, and none otherwise.
 * Usage that rides on another chunk stays there. The last usage seen is the bill; usages are never added up.
 */
export function createMeter(wantsUsage: boolean, isFinished: () => boolean): Meter {
  const reading: Reading = { usage: null, characters: 0, hasToken: false };
  let usageOnly: ChatChunk | null = null;

  return {
    reading,
    transform(event: StreamEvent, controller: StepController) {
      const { chunk } = event;
      if (chunk.usage) {
        reading.usage = readUsage(chunk.usage) ?? reading.usage;
        if (chunk.choices.length === 0) {
          usageOnly = chunk;
          return;
        }
      }
      const characters = charactersOf(chunk);
      if (characters > 0) {
        reading.characters += characters;
        reading.hasToken = true;
      }
      controller.enqueue(event);
    },
    flush(controller: StepController) {
      if (usageOnly !== null && wantsUsage && isFinished()) controller.enqueue(new StreamEvent(usageOnly));
    },
    repeat(_field, text) {
      // An escape stands for one character; the count must not depend on which way an event went.
      reading.characters += text.includes('\\') ? String(JSON.parse(`"${text}"`)).length : text.length;
      return true;
    },
  };
}
