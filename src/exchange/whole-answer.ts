import type { WholeAnswer } from '../dialects/dialect.ts';
import { readCompletion } from '../protocol/completion.ts';
import { ownFault, type RouterError } from '../protocol/errors.ts';
import { textBytes } from '../protocol/estimate.ts';
import { nanoToUsd } from '../protocol/money.ts';
import { redactBody } from '../protocol/redact.ts';
import { readUsage } from '../protocol/usage.ts';
import { failedFinish } from '../providers/failure.ts';
import type { Provider } from '../providers/provider.ts';
import { type NormalCompletion, normalizeCompletion } from '../stream/normalize-completion.ts';
import { openSource } from '../stream/source.ts';
import { answerHeaders } from './answer-headers.ts';
import { brokenOff, callOnce, type Tried, tryProvider, unreachable } from './attempts.ts';
import { addCheckpoints } from './checkpoints.ts';
import { answerFacts, type Exchange, servedBy } from './exchange.ts';
import { NOTHING_TOLD, outcomeOf, type Told } from './outcome.ts';
import { openProviderLine, type ProviderLine } from './provider-line.ts';
import { refusal } from './refusal.ts';
import { readWhole } from './relay.ts';
import { settleFirst } from './settle-first.ts';
import { watchAdmission } from './watch-admission.ts';

interface Whole extends NormalCompletion {
  /** The answer as the provider wrote it. */
  text: string;
  /** Where no finish reason came, or one that says that the provider failed: the work is done, and billed. */
  error: RouterError | null;
}

/** A failure after the provider had taken the request on, which is billed. */
function failedAtWork(error: RouterError): Tried<never> {
  return { kind: 'failed', failure: { error, status: 200, accepted: true } };
}

function failureIn(provider: Provider, { isComplete, finishReason, vendorFinishReason }: NormalCompletion) {
  if (finishReason === 'error') return provider.error(failedFinish(vendorFinishReason));
  return isComplete ? null : brokenOff();
}

/** Reads a whole body: blank lines that a provider sends while one waits are life, and no part of the answer. */
async function readAnswer(
  exchange: Exchange,
  line: ProviderLine,
  body: ReadableStream<Uint8Array>,
): Promise<Tried<Whole>> {
  const { apiKey, provider } = exchange.target.configured;
  const source = openSource(body, line.signal);
  let text: string;
  try {
    text = await readWhole(source, new Uint8Array(0), { ...line, broken: unreachable });
  } catch (cause) {
    void source.cancel(cause).catch(() => undefined);
    return failedAtWork(unreachable(cause));
  }
  const read = readCompletion(text);
  if (read.kind === 'cut') return failedAtWork(brokenOff());
  if (read.kind !== 'completion') {
    // A good status that holds an error is a refusal: nothing was used, or else it says what.
    const error = provider.error({ status: 200, body: redactBody(text, [apiKey]), retryAfter: null });
    const usage = read.kind === 'error' ? readUsage(read.body['usage']) : null;
    return { kind: 'failed', failure: { error, status: 200, accepted: false, usage } };
  }
  const mended = provider.mendCompletion?.(read.completion) ?? false;
  const normal = normalizeCompletion(read.completion, {
    id: exchange.requestId,
    created: Math.floor(exchange.startedAt / 1000),
    finishReasons: provider.finishReasons,
  });
  const changed = read.mended || mended || normal.changed;
  return { kind: 'answered', value: { ...normal, changed, error: failureIn(provider, normal), text: text.trim() } };
}

async function tryOnce(exchange: Exchange, line: ProviderLine): Promise<Tried<Whole>> {
  line.calling();
  const called = await callOnce(exchange, line.signal);
  if (called.kind === 'failed') {
    line.refused();
    return called;
  }
  return readAnswer(exchange, line, called.value.body ?? new Blob([]).stream());
}

function toldBy(tried: Tried<Whole>): Told {
  if (tried.kind === 'failed') return { ...NOTHING_TOLD, usage: tried.failure.usage ?? null };
  const { completion, finishReason, vendorFinishReason } = tried.value;
  const usage = readUsage(completion.usage);
  const estimated = usage === null ? completion.choices : [];
  const bytes = estimated.reduce((sum, choice) => sum + textBytes(JSON.stringify(choice.message)), 0);
  return { usage, bytes, finishReason, vendorFinishReason };
}

/** A fault of ours is reported, and what the provider did is billed all the same. */
function ownFailure(exchange: Exchange, cause: unknown): Tried<never> {
  exchange.runAfter('completion', Promise.reject(cause));
  return failedAtWork(ownFault(cause));
}

/** What the pipeline makes of the answer; its text is the provider's own where nothing was changed. */
function convert(exchange: Exchange, whole: Whole): Tried<Pick<WholeAnswer, 'completion' | 'text'>> {
  if (whole.error !== null) return failedAtWork(whole.error);
  const { completion } = exchange.conversation;
  if (completion === undefined) {
    return { kind: 'answered', value: { completion: whole.completion, text: whole.changed ? null : whole.text } };
  }
  try {
    return { kind: 'answered', value: { completion: completion(whole.completion), text: null } };
  } catch (cause) {
    return ownFailure(exchange, cause);
  }
}

async function run(exchange: Exchange, line: ProviderLine): Promise<Response> {
  const tried = await tryProvider(
    exchange,
    () => tryOnce(exchange, line),
    () => !line.isClientGone && line.stopped() === null,
  ).catch((cause: unknown) => ownFailure(exchange, cause));
  const converted = tried.kind === 'answered' ? convert(exchange, tried.value) : tried;
  const admission = await exchange.admission;
  const isRefused = admission?.kind === 'refused';
  // The ledger's no comes first, whatever the provider has said meanwhile.
  const no = isRefused ? refusal(admission, exchange.requestedModel) : null;
  const failure =
    converted.kind === 'failed' ? converted.failure : no === null ? null : { error: no, status: 200, accepted: false };
  const { isClientGone } = line;
  const settlement = await settleFirst(
    exchange,
    outcomeOf(failure, toldBy(tried), { isClientGone, isRefused, isCommitted: false, firstTokenAt: null }),
  );
  if (converted.kind === 'failed' || failure !== null) throw no ?? failure?.error;
  const answer = { ...converted.value, served: servedBy(exchange), ending: settlement };
  return new Response(exchange.reading.printWhole(answer, answerFacts(exchange)), {
    headers: {
      'content-type': 'application/json',
      'x-llm-cost-usd': nanoToUsd(settlement.costNanoUsd),
      ...answerHeaders(exchange, admission),
    },
  });
}

/** Answers with one JSON body. The job outlives a client that leaves, as with streams. */
export async function answerWhole(exchange: Exchange): Promise<Response> {
  const line = openProviderLine(exchange.config);
  exchange.onClientLeft(line.clientLeft);
  addCheckpoints(exchange, line, () => 0);
  watchAdmission(exchange, line);
  const job = run(exchange, line).finally(line.close);
  exchange.runAfter(
    'completion',
    job.then(
      () => undefined,
      () => undefined,
    ),
  );
  return job;
}
