import type { Settlement } from '../ledger/calls.ts';
import { tryBegins } from '../offer/health-memory.ts';
import { callOnce, type Failure, type Tried } from './attempts.ts';
import { addCheckpoints } from './checkpoints.ts';
import type { Exchange } from './exchange.ts';
import { onClientLeft } from './incoming.ts';
import { outcomeOf, type Told, tryCost } from './outcome.ts';
import { type FirstEvent, openProviderLine, type ProviderLine } from './provider-line.ts';
import { refusal } from './refusal.ts';
import { settleFirst } from './settle-first.ts';
import type { Stop } from './stop.ts';
import { tryTargets } from './try-targets.ts';

/** The client's side of an answer: a stream, or one body. */
export interface ClientSide {
  /** Before each try: what an earlier one has told is forgotten. */
  open(): void;
  /** Reads one good answer of the provider to its end. Rejects with a fault of ours. */
  take(body: ReadableStream<Uint8Array>): Promise<Tried>;
  /** True while the last target may be tried again after a pause of so many milliseconds. */
  mayWait(pause: number): boolean;
  /** True once a choice of the answer has gone out: no other target can serve then. */
  hasAnswered(): boolean;
  /** What the provider has told so far. */
  told(): Told;
  /** True once the client has its status: from then on a failure is told in the answer itself. */
  isCommitted(): boolean;
  /** When the first token came, ms since 1970. */
  firstTokenAt(): number | null;
  /** Says what was still held back, before the settlement; after `stop` only what belongs to the answer. */
  flush(stop: Stop | null): Promise<void>;
  /** The last words of an answer that is complete. */
  finish(settlement: Settlement): Promise<void>;
  /** The last words of one that is not. */
  fail(stop: Stop): Promise<void>;
  /** The client has left. */
  left(): void;
}

/** One request on its way: from the first call of the provider to the client's last byte. */
interface Run {
  exchange: Exchange;
  line: ProviderLine;
  client: ClientSide;
  /** True once the provider that is being tried has begun a good answer: from then on there is something to be billed. */
  hasBegun: boolean;
}

/** How long a stream may be without its first event while another target is left; a whole answer takes as long as it takes. */
function firstEventOf({ ask, incoming, leg, legs }: Exchange): FirstEvent | null {
  if (!ask.wantsStream || !legs.hasOther(leg.target)) return null;
  return { within: incoming.config.fallbackAfterMs, mayLeave: () => legs.canAskOther(leg.target) };
}

async function tryOnce(run: Run): Promise<Tried> {
  const { client, exchange, line } = run;
  run.hasBegun = false;
  client.open();
  tryBegins(exchange.leg.target.configured.provider.id);
  line.calling(firstEventOf(exchange));
  const called = await callOnce(exchange, line);
  if (called.kind === 'failed') return called.failure;
  run.hasBegun = true;
  return client.take(called.body);
}

/** The ledger's no comes first, whatever the provider has said meanwhile. */
async function lateRefusal({ exchange }: Run, failure: Tried): Promise<Tried> {
  const admission = await exchange.admission;
  if (admission?.kind !== 'refused') return failure;
  const stop: Stop = { kind: 'refused', error: refusal(admission, exchange.ask.request.model) };
  // Nothing of it is billed.
  for (const attempt of exchange.attempts) delete attempt.cost_nano_usd;
  return { stop, status: failure === null ? 200 : failure.status, accepted: false };
}

async function settle({ client, exchange, line }: Run, failure: Tried): Promise<Settlement> {
  const seen = {
    isClientGone: line.isClientGone(),
    isCommitted: client.isCommitted(),
    firstTokenAt: client.firstTokenAt(),
  };
  return settleFirst(exchange, outcomeOf(failure, client.told(), seen));
}

/** What was held back, the settlement, and the last words, in this order. */
async function end(run: Run, tried: Tried): Promise<void> {
  const { client, line } = run;
  const failure = await lateRefusal(run, tried);
  if (failure === null) {
    await client.flush(null);
    return client.finish(await settle(run, null));
  }
  // While nothing has gone out the answer becomes an error: a commit that comes due meanwhile finds the line cut.
  if (!client.isCommitted()) line.stop(failure.stop);
  await client.flush(failure.stop);
  await settle(run, failure);
  await client.fail(failure.stop);
}

/** A fault of ours: the client is not left waiting, and what the provider has done is billed. */
async function endOwnFault(run: Run, cause: unknown): Promise<void> {
  const { client, hasBegun, line } = run;
  const stop: Stop = { kind: 'own_fault', cause };
  const failure: Failure = { stop, status: 200, accepted: hasBegun };
  line.stop(stop);
  await settle(run, failure);
  await client.fail(stop);
}

async function tryAll(run: Run): Promise<Tried> {
  const { client, exchange, line } = run;
  const isWanted = () => !line.isClientGone() && line.stopped() === null;
  const tried = await tryTargets(exchange, {
    once: () => tryOnce(run),
    cost: ({ accepted }) => tryCost(exchange, client.told(), accepted),
    mayGoOn: () => isWanted() && !client.hasAnswered(),
    mayWait: (pause) => isWanted() && client.mayWait(pause),
  });
  // What ended the request between two tries is why it ended.
  return tried === null ? null : { ...tried, stop: line.stopped() ?? tried.stop };
}

async function runToEnd(run: Run): Promise<void> {
  const { line } = run;
  try {
    await end(run, await tryAll(run));
  } catch (cause) {
    await endOwnFault(run, cause);
    throw cause;
  } finally {
    line.close();
  }
}

/** Cuts the line to the provider if the ledger says no while the provider is already at work. */
function watchAdmission({ exchange, line }: Run): void {
  exchange.incoming.runAfter(
    'admission',
    exchange.admission.then((admission) => {
      if (admission?.kind !== 'refused') return;
      line.stop({ kind: 'refused', error: refusal(admission, exchange.ask.request.model) });
    }),
  );
}

/**
 * Drives an exchange to its end, streamed or whole. The provider is driven by a job of its own, so that a client that
 * leaves is billed all the same; what `openClient` opens tells the client.
 */
export function drive(exchange: Exchange, openClient: (line: ProviderLine) => ClientSide): void {
  const line = openProviderLine(exchange.incoming.config, exchange.incoming.key.id);
  const client = openClient(line);
  const run: Run = { exchange, line, client, hasBegun: false };
  addCheckpoints(exchange, line, () => client.told().bytes);
  watchAdmission(run);
  const stopListening = onClientLeft(exchange.incoming.request, client.left);
  exchange.incoming.runAfter('answer', runToEnd(run).finally(stopListening));
}
