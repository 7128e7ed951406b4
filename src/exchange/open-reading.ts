import type { Printer } from '../dialects/dialect.ts';
import { completionAsStream, readCompletion } from '../protocol/completion.ts';
import type { RouterError } from '../protocol/errors.ts';
import { withoutHalves } from '../protocol/half-surrogates.ts';
import type { JsonObject } from '../protocol/json.ts';
import { countToolUses, NO_USES, type ToolUses } from '../protocol/tool-uses.ts';
import { secretsOf } from '../providers/credentials.ts';
import { failedFinish, failureIn200 } from '../providers/failure.ts';
import { chainSteps } from '../stream/chain.ts';
import { createMeter, type Reading } from '../stream/meter.ts';
import { createNormalizer, type Endings } from '../stream/normalize.ts';
import { createTranslator, type Translator } from '../stream/translate.ts';

import type { Conversing } from './exchange.ts';
import { brokenOff } from './provider-failure.ts';
import type { BodyAsStream } from './relay.ts';

/** All that one try of a stream passes through, and what it has told. */
export interface Reader {
  translator: Translator;
  reading: Reading;
  /** How often the provider's own tools ran. */
  toolUses(): ToolUses;
  endings: Endings;
  /** A whole body that came in place of a stream; failed where it holds an error, or was cut. */
  readWholeBody(text: string): BodyAsStream;
  /** True once the provider itself has said that it failed. */
  hasComplained(): boolean;
}

/** Provider normaliser → meter → pipeline: the meter counts what the provider said, not what the client saw. */
export function openReader(exchange: Conversing, printer: Printer): Reader {
  const { configured } = exchange.leg.target;
  const { provider } = configured;
  const { step } = exchange.leg.conversation;
  const normalizer = createNormalizer({
    id: exchange.incoming.requestId,
    created: Math.floor(exchange.incoming.startedAt / 1000),
    finishReasons: provider.finishReasons,
    mendChunk: provider.mendChunk,
  });
  const { endings } = normalizer;
  const { ask, leg } = exchange;
  const toolUses = leg.pricedTools.length === 0 ? null : countToolUses(leg.pricedTools);
  const wantsUsage = ask.request.stream_options?.include_usage === true;
  const meter = createMeter({ wantsUsage, isFinished: endings.isComplete, readUsage: provider.readUsage, toolUses });
  let hasComplained = false;

  /** A complaint may come with what was used all the same. */
  function complain(body: string, usage?: unknown): RouterError {
    hasComplained = true;
    meter.reading.usage = provider.readUsage(usage) ?? meter.reading.usage;
    return provider.error(failureIn200(body, secretsOf(configured)));
  }

  const translator = createTranslator({
    printer,
    chain: chainSteps(step === undefined ? [normalizer, meter] : [normalizer, meter, step]),
    readError: (body: JsonObject) => complain(JSON.stringify(body), body['usage']),
    failure() {
      if (endings.reason !== 'error') return null;
      hasComplained = true;
      return provider.error(failedFinish(endings.vendorReason));
    },
  });

  function readWholeBody(text: string): BodyAsStream {
    const body = readCompletion(withoutHalves(text));
    if (body.kind === 'cut') return { kind: 'failed', error: brokenOff() };
    if (body.kind === 'error') return { kind: 'failed', error: complain(text, body.body['usage']) };
    if (body.kind === 'garbage') return { kind: 'failed', error: complain(text) };
    provider.mendCompletion?.(body.completion);
    return { kind: 'frames', frames: completionAsStream(body.completion) };
  }

  return {
    translator,
    reading: meter.reading,
    toolUses: () => toolUses?.uses() ?? NO_USES,
    endings,
    readWholeBody,
    hasComplained: () => hasComplained,
  };
}
