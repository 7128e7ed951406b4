import { isolateHealth } from '../offer/health-memory.ts';
import { RouterError } from '../protocol/errors.ts';
import type { Credential } from '../providers/credentials.ts';
import { standingOf } from '../providers/health.ts';
import type { Leg } from './leg.ts';
import { type Candidate, putBehind, type StandingOf, takeNext } from './order.ts';
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
  /** The same where it can be asked, too: it is prepared to see that. */
  canAskOther(target: Target): Promise<boolean>;
  /** What is tried first, as far as is known before anything is prepared. */
  first(): Target | null;
  isEmpty(): boolean;
  /** Why targets could not be asked, in their order. */
  readonly refusals: readonly RouterError[];
}

const standing: StandingOf = (provider, label) => standingOf(isolateHealth(), provider, label, Date.now());

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
        const candidate = takeNext(left, standing);
        if (candidate === null) return null;
        const leg = await prepareOnce(candidate.target);
        if (leg !== null) return { leg, credential: candidate.credential };
      }
    },
    putBehind: (silent) => putBehind(left, silent),
    hasOther: (target) => left.some((candidate) => candidate.target !== target),
    async canAskOther(target) {
      const others = new Set(left.map((candidate) => candidate.target).filter((other) => other !== target));
      for (const other of others) if ((await prepareOnce(other)) !== null) return true;
      return false;
    },
    first: () => takeNext([...left], standing)?.target ?? null,
    isEmpty: () => left.length === 0,
    refusals,
  };
}
