import type { LedgerJurisdiction, LedgerPlace } from '../../protocol/ledger-place.ts';
import type { Level } from '../../store/schema.ts';
import type { Window } from '../windows.ts';

/*
 * What a key's ledger and a shared budget say to each other. Money is integer nano-USD.
 * A ceiling is an amount on what the key has ever been billed for one user or team, and holds. What a correction takes
 * back lowers the sums, but gives no room below the ceiling: it would count in the window in which it is spent again, and
 * be missing in another. Whoever sends a message says which version it has seen; one with another version changes nothing.
 * So a message that comes twice, late or out of order does no harm, and no draw needs an id.
 */

/** Whose budget it is. */
export type LevelKind = 'user' | 'team';

/** What a shared budget's object was made with, as a ledger is. */
export type BudgetPlace = Pick<LedgerPlace, 'ledgerJurisdiction' | 'ledgerLocation'>;

/** A user or a team, and what they may spend. */
export interface KnownLevel extends Level {
  kind: LevelKind;
}

/** What one key has spent for a level, as its ledger knows it. */
export interface LevelSums {
  /** All time, settled. */
  total: number;
  /** The same without what corrections have taken back: it never falls. */
  gross: number;
  /** Set aside for running requests. */
  held: number;
  /** Settled by day, from the first day of this month or week on. */
  days: Readonly<Record<string, number>>;
}

/** A ledger's word to a shared budget. */
export interface LevelMessage extends LevelSums {
  keyId: string;
  /** Where the ledger is, so that it can be asked. */
  ledgerJurisdiction: LedgerJurisdiction | null;
  /** The version that the ledger has seen last; 0 for none. */
  version: number;
  /** The ledger has lowered its ceiling to gross + held, for good, before it sent this. */
  lowers: boolean;
  /** The least that must fit above gross + held; 0 where nothing is asked for. */
  asked: number;
  /** What all who wait would take. */
  wanted: number;
}

/** What stands for a key. */
export interface Stand {
  version: number;
  ceiling: number;
}

/** A level's no: which window is short, when it begins anew (ISO UTC; null for the total), and what there is. */
export interface LevelNo {
  window: Window;
  resetAt: string | null;
  limit: number;
  spent: number;
  /** What the keys' running requests hold, and rests that could not be had back in time. */
  reserved: number;
}

/** A shared budget's word to a ledger. */
export interface LevelAnswer extends Stand {
  /** False for a message with another version: it has changed nothing. */
  isHeard: boolean;
  no: LevelNo | null;
  /** What a usual grant comes to: a rest above that is given back. */
  usual: number;
  /** The newest that anybody has shown of the level. */
  level: KnownLevel;
}

/** What a ledger may ask of a shared budget. */
export interface BudgetDoor {
  /** `place` is what the asker takes it to be made with. */
  draw(message: LevelMessage, level: KnownLevel, place: BudgetPlace): Promise<LevelAnswer>;
}

/**
 * What a shared budget may ask of a ledger: how it stands, and to give back what it does not hold. `stand` is what the
 * shared budget has: the ledger has not heard of messages that it gave as an answer.
 */
export interface LedgerDoor {
  tell(level: KnownLevel, lowers: boolean, stand: Stand): Promise<LevelMessage>;
}
