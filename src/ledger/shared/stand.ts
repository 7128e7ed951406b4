import type { BudgetPlace, KnownLevel, LevelAnswer, LevelKind, LevelMessage, LevelSums, Stand } from './calls.ts';

/*
 * What a key's ledger keeps of one level, and its rules. Pure: where they are kept is levels.ts' affair. A ceiling that is
 * lowered here is lowered for good before the shared budget is told; one that is raised was raised there first.
 */

/** Where a ledger stands with one user or team. Money is integer nano-USD. */
export interface LevelStand extends Stand {
  id: string;
  kind: LevelKind;
  name: string;
  /** There may be something reserved, or something that the shared budget has not been told. */
  isOpen: boolean;
  /** A rest above that is given back. */
  usual: number;
  /** What corrections have taken back: it gives no room below the ceiling. */
  back: number;
  /** Where the shared budget is; null before the first message. */
  place: BudgetPlace | null;
  /** The state of the level for which the ceiling was granted: a newer one must be drawn for anew. */
  grantedFor: string;
}

/** Names a level's state: every change raises one of them. */
export function stateName({ revision, updatedAt }: Pick<KnownLevel, 'revision' | 'updatedAt'>): string {
  return `${revision} ${updatedAt}`;
}

/** A ledger's first stand with a level. */
export function newStand({ id, kind, name }: Pick<KnownLevel, 'id' | 'kind' | 'name'>): LevelStand {
  return { id, kind, name, version: 0, ceiling: 0, isOpen: false, usual: 0, back: 0, place: null, grantedFor: '' };
}

/** A request that costs nothing asks for a nano-dollar: a budget that is used up refuses it, as a key's does. */
export function askedOf(hold: number): number {
  return Math.max(1, hold);
}

/** Whether a request may run as far as this level goes, without asking anybody. */
export function fits(stand: LevelStand, level: KnownLevel, sums: Omit<LevelSums, 'days'>, hold: number) {
  return stand.grantedFor === stateName(level) && sums.gross + sums.held + askedOf(hold) <= stand.ceiling;
}

/** What may still be spent up to the ceiling, beside what is held. */
export function idleRest({ ceiling }: Stand, { gross, held }: Pick<LevelSums, 'gross' | 'held'>): number {
  return Math.max(0, ceiling - gross - held);
}

/** The stand before a message goes out: open, and lowered to what is spent and held where that is what it says. */
export function before(stand: LevelStand, { gross, held }: LevelSums, lowers: boolean): LevelStand {
  return { ...stand, isOpen: true, ceiling: lowers ? gross + held : stand.ceiling };
}

/** The message of a stand as `before` has left it. */
export function messageOf(
  { id: keyId, ledgerJurisdiction }: Pick<LevelMessage, 'ledgerJurisdiction'> & { id: string },
  { version }: Stand,
  { total, gross, held, days }: LevelSums,
  { lowers, asked, wanted }: Pick<LevelMessage, 'lowers' | 'asked' | 'wanted'>,
): LevelMessage {
  return { keyId, ledgerJurisdiction, version, total, gross, held, days, lowers, asked, wanted };
}

/** The stand as a shared budget has it, where that is newer. */
export function learned(stand: LevelStand, { version, ceiling }: Stand): LevelStand {
  return version > stand.version ? { ...stand, version, ceiling } : stand;
}

/** What an answer changes: only a newer version is taken over. */
export function after(stand: LevelStand, { version, ceiling, usual }: LevelAnswer, grantedFor: string): LevelStand {
  return version > stand.version ? { ...learned(stand, { version, ceiling }), usual, grantedFor } : stand;
}
