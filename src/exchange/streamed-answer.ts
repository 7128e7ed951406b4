import type { Printer } from '../dialects/dialect.ts';
import type { Admission } from '../ledger/calls.ts';
import { openSource, type Source } from '../stream/source.ts';
import { answerHeaders } from './answer-headers.ts';
import { atMost } from './at-most.ts';
import type { Tried } from './attempts.ts';
import { type ClientSide, drive } from './drive.ts';
import { answerFacts, type Conversing, servedBy } from './exchange.ts';
import { openReader, type Reader } from './open-reading.ts';
import { NOTHING_TOLD, type Told } from './outcome.ts';
import { brokenOff } from './provider-failure.ts';
import type { ProviderLine } from './provider-line.ts';
import { relay } from './relay.ts';
import { openSink, type Sink } from './sink.ts';
import { errorOf, type Stop } from './stop.ts';

const encoder = new TextEncoder();
// The end of a body comes with its last word, or a moment after.
const LONGEST_LINGER_MS = 50;

/** A streamed answer under way. */
interface Streaming {
  exchange: Conversing;
  line: ProviderLine;
  sink: Sink;
  printer: Printer;
  /** The printer's first words: they go out with the status. */
  readonly firstWords: string;
  /** What reads the try that is under way; null while the provider has not answered. */
  reader: Reader | null;
  firstTokenAt: number | null;
  isCommitted: boolean;
  answer: PromiseWithResolvers<Response>;
}

/** Words of the printer's own; none where it has nothing to say. */
async function say({ sink }: Streaming, text: string): Promise<void> {
  if (text !== '') await sink.write(encoder.encode(text));
}

/** Gives the client its status. The ledger's word comes first: after a no, not a byte goes out. */
async function commit(streaming: Streaming): Promise<Stop | null> {
  const admission = await streaming.exchange.admission;
  if (streaming.isCommitted) return null;
  const stop = streaming.line.stopped();
  if (stop !== null) return stop;
  // The try under way is written down once it has ended.
  await giveStatus(streaming, streaming.exchange.attempts.length + 1, admission);
  return null;
}

async function giveStatus(streaming: Streaming, tries: number, admission: Admission | null): Promise<void> {
  const { answer, exchange, firstWords, line, sink } = streaming;
  streaming.isCommitted = true;
  line.timers.rearm();
  const headers = {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    ...answerHeaders(exchange, tries, admission),
  };
  answer.resolve(new Response(sink.readable, { headers }));
  await say(streaming, firstWords);
}

function addClientAlarms(streaming: Streaming): void {
  const { exchange, line, printer, sink } = streaming;
  let commitAt = exchange.incoming.startedAt + exchange.incoming.config.commitAfterMs;
  line.timers.add({
    due: () => (streaming.isCommitted ? Number.POSITIVE_INFINITY : commitAt),
    ring() {
      commitAt = Number.POSITIVE_INFINITY;
      exchange.incoming.runAfter('commit', commit(streaming));
    },
  });
  line.timers.add({
    due: () =>
      streaming.isCommitted && !sink.isGone()
        ? sink.writtenAt() + exchange.incoming.config.keepAliveMs
        : Number.POSITIVE_INFINITY,
    ring: () => sink.keepAlive(encoder.encode(printer.keepAlive())),
  });
  // Who takes nothing for as long as a provider may be silent has left, whatever the connection says.
  line.timers.add({
    due: () => (sink.stuckSince() ?? Number.POSITIVE_INFINITY) + exchange.incoming.config.idleTimeoutMs,
    ring: sink.abandon,
  });
}

function noteFirstToken(streaming: Streaming, { reading }: Reader): void {
  if (streaming.firstTokenAt === null && reading.hasToken) streaming.firstTokenAt = Date.now();
}

/** A body that is read to its end leaves the connection open for the next request; a provider that lingers is cut off. */
async function letGo(source: Source): Promise<void> {
  await atMost(LONGEST_LINGER_MS, source.read(0));
  await source.cancel('done').catch(() => undefined);
}

/** Relays what the provider says to the end. */
async function take(streaming: Streaming, body: ReadableStream<Uint8Array>): Promise<Tried> {
  const { exchange, line, printer, sink } = streaming;
  printer.leg(servedBy(exchange.leg));
  const reader = openReader(exchange, printer);
  streaming.reader = reader;
  const source = openSource(body, line.signal());
  const stop = await relay({
    source,
    translator: reader.translator,
    sink,
    line,
    commit: () => commit(streaming),
    passed: () => noteFirstToken(streaming, reader),
    readWholeBody: reader.readWholeBody,
  });
  noteFirstToken(streaming, reader);
  exchange.incoming.runAfter('let the provider go', letGo(source));
  // When every choice has finished the answer is complete, even if the provider then breaks off or falls silent.
  if (streaming.isCommitted && reader.endings.isComplete() && !reader.hasComplained()) return null;
  // A 200 that holds nothing but an error is a refusal: nothing was used.
  const accepted = reader.translator.hasChoice() || !reader.hasComplained();
  return { stop: stop ?? { kind: 'provider_failed', error: brokenOff() }, status: 200, accepted };
}

function toldBy(reader: Reader | null): Told {
  if (reader === null) return NOTHING_TOLD;
  const { reading, endings } = reader;
  const { usage, bytes } = reading;
  return {
    usage,
    bytes,
    toolUses: reader.toolUses(),
    finishReason: endings.reason,
    vendorFinishReason: endings.vendorReason,
  };
}

/** What the steps still held back. After a failure it goes out only where something has gone before it. */
async function flush(streaming: Streaming, stop: Stop | null): Promise<void> {
  const { exchange, isCommitted, reader, sink } = streaming;
  if (!isCommitted && stop !== null && exchange.ask.door.tellsInStream(errorOf(stop))) {
    return giveStatus(streaming, exchange.attempts.length, await exchange.admission);
  }
  const rest = reader?.translator.flush() ?? null;
  if (rest === null || (stop !== null && !(isCommitted && reader?.translator.hasChoice()))) return;
  await sink.write(rest);
}

/** The end that is an error: of the answer, or of the stream that has begun. */
async function fail(streaming: Streaming, stop: Stop): Promise<void> {
  const { answer, isCommitted, printer, sink } = streaming;
  const error = errorOf(stop);
  if (!isCommitted) return answer.reject(error);
  await say(streaming, printer.fail(error));
  await sink.close();
}

function clientSide(streaming: Streaming): ClientSide {
  const { exchange, printer, sink } = streaming;
  const deadline = exchange.incoming.startedAt + exchange.incoming.config.commitAfterMs;
  return {
    open() {
      streaming.reader = null;
    },
    take: (body) => take(streaming, body),
    mayWait: (pause) => !streaming.isCommitted && Date.now() + pause < deadline,
    hasAnswered: () => streaming.reader?.translator.hasChoice() === true,
    told: () => toldBy(streaming.reader),
    isCommitted: () => streaming.isCommitted,
    firstTokenAt: () => streaming.firstTokenAt,
    flush: (stop) => flush(streaming, stop),
    async finish(settlement) {
      await say(streaming, printer.end(settlement));
      await sink.close();
    },
    fail: (stop) => fail(streaming, stop),
    left: sink.abandon,
  };
}

/** Answers with a stream, which the door's printer writes. */
export function answerWithStream(exchange: Conversing): Promise<Response> {
  const answer = Promise.withResolvers<Response>();
  drive(exchange, (line) => {
    const sink = openSink(line.clientLeft);
    const printer = exchange.ask.reading.openPrinter(answerFacts(exchange));
    const streaming = {
      ...{ exchange, line, sink, printer, answer },
      firstWords: printer.begin(),
      reader: null,
      firstTokenAt: null,
      isCommitted: false,
    };
    addClientAlarms(streaming);
    return clientSide(streaming);
  });
  return answer.promise;
}
