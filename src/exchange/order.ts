import { modelName } from '../catalog/route.ts';
import type { Credential } from '../providers/credentials.ts';
import type { Standing } from '../providers/health.ts';
import { type Pin, rankFor } from './pin.ts';
import type { Target } from './target.ts';

/* In which order a request tries what may serve it. Pure: health and the pin are passed in. */

/** Targets that one name stands for, in its order. */
export interface Choice {
  readonly targets: readonly Target[];
  /** True where they are drawn by weight. */
  readonly spread: boolean;
}

/** The choices with those of their targets that will do; a choice without any is left out. */
export function withTargets(choices: readonly Choice[], will: (target: Target) => boolean): Choice[] {
  return choices
    .map(({ spread, targets }) => ({ spread, targets: targets.filter(will) }))
    .filter(({ targets }) => targets.length > 0);
}

/** One thing to try: a target with one of its provider's keys. */
export interface Candidate {
  readonly target: Target;
  readonly credential: Credential;
}

/** How a provider stands, or with a label one of its credentials. */
export type StandingOf = (provider: string, label: string | null) => Standing;

/** `provider/model`. */
export function nameOf({ configured, model }: Target): string {
  return modelName({ provider: configured.provider.id, model });
}

/** One model may stand twice in a route, with other parameters. */
function namesIn(targets: readonly Target[]): Map<Target, string> {
  const seen = new Map<string, number>();
  return new Map(
    targets.map((target) => {
      const name = nameOf(target);
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      return [target, count === 1 ? name : `${name} ${count}`] as const;
    }),
  );
}

function drawn(targets: readonly Target[], pin: Pin): Target[] {
  const names = namesIn(targets);
  return rankFor(
    pin,
    targets,
    (target) => names.get(target) ?? '',
    ({ weight }) => weight,
  );
}

/** Several names may stand for one target: it is tried where it comes first. */
function eachOnce(targets: readonly Target[]): Target[] {
  const known = new Set<string>();
  return targets.filter((target) => {
    const same = `${nameOf(target)} ${JSON.stringify(target.parameters)}`;
    return !known.has(same) && known.add(same);
  });
}

/** The targets of a request's names, one after the other; those of a name that spreads as this pin draws them. */
export function orderTargets(choices: readonly Choice[], pin: () => Pin): Target[] {
  const targets = choices.flatMap((choice) =>
    choice.spread && choice.targets.length > 1 ? drawn(choice.targets, pin()) : choice.targets,
  );
  return targets.length > 1 ? eachOnce(targets) : targets;
}

/** All of a target's credentials before the next target; which comes first, the pin says. `pin` is asked for only where it decides. */
export function candidatesOf(targets: readonly Target[], pin: () => Pin): Candidate[] {
  return targets.flatMap((target) => {
    const { credentials, provider } = target.configured;
    const ranked =
      credentials.length === 1 ? credentials : rankFor(pin(), credentials, ({ label }) => `${provider.id} ${label}`);
    return ranked.map((credential) => ({ target, credential }));
  });
}

/** Until when a candidate is out, ms since 1970; 0 for one that is well. */
function outUntil({ credential, target }: Candidate, standingOf: StandingOf): number {
  const { id } = target.configured.provider;
  const standings = [standingOf(id, null), standingOf(id, credential.label)];
  return Math.max(...standings.map(({ well, until }) => (well ? 0 : (until ?? Number.POSITIVE_INFINITY))));
}

/** Takes the candidate that is to be tried now out of those that are left: the first that is well, else the one that is back soonest. */
export function takeNext(left: Candidate[], standingOf: StandingOf): Candidate | null {
  let best = 0;
  let soonest = Number.POSITIVE_INFINITY;
  for (const [position, candidate] of left.entries()) {
    const until = outUntil(candidate, standingOf);
    if (until < soonest) {
      best = position;
      soonest = until;
    }
    if (until === 0) break;
  }
  return left.splice(best, 1)[0] ?? null;
}

/** A provider that said nothing is left for another: its other keys come behind what is at other targets. */
export function putBehind(left: Candidate[], silent: Target): void {
  const others = left.filter(({ target }) => target !== silent);
  left.splice(0, left.length, ...others, ...left.filter(({ target }) => target === silent));
}
