import type { Settlement } from '../ledger/calls.ts';
import type { RouterError } from '../protocol/errors.ts';
import { nanoToUsd } from '../protocol/money.ts';
import { openSource } from '../stream/source.ts';
import { answerHeaders } from './answer-headers.ts';
import type { Tried } from './attempts.ts';
import { type ClientSide, drive } from './drive.ts';
import type { Exchange } from './exchange.ts';
import type { Told } from './outcome.ts';
import type { ProviderLine } from './provider-line.ts';
import { readWhole } from './relay.ts';
import { errorOf } from './stop.ts';

/** Reads a provider's whole answer, and prints the client's. */
export interface WholeReader {
  /** Null where it is one. */
  read(text: string): Tried;
  /** What the provider has told so far. */
  told(): Told;
  /** The client's JSON, once the answer was read and settled. */
  print(settlement: Settlement): string;
}

/** A good status that holds no answer. `accepted` where the provider was at work all the same. */
export function failedAt200(error: RouterError, accepted: boolean): Tried {
  return { stop: { kind: 'provider_failed', error }, status: 200, accepted };
}

function openBody(
  exchange: Exchange,
  openReader: () => WholeReader,
  line: ProviderLine,
  answer: PromiseWithResolvers<Response>,
): ClientSide {
  let reader = openReader();
  return {
    open() {
      reader = openReader();
    },
    async take(body) {
      const source = openSource(body, line.signal());
      const read = await readWhole(source, new Uint8Array(0), line);
      if (read.kind === 'read') return reader.read(read.text);
      void source.cancel(read.stop.kind).catch(() => undefined);
      return { stop: read.stop, status: 200, accepted: true };
    },
    mayWait: () => true,
    hasAnswered: () => false,
    told: () => reader.told(),
    isCommitted: () => false,
    firstTokenAt: () => null,
    flush: async () => undefined,
    async finish(settlement) {
      const headers = {
        'content-type': 'application/json',
        'x-llm-cost-usd': nanoToUsd(settlement.costNanoUsd),
        ...answerHeaders(exchange, exchange.attempts.length, await exchange.admission),
      };
      answer.resolve(new Response(reader.print(settlement), { headers }));
    },
    async fail(stop) {
      answer.reject(errorOf(stop));
    },
    left: line.clientLeft,
  };
}

/**
 * Answers with one body, which a reader of its own reads for each try. The job outlives a client that leaves, as with
 * streams.
 */
export function answerWithBody(exchange: Exchange, openReader: () => WholeReader): Promise<Response> {
  const answer = Promise.withResolvers<Response>();
  drive(exchange, (line) => {
    return openBody(exchange, openReader, line, answer);
  });
  return answer.promise;
}
