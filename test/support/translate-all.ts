import { openChatPrinter } from '../../src/dialects/chat/printer.ts';
import { RouterError } from '../../src/protocol/errors.ts';
import type { EventPrinter, StreamStep } from '../../src/protocol/event.ts';
import { readUsage, type Usage } from '../../src/protocol/usage.ts';
import { chainSteps } from '../../src/stream/chain.ts';
import { createMeter } from '../../src/stream/meter.ts';
import { createNormalizer } from '../../src/stream/normalize.ts';
import { createTranslator, type Progress } from '../../src/stream/translate.ts';

export interface Translated {
  text: string;
  progress: Progress['kind'];
  usage: Usage | null;
  bytes: number;
  isComplete: boolean;
  finishReason: string | null;
}

function join(pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

/** Runs pieces of a body through the stream's pure heart, as the relay does. */
export function translateAll(
  pieces: readonly Uint8Array[],
  step?: StreamStep,
  wantsUsage = true,
  printer: EventPrinter = openChatPrinter(),
): Translated {
  const normalizer = createNormalizer({ id: 'req_1', created: 1, finishReasons: {} });
  const meter = createMeter({ wantsUsage, isFinished: normalizer.endings.isComplete, readUsage, toolUses: null });
  const translator = createTranslator({
    printer,
    chain: chainSteps(step === undefined ? [normalizer, meter] : [normalizer, meter, step]),
    readError: (body) => new RouterError('upstream_error', JSON.stringify(body)),
    failure: () => null,
  });
  const output: Uint8Array[] = [];
  let rest = new Uint8Array(0);
  let progress: Progress = { kind: 'open' };
  for (const piece of pieces) {
    const bytes = join([rest, piece]);
    const result = translator.push(bytes, rest.length);
    if (result.output !== null) output.push(result.output.slice());
    rest = bytes.slice(result.consumed);
    progress = result.progress;
    if (progress.kind !== 'open') break;
  }
  if (progress.kind === 'open') {
    const result = translator.end(rest);
    if (result.output !== null) output.push(result.output);
    progress = result.progress;
  }
  const last = translator.flush();
  if (last !== null) output.push(last);
  return {
    text: new TextDecoder().decode(join(output)),
    progress: progress.kind,
    usage: meter.reading.usage,
    bytes: meter.reading.bytes,
    isComplete: normalizer.endings.isComplete(),
    finishReason: normalizer.endings.reason,
  };
}

/** A body cut into pieces of `size` bytes. */
export function cutEvery(body: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < body.length; start += size) pieces.push(body.slice(start, start + size));
  return pieces;
}
