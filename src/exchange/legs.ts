import { isolateHealth } from '../offer/health-memory.ts';
import { RouterError } from '../protocol/errors.ts';
import type { Credential } from '../providers/credentials.ts';
import { standingOf } from '../providers/health.ts';
import type { Leg } from './leg.ts';
import { type Candidate, putBehind, takeNext } from './order.ts';
import type { Target } from './target.ts';

/** A leg, and the provider's key that it is tried with. */
interface Try<L extends Leg = Leg> {
  readonly leg: L;
  readonly credential: Credential;
}

/** What is left to be tried of one request. Each target is prepared when its turn comes, once for all its credentials. */
export interface Legs<L extends Leg = Leg> {
  /** The next try; null where none is left. A target that cannot be asked this is passed over, with all its credentials. */
  next(): Promise<Try<L> | null>;
  /** Lets the other targets go first, where this one has been silent. */
  putBehind(silent: Target): void;
  /** True while another target than this is left. */
  hasOther(target: Target): boolean;
  isEmpty(): boolean;
  /** Why targets could not be asked, in their order. */
  readonly refusals: readonly RouterError[];
}

/** The legs of a request, in the order of its candidates as far as they are well. `prepare` throws RouterError for what its target cannot be asked. */
export function openLegs<L extends Leg>(
  candidates: readonly Candidate[],
  prepare: (target: Target) => Promise<L>,
): Legs<L> {
  const prepared = new Map<Target, L>();
  const refusals: RouterError[] = [];
  let left = [...candidates];

  async function prepareOnce(target: Target): Promise<L | null> {
    const known = prepared.get(target);
    if (known !== undefined) return known;
    try {
      const leg = await prepare(target);
      prepared.set(target, leg);
      return leg;
    } catch (cause) {
      if (!(cause instanceof RouterError)) throw cause;
      refusals.push(cause);
      left = left.filter((candidate) => candidate.target !== target);
      return null;
    }
  }

  return {
    async next() {
      for (;;) {
        const candidate = takeNext(left, (provider, label) => standingOf(isolateHealth(), provider, label, Date.now()));
        if (candidate === null) return null;
        const leg = await prepareOnce(candidate.target);
        if (leg !== null) return { leg, credential: candidate.credential };
      }
    },
    putBehind: (silent) => putBehind(left, silent),
    hasOther: (target) => left.some((candidate) => candidate.target !== target),
    isEmpty: () => left.length === 0,
    refusals,
  };
}
