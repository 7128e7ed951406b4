import { priceAt } from '../catalog/price.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { estimateInputTokens } from '../protocol/estimate.ts';
import { type Ask, readAsk } from './ask.ts';
import { askLedger, hasLimits, refuseKnown } from './ask-ledger.ts';
import type { Exchange } from './exchange.ts';
import { findServer } from './find-server.ts';
import type { Incoming } from './incoming.ts';
import { leaseOf } from './lease-of.ts';
import { prepareLeg } from './leg.ts';
import { answerLocally } from './local-answer.ts';
import { refusal } from './refusal.ts';
import { orRefused, type Refused, refuse } from './refused.ts';
import { settingsFor } from './settings-for.ts';
import { answerWithStream } from './streamed-answer.ts';
import type { Target } from './target.ts';
import { answerWhole } from './whole-answer.ts';

/**
 * Asks the ledger while the request is prepared for its target, so that a warm key costs one awaited hop at most before
 * the provider is called.
 */
async function begin(
  incoming: Incoming,
  ask: Ask,
  target: Target,
): Promise<{ kind: 'begun'; exchange: Exchange } | Refused> {
  const { endpoint } = ask.dialect;
  const settled = await orRefused({ endpoint, ask, target, price: null }, () => settingsFor(target, ask.request));
  if (settled.kind === 'refused') return settled;
  const settings = settled.value;
  const price = priceAt(target.model, incoming.startedAt, settings);
  const inputEstimate = estimateInputTokens({ ...target.parameters, ...ask.request }, ask.document);
  const known = { endpoint, ask, target, price };
  const admission = askLedger(incoming, leaseOf(incoming, known, settings, inputEstimate));
  const opened = await orRefused(known, async () => {
    const [leg, answer] = await Promise.all([
      prepareLeg(incoming, ask, { target, price, settings }),
      hasLimits(incoming.key) ? admission : null,
    ]);
    if (answer?.kind === 'refused') throw refusal(answer, ask.request.model);
    return leg;
  });
  if (opened.kind === 'refused') return { ...opened, admission };
  const exchange = { incoming, ask, leg: opened.value, inputEstimate, admission, attempts: [] };
  return { kind: 'begun', exchange };
}

/** The whole line: what is asked, who serves it, may it run, and the answer. */
async function run(incoming: Incoming, dialect: Dialect): Promise<() => Promise<Response>> {
  const nothing = { endpoint: dialect.endpoint, ask: null, target: null, price: null };
  const read = await orRefused(nothing, () => {
    refuseKnown(incoming);
    return readAsk(incoming, dialect);
  });
  if (read.kind === 'refused') return refuse(incoming, read);
  const ask = read.value;
  const found = await orRefused({ ...nothing, ask }, () => findServer(incoming, ask));
  if (found.kind === 'refused') return refuse(incoming, found);
  if (found.value.kind === 'local') {
    const local = await answerLocally(incoming, ask, found.value.local);
    return local.kind === 'refused' ? refuse(incoming, local) : async () => local.response;
  }
  const begun = await begin(incoming, ask, found.value.target);
  if (begun.kind === 'refused') return refuse(incoming, begun);
  const { exchange } = begun;
  return () => (ask.wantsStream ? answerWithStream(exchange) : answerWhole(exchange));
}

/** Serves one request of a door. Rejects with RouterError where it is refused, or its answer is an error. */
export async function serve(incoming: Incoming, dialect: Dialect): Promise<Response> {
  const running = run(incoming, dialect);
  // Kept alive: a client that leaves meanwhile must not leave a lease behind that nobody settles.
  incoming.runAfter(
    'serve',
    running.then(
      () => undefined,
      () => undefined,
    ),
  );
  return (await running)();
}
