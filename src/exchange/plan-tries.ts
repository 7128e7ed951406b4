import { priceAt } from '../catalog/price.ts';
import { hasBudgets } from '../ledger/policy.ts';
import { RouterError } from '../protocol/errors.ts';
import { estimateInputTokens } from '../protocol/estimate.ts';
import type { Ask } from './ask.ts';
import type { Incoming } from './incoming.ts';
import type { Settled } from './leg.ts';
import { type Candidate, type Choice, candidatesOf, orderTargets } from './order.ts';
import { type Pin, pinOf } from './pin.ts';
import { settingsFor } from './settings-for.ts';
import type { Target } from './target.ts';

/** What may serve a request, before any of it has been prepared. */
export interface Plan {
  /** The targets that can be asked, in the order of the request's names. */
  readonly settled: readonly [Settled, ...Settled[]];
  /** The same with the providers' keys, one after the other. */
  readonly candidates: readonly Candidate[];
  /** Tokens that the input is thought to have. */
  readonly inputEstimate: number;
}

/** Tokens of what a target's name stands for and the client has not sent. */
function addedTokens({ parameters }: Target, { document, request }: Ask): number {
  const added = Object.entries(parameters).filter(([name]) => request[name] == null);
  if (added.length === 0) return 0;
  const nothing = { model: '', messages: [] };
  const all = { ...Object.fromEntries(added), ...nothing };
  return estimateInputTokens(all, document) - estimateInputTokens(nothing, document);
}

/** The request is walked through once, however many targets it has. */
function estimateInput(ask: Ask, targets: readonly Target[]): number {
  return (
    estimateInputTokens(ask.request, ask.document) + Math.max(...targets.map((target) => addedTokens(target, ask)))
  );
}

function tooLong(inputEstimate: number, targets: readonly Target[], name: string): RouterError {
  const most = Math.max(...targets.map(({ model }) => model.contextLength ?? 0));
  return new RouterError(
    'context_length_exceeded',
    `This request has about ${inputEstimate} tokens, and the longest context behind '${name}' is ${most} tokens. Shorten it, or use a model that takes more.`,
    { param: 'messages' },
  );
}

/** Those whose context the request fits into, as far as is known. Throws RouterError where it fits into none. */
function fitting(targets: readonly Target[], inputEstimate: number, { request }: Ask): readonly Target[] {
  const fit = targets.filter(({ model }) => model.contextLength === null || model.contextLength >= inputEstimate);
  if (fit.length === 0) throw tooLong(inputEstimate, targets, request.model);
  return fit;
}

/** Settles what can be asked for what is wanted. Throws the first target's RouterError where none can. */
function settle({ startedAt }: Incoming, { request }: Ask, targets: readonly Target[]): [Settled, ...Settled[]] {
  const refusals: unknown[] = [];
  const settled = targets.flatMap((target): Settled[] => {
    try {
      const settings = settingsFor(target, request);
      return [{ target, settings, price: priceAt(target.model, startedAt, settings) }];
    } catch (cause) {
      if (!(cause instanceof RouterError)) throw cause;
      refusals.push(cause);
      return [];
    }
  });
  const [first, ...others] = settled;
  if (first === undefined) throw refusals[0];
  return [first, ...others];
}

/** Whether what a target serves can be billed: by its price, or as its provider says itself. */
export function isBilled({ price, target }: Settled): boolean {
  return price !== null || target.configured.provider.statesCost;
}

/** Where a budget has to hold, a target that cannot be billed is passed over while another can. */
function affordable({ key }: Incoming, settled: [Settled, ...Settled[]]): [Settled, ...Settled[]] {
  if (!hasBudgets(key)) return settled;
  const [first, ...others] = settled.filter(isBilled);
  return first === undefined ? settled : [first, ...others];
}

/** Which targets a request may be tried at, and in which order. Throws RouterError where none of them can be asked. */
export function planTries(incoming: Incoming, ask: Ask, choices: readonly Choice[]): Plan {
  let known: Pin | null = null;
  // Made only where there is something to choose.
  const pin = () => {
    known ??= pinOf(incoming.key.id, ask.session, ask.request);
    return known;
  };
  const targets = orderTargets(choices, pin);
  const inputEstimate = estimateInput(ask, targets);
  const settled = affordable(incoming, settle(incoming, ask, fitting(targets, inputEstimate, ask)));
  const candidates = candidatesOf(
    settled.map(({ target }) => target),
    pin,
  );
  return { settled, candidates, inputEstimate };
}
