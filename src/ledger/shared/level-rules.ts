import type { ApiKey } from '../../store/schema.ts';
import type { Admission, LeaseRequest, LedgerRow, RateLimits, Refusal, Standing } from '../calls.ts';
import type { LeaseBook } from '../lease-book.ts';
import type { Payer, SpendBook } from '../spend-book.ts';
import type { Windows } from '../windows.ts';
import type { KnownLevel, LevelNo, LevelSums } from './calls.ts';
import { type KeptNo, type LevelBook, levelsOf } from './level-book.ts';
import { askedOf, fits } from './stand.ts';

/* What a key's ledger does for the budgets of its user and team. A key without such a level costs nothing here. */

interface Books {
  leases: LeaseBook;
  levels: LevelBook;
  spend: SpendBook;
}

/** What a key has ever spent and holds for a user or a team: all that a request needs. */
export function sumsFor(books: Books, level: Payer & Pick<KnownLevel, 'id'>): Omit<LevelSums, 'days'> {
  const { total } = books.spend.spentBy(level);
  const gross = total + (books.levels.find(level.id)?.back ?? 0);
  return { total, gross, held: books.leases.heldBy(level) };
}

/** The same for a message, with the days that a window may reach back to. */
export function sumsByDay(
  books: Books,
  level: Payer & Pick<KnownLevel, 'id'>,
  { monthStart, weekStart }: Windows,
): LevelSums {
  const first = monthStart < weekStart ? monthStart : weekStart;
  const days = [...books.spend.spentBy(level).days].filter(([day]) => day >= first);
  return { ...sumsFor(books, level), days: Object.fromEntries(days) };
}

/** The levels that must be asked before a request may run. */
export function shortLevels(books: Books, key: ApiKey, hold: number): KnownLevel[] {
  return levelsOf(key).filter((level) => !fits(books.levels.stand(level), level, sumsFor(books, level), hold));
}

/** A level's no as the ledger tells it. */
function refusalOf(level: KnownLevel, no: LevelNo, asked: number, rateLimits: RateLimits): Refusal {
  const { window, resetAt, limit, spent, reserved } = no;
  return {
    ...{ reason: 'budget', retryAfter: null, window, resetAt },
    shortage: { limit, free: limit - spent - reserved, asked },
    level: { kind: level.kind, name: level.name },
    reserved,
    rateLimits,
  };
}

/** A no that every request gets, as long as it is kept. What is only short may do for a smaller one. */
function standingFor(refusal: Refusal, { no, until }: KeptNo, now: number): Standing | null {
  return no.spent >= no.limit ? { ...refusal, lastsMs: Math.max(1, until - now) } : null;
}

/** A no that one of these levels has given a moment ago; null where none has. */
export function levelRefusal(
  { levels: book }: Pick<Books, 'levels'>,
  levels: readonly KnownLevel[],
  { holdNanoUsd }: LeaseRequest,
  rateLimits: RateLimits,
  now: number,
): Extract<Admission, { kind: 'refused' }> | null {
  for (const level of levels) {
    const kept = book.keptNo(level, askedOf(holdNanoUsd), now);
    if (kept === null) continue;
    const refusal = refusalOf(level, kept.no, holdNanoUsd, rateLimits);
    return { kind: 'refused', ...refusal, standing: standingFor(refusal, kept, now) };
  }
  return null;
}

/** What every request of a key is told for its levels' sake now; null where a small one may be let in. */
export function levelStanding(
  { levels: book }: Pick<Books, 'levels'>,
  key: ApiKey,
  rateLimits: RateLimits,
  now: number,
): Standing | null {
  for (const level of levelsOf(key)) {
    const kept = book.keptNo(level, Number.POSITIVE_INFINITY, now);
    const standing = kept === null ? null : standingFor(refusalOf(level, kept.no, 0, rateLimits), kept, now);
    if (standing !== null) return standing;
  }
  return null;
}

/** Whose money a row is. */
function payersOf({ owner, team }: Pick<LedgerRow, 'owner' | 'team'>): Payer[] {
  const user = { kind: 'user', name: owner } as const;
  return team === null ? [user] : [user, { kind: 'team', name: team }];
}

/** Notes what a row costs with the levels that this ledger has drawn from, or has to from now on. */
export function noteBooking({ levels }: Books, key: ApiKey | null, row: LedgerRow): void {
  if (row.costNanoUsd === 0) return;
  const known = key === null ? [] : levelsOf(key);
  for (const payer of payersOf(row)) {
    const level = known.find(({ kind, name }) => kind === payer.kind && name === payer.name);
    // A team that was made anew has an id of its own: the old one's stand is not what is to be told.
    const stand = level === undefined ? levels.findByPayer(payer) : levels.stand(level);
    if (stand === undefined) continue;
    const back = stand.back + Math.max(0, -row.costNanoUsd);
    if (!stand.isOpen || back !== stand.back) levels.put({ ...stand, back, isOpen: true });
  }
}
