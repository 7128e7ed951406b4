import type { Printer } from '../dialects/dialect.ts';
import { ownFault, type RouterError } from '../protocol/errors.ts';
import { openSource, type Source } from '../stream/source.ts';
import { answerHeaders } from './answer-headers.ts';
import { atMost } from './at-most.ts';
import { brokenOff, callOnce, type Failure, type Tried, tryProvider, unreachable } from './attempts.ts';
import { addCheckpoints } from './checkpoints.ts';
import { answerFacts, type Exchange, servedBy } from './exchange.ts';
import { openReader, type Reader } from './open-reading.ts';
import { NOTHING_TOLD, type Outcome, outcomeOf, type Told } from './outcome.ts';
import { openProviderLine, type ProviderLine } from './provider-line.ts';
import { relay } from './relay.ts';
import { settleFirst } from './settle-first.ts';
import { openSink, type Sink } from './sink.ts';
import { watchAdmission } from './watch-admission.ts';

const encoder = new TextEncoder();
// The end of a body comes with its last word, or a moment after.
const LONGEST_LINGER_MS = 50;

/** A streamed answer under way. */
interface Run {
  exchange: Exchange;
  line: ProviderLine;
  sink: Sink;
  printer: Printer;
  reader: Reader | null;
  firstTokenAt: number | null;
  /** True once the client has its status: from then on a failure is an error frame. */
  isCommitted: boolean;
  answer: PromiseWithResolvers<Response>;
}

/** Gives the client its status. The ledger's word comes first: after a no, not a byte goes out. */
async function commit(run: Run): Promise<void> {
  const admission = await run.exchange.admission;
  if (run.isCommitted) return;
  const no = run.line.stopped();
  if (no !== null) throw no;
  run.isCommitted = true;
  run.line.watch.rearm();
  const headers = {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    ...answerHeaders(run.exchange, admission),
  };
  run.answer.resolve(new Response(run.sink.readable, { headers }));
  await say(run, run.printer.begin());
}

/** Words of the printer's own; none where it has nothing to say. */
async function say({ sink }: Pick<Run, 'sink'>, text: string): Promise<void> {
  if (text !== '') await sink.write(encoder.encode(text));
}

function addClientAlarms(run: Run): void {
  const { exchange, line, printer, sink } = run;
  let commitAt = exchange.startedAt + exchange.config.commitAfterMs;
  line.watch.add({
    due: () => (run.isCommitted ? Number.POSITIVE_INFINITY : commitAt),
    ring() {
      commitAt = Number.POSITIVE_INFINITY;
      commit(run).catch(line.stop);
    },
  });
  line.watch.add({
    due: () =>
      run.isCommitted && !sink.isGone ? sink.writtenAt + exchange.config.keepAliveMs : Number.POSITIVE_INFINITY,
    ring: () => sink.keepAlive(encoder.encode(printer.keepAlive())),
  });
}

function noteFirstToken(run: Run, { reading }: Reader): void {
  if (run.firstTokenAt === null && reading.hasToken) run.firstTokenAt = Date.now();
}

/** A body that is read to its end leaves the connection open for the next request; a provider that lingers is cut off. */
async function letGo(source: Source): Promise<void> {
  await atMost(LONGEST_LINGER_MS, source.read(0));
  await source.cancel('done').catch(() => undefined);
}

/** One try: calls the provider, and relays what it says to the end. */
async function tryOnce(run: Run): Promise<Tried<Reader>> {
  const { exchange, line, printer, sink } = run;
  line.calling();
  const called = await callOnce(exchange, line.signal);
  if (called.kind === 'failed') {
    line.refused();
    return called;
  }
  const { body } = called.value;
  printer.leg(servedBy(exchange));
  const reader = openReader(exchange, printer);
  run.reader = reader;
  if (body === null) return failed(reader, brokenOff());
  const source = openSource(body, line.signal);
  const end = await relay({
    source,
    translator: reader.translator,
    sink,
    commit: () => commit(run),
    waiting() {
      noteFirstToken(run, reader);
      line.waiting();
    },
    received: line.received,
    stopped: line.stopped,
    readBody: reader.readBody,
    broken: unreachable,
  });
  // A stream that came whole in one read was never waited for again.
  noteFirstToken(run, reader);
  exchange.runAfter('let the provider go', letGo(source));
  // When every choice has finished the answer is complete, even if the provider then breaks off or falls silent.
  if (run.isCommitted && reader.endings.isComplete() && !reader.hasComplained()) {
    return { kind: 'answered', value: reader };
  }
  return failed(reader, end.kind === 'failed' ? end.error : brokenOff());
}

function failed(reader: Reader, error: RouterError): Tried<Reader> {
  // A 200 that holds nothing but an error is a refusal: nothing was used.
  const accepted = reader.translator.hasChoice || !reader.hasComplained();
  return { kind: 'failed', failure: { error, status: 200, accepted } };
}

function toldBy(reader: Reader | null): Told {
  if (reader === null) return NOTHING_TOLD;
  const { reading, endings } = reader;
  const { usage, bytes } = reading;
  return { usage, bytes, finishReason: endings.reason, vendorFinishReason: endings.vendorReason };
}

function outcomeSoFar(run: Run, failure: Failure | null, isRefused: boolean): Outcome {
  const { firstTokenAt, isCommitted, line, reader } = run;
  return outcomeOf(failure, toldBy(reader), { isClientGone: line.isClientGone, isRefused, isCommitted, firstTokenAt });
}

/** The last words to the client: what was held back, the settlement, and how it ended. */
async function finish(run: Run, tried: Tried<Reader>): Promise<void> {
  const { exchange, sink, line } = run;
  const failure = tried.kind === 'failed' ? tried.failure : null;
  const isRefused = failure !== null && (await exchange.admission)?.kind === 'refused';
  const outcome = outcomeSoFar(run, failure, isRefused);
  const rest = run.reader?.translator.flush() ?? null;
  if (failure === null) {
    if (rest !== null) await sink.write(rest);
    await say(run, run.printer.end(await settleFirst(exchange, outcome)));
    return sink.close();
  }
  // While nothing has gone out the answer becomes an error: a commit that comes due meanwhile finds the line cut.
  if (!run.isCommitted) line.stop(failure.error);
  else if (rest !== null && run.reader?.translator.hasChoice) await sink.write(rest);
  await settleFirst(exchange, outcome);
  await endWith(run, failure.error);
}

/** The end that is an error: of the answer, or of the stream that has begun. */
async function endWith(run: Run, error: RouterError): Promise<void> {
  if (!run.isCommitted) return run.answer.reject(error);
  await say(run, run.printer.fail(error));
  await run.sink.close();
}

async function drive(run: Run): Promise<void> {
  const { exchange, line } = run;
  const deadline = exchange.startedAt + exchange.config.commitAfterMs;
  try {
    const tried = await tryProvider(
      exchange,
      () => tryOnce(run),
      (pause) => !run.isCommitted && !line.isClientGone && line.stopped() === null && Date.now() + pause < deadline,
    );
    await finish(run, tried);
  } catch (cause) {
    // A fault of ours: the client is not left waiting, and what the provider has done is billed.
    const failure = { error: ownFault(cause), status: 200, accepted: run.reader !== null };
    line.stop(failure.error);
    await settleFirst(exchange, outcomeSoFar(run, failure, false));
    await endWith(run, failure.error);
    throw cause;
  } finally {
    line.close();
  }
}

/** Answers with a stream. The provider is driven by a job of its own, so that a client that leaves is billed all the same. */
export function answerWithStream(exchange: Exchange): Promise<Response> {
  const line = openProviderLine(exchange.config);
  const sink = openSink(line.clientLeft);
  const answer = Promise.withResolvers<Response>();
  const printer = exchange.reading.openPrinter(answerFacts(exchange));
  const run: Run = { exchange, line, sink, printer, reader: null, firstTokenAt: null, isCommitted: false, answer };
  exchange.onClientLeft(sink.abandon);
  addClientAlarms(run);
  addCheckpoints(exchange, line, () => run.reader?.reading.bytes ?? 0);
  watchAdmission(exchange, line);
  exchange.runAfter('stream', drive(run));
  return answer.promise;
}
