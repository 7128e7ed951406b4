import type { WholeAnswer } from '../dialects/dialect.ts';
import { readCompletion } from '../protocol/completion.ts';
import type { RouterError } from '../protocol/errors.ts';
import { textBytes } from '../protocol/estimate.ts';
import { withoutHalves } from '../protocol/half-surrogates.ts';
import { nanoToUsd } from '../protocol/money.ts';
import { countToolUses } from '../protocol/tool-uses.ts';
import { readUsage } from '../protocol/usage.ts';
import { failedFinish, failureIn200 } from '../providers/failure.ts';
import type { Provider } from '../providers/provider.ts';
import { type NormalCompletion, normalizeCompletion } from '../stream/normalize-completion.ts';
import { openSource } from '../stream/source.ts';
import { answerHeaders } from './answer-headers.ts';
import type { Tried } from './attempts.ts';
import { type ClientSide, drive } from './drive.ts';
import { answerFacts, type Exchange, servedBy } from './exchange.ts';
import { onClientLeft } from './incoming.ts';
import type { Leg } from './leg.ts';
import { NOTHING_TOLD, type Told } from './outcome.ts';
import { brokenOff } from './provider-failure.ts';
import type { ProviderLine } from './provider-line.ts';
import { readWhole } from './relay.ts';
import { errorOf, type Stop } from './stop.ts';

/** What was read of a provider's whole answer. */
interface Whole {
  told: Told;
  /** What the client gets of it; null where it is no answer. */
  answer: Pick<WholeAnswer, 'completion' | 'text'> | null;
}

function failed(error: RouterError, accepted: boolean): Tried {
  return { stop: { kind: 'provider_failed', error }, status: 200, accepted };
}

function toldBy({ pricedTools }: Leg, { completion, finishReason, vendorFinishReason }: NormalCompletion): Told {
  const usage = readUsage(completion.usage);
  const estimated = usage === null ? completion.choices : [];
  const bytes = estimated.reduce((sum, choice) => sum + textBytes(JSON.stringify(choice.message)), 0);
  const toolUses = countToolUses(pricedTools);
  toolUses.see(completion);
  return { usage, bytes, toolUses: toolUses.uses(), finishReason, vendorFinishReason };
}

/** Where no finish reason came, or one that says that the provider failed: the work is done, and billed. */
function failureIn(provider: Provider, { isComplete, finishReason, vendorFinishReason }: NormalCompletion) {
  if (finishReason === 'error') return provider.error(failedFinish(vendorFinishReason));
  return isComplete ? null : brokenOff();
}

/** Reads an answer's text: blank lines that a provider sends while one waits are life, and no part of it. */
function readAnswer(exchange: Exchange, body: string, whole: Whole): Tried {
  const { apiKey, provider } = exchange.leg.target.configured;
  const text = withoutHalves(body);
  const read = readCompletion(text);
  if (read.kind === 'cut') return failed(brokenOff(), true);
  if (read.kind !== 'completion') {
    // A good status that holds an error is a refusal: nothing was used, or else it says what.
    const usage = read.kind === 'error' ? readUsage(read.body['usage']) : null;
    whole.told = { ...NOTHING_TOLD, usage };
    return failed(provider.error(failureIn200(text, [apiKey])), false);
  }
  const mended = provider.mendCompletion?.(read.completion) ?? false;
  const normal = normalizeCompletion(read.completion, {
    id: exchange.incoming.requestId,
    created: Math.floor(exchange.incoming.startedAt / 1000),
    finishReasons: provider.finishReasons,
  });
  whole.told = toldBy(exchange.leg, normal);
  const error = failureIn(provider, normal);
  if (error !== null) return failed(error, true);
  const isAsWritten = !(read.mended || mended || normal.changed);
  const { completion } = exchange.leg.conversation;
  whole.answer =
    completion === undefined
      ? { completion: normal.completion, text: isAsWritten ? text.trim() : null }
      : { completion: completion(normal.completion), text: null };
  return null;
}

/** Takes an answer that comes, and goes on, as one body. */
function openWhole(exchange: Exchange, line: ProviderLine, answer: PromiseWithResolvers<Response>): ClientSide {
  const whole: Whole = { told: NOTHING_TOLD, answer: null };
  return {
    async take(body) {
      const source = openSource(body, line.signal);
      const read = await readWhole(source, new Uint8Array(0), line);
      if (read.kind === 'read') return readAnswer(exchange, read.text, whole);
      void source.cancel(read.stop.kind).catch(() => undefined);
      return { stop: read.stop, status: 200, accepted: true };
    },
    mayWait: () => true,
    told: () => whole.told,
    isCommitted: false,
    firstTokenAt: null,
    flush: async () => undefined,
    async finish(settlement) {
      if (whole.answer === null) throw new Error('an answer that was never read cannot be sent');
      const printed = exchange.ask.reading.printWhole(
        { ...whole.answer, served: servedBy(exchange), ending: settlement },
        answerFacts(exchange),
      );
      const headers = {
        'content-type': 'application/json',
        'x-llm-cost-usd': nanoToUsd(settlement.costNanoUsd),
        ...answerHeaders(exchange, await exchange.admission),
      };
      answer.resolve(new Response(printed, { headers }));
    },
    async fail(stop: Stop) {
      answer.reject(errorOf(stop));
    },
  };
}

/** Answers with one JSON body. The job outlives a client that leaves, as with streams. */
export function answerWhole(exchange: Exchange): Promise<Response> {
  const answer = Promise.withResolvers<Response>();
  drive(exchange, (line) => {
    onClientLeft(exchange.incoming.request, line.clientLeft);
    return openWhole(exchange, line, answer);
  });
  return answer.promise;
}
