import type { ChatChunk } from '../protocol/chat.ts';
import { type StepController, StreamEvent, type StreamStep } from '../protocol/event.ts';
import { textBytes } from '../protocol/text-bytes.ts';
import type { ToolUseCounter } from '../protocol/tool-uses.ts';
import type { Usage } from '../protocol/usage.ts';

/** What a stream has told so far. */
export interface Reading {
  /** The provider's own numbers, the last ones it gave; null while it gave none. */
  usage: Usage | null;
  /** Bytes of text, reasoning and tool calls that the provider sent, roughly: what an estimate is made of. */
  bytes: number;
  /** True once a delta carried anything of the model. */
  hasToken: boolean;
}

/** The step that counts. */
export interface Meter extends StreamStep {
  readonly reading: Reading;
}

/** Anything but text, which a provider may send all the same, counts nothing. */
function sizeOf(value: unknown): number {
  return typeof value === 'string' ? textBytes(value) : 0;
}

function bytesOf(chunk: ChatChunk): number {
  let bytes = 0;
  for (const { delta } of chunk.choices) {
    bytes += sizeOf(delta.content) + sizeOf(delta.reasoning_content);
    for (const call of delta.tool_calls ?? []) bytes += sizeOf(call.function?.name) + sizeOf(call.function?.arguments);
  }
  return bytes;
}

/** What the meter is told of the request and its provider. */
interface MeterTraits {
  wantsUsage: boolean;
  isFinished(): boolean;
  readUsage(usage: unknown): Usage | null;
  toolUses: ToolUseCounter | null;
}

/**
 * Counts what the provider said, before any pipeline changes it, and keeps usage-only chunks back:
 * the last one goes out at the end if `wantsUsage`, and none otherwise.
 * Usage that rides on another chunk stays there. The last usage seen is the bill; usages are never added up.
 * `toolUses` counts the provider's own tools, where the request has any.
 */
export function createMeter({ isFinished, readUsage, toolUses, wantsUsage }: MeterTraits): Meter {
  const reading: Reading = { usage: null, bytes: 0, hasToken: false };
  let usageOnly: ChatChunk | null = null;

  return {
    reading,
    transform(event: StreamEvent, controller: StepController) {
      const { chunk } = event;
      toolUses?.see(chunk);
      if (chunk.usage) {
        reading.usage = readUsage(chunk.usage) ?? reading.usage;
        if (chunk.choices.length === 0) {
          usageOnly = chunk;
          return;
        }
      }
      const bytes = bytesOf(chunk);
      if (bytes > 0) {
        reading.bytes += bytes;
        reading.hasToken = true;
      }
      controller.enqueue(event);
    },
    flush(controller: StepController) {
      if (usageOnly !== null && wantsUsage && isFinished()) controller.enqueue(new StreamEvent(usageOnly));
    },
    repeat(_field, texts) {
      reading.bytes += texts.bytes();
      return true;
    },
  };
}
