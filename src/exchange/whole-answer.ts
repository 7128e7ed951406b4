import type { WholeAnswer } from '../dialects/dialect.ts';
import { readCompletion } from '../protocol/completion.ts';
import { withoutHalves } from '../protocol/half-surrogates.ts';
import { textBytes } from '../protocol/text-bytes.ts';
import { countToolUses } from '../protocol/tool-uses.ts';
import { secretsOf } from '../providers/credentials.ts';
import { failedFinish, failureIn200 } from '../providers/failure.ts';
import type { Provider } from '../providers/provider.ts';
import { type NormalCompletion, normalizeCompletion } from '../stream/normalize-completion.ts';
import { answerWithBody, failedAt200, type WholeReader } from './answer-with-body.ts';
import type { Tried } from './attempts.ts';
import { answerFacts, type Conversing, servedBy } from './exchange.ts';
import type { Leg } from './leg.ts';
import { NOTHING_TOLD, type Told } from './outcome.ts';
import { brokenOff } from './provider-failure.ts';

/** What was read of a provider's whole answer. */
interface Whole {
  told: Told;
  /** What the client gets of it; null where it is no answer. */
  answer: Pick<WholeAnswer, 'completion' | 'text'> | null;
}

function toldBy(
  { pricedTools, target }: Leg,
  { completion, finishReason, vendorFinishReason }: NormalCompletion,
): Told {
  const usage = target.configured.provider.readUsage(completion.usage);
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
function readAnswer(exchange: Conversing, body: string, whole: Whole): Tried {
  const { configured } = exchange.leg.target;
  const { provider } = configured;
  const text = withoutHalves(body);
  const read = readCompletion(text);
  if (read.kind === 'cut') return failedAt200(brokenOff(), true);
  if (read.kind !== 'completion') {
    // A good status that holds an error is a refusal: nothing was used, or else it says what.
    const usage = read.kind === 'error' ? provider.readUsage(read.body['usage']) : null;
    whole.told = { ...NOTHING_TOLD, usage };
    return failedAt200(provider.error(failureIn200(text, secretsOf(configured))), false);
  }
  const mended = provider.mendCompletion?.(read.completion) ?? false;
  const normal = normalizeCompletion(read.completion, {
    id: exchange.incoming.requestId,
    created: Math.floor(exchange.incoming.startedAt / 1000),
    finishReasons: provider.finishReasons,
  });
  whole.told = toldBy(exchange.leg, normal);
  const error = failureIn(provider, normal);
  if (error !== null) return failedAt200(error, true);
  const isAsWritten = !(read.mended || mended || normal.changed);
  const { completion } = exchange.leg.conversation;
  whole.answer =
    completion === undefined
      ? { completion: normal.completion, text: isAsWritten ? text.trim() : null }
      : { completion: completion(normal.completion), text: null };
  return null;
}

/** Reads a conversation's answer, and prints it as its door's clients read it. */
function openConversationReader(exchange: Conversing): WholeReader {
  const whole: Whole = { told: NOTHING_TOLD, answer: null };
  return {
    read: (text) => readAnswer(exchange, text, whole),
    told: () => whole.told,
    print(settlement) {
      if (whole.answer === null) throw new Error('an answer that was never read cannot be sent');
      const answer = { ...whole.answer, served: servedBy(exchange.leg), ending: settlement };
      return exchange.ask.reading.printWhole(answer, answerFacts(exchange));
    },
  };
}

/** Answers with one JSON body. */
export function answerWhole(exchange: Conversing): Promise<Response> {
  return answerWithBody(exchange, () => openConversationReader(exchange));
}
