import type { LedgerBooks } from '../ledger-books.ts';
import type { BudgetPlace, KnownLevel, LevelAnswer, LevelMessage } from './calls.ts';
import { levelsOf } from './level-book.ts';
import { sumsByDay, sumsFor } from './level-rules.ts';
import { after, before, type LevelStand, messageOf, stateName } from './stand.ts';

/* What a ledger does before a message to a shared budget goes out, and when its answer comes. `now` is ms since 1970. */

/** A level of the key as the ledger knows it best; one that the key has left as far as its stand tells. */
export function newestLevel(books: LedgerBooks, { id, kind, name }: LevelStand | KnownLevel): KnownLevel {
  const key = books.policy.current();
  const level = key === null ? undefined : levelsOf(key).find((each) => each.id === id);
  const none = { budgetDayUsd: null, budgetWeekUsd: null, budgetMonthUsd: null, budgetTotalUsd: null };
  return level ?? { id, kind, name, ...none, place: null, revision: 0, updatedAt: '' };
}

/** Makes a message, and leaves the ledger as the message says that it is. */
export function prepareMessage(
  books: LedgerBooks,
  level: KnownLevel,
  said: Pick<LevelMessage, 'lowers' | 'asked' | 'wanted'>,
  newPlace: BudgetPlace,
  now: number,
): { message: LevelMessage; place: BudgetPlace } {
  const { levels, policy } = books;
  const sums = sumsByDay(books, level, books.calendar(now));
  const stand = levels.stand(level);
  const place = level.place ?? stand.place ?? newPlace;
  const ready = { ...before(stand, sums, said.lowers), place };
  levels.put(ready);
  const key = policy.current();
  const from = { id: key?.id ?? '', ledgerJurisdiction: key?.ledgerJurisdiction ?? null };
  return { message: messageOf(from, ready, sums, said), place };
}

/** Whether nothing is held, and nothing was booked since the message was made. */
function isQuiet(books: LedgerBooks, level: KnownLevel, { held, gross, total }: LevelMessage): boolean {
  const sums = sumsFor(books, level);
  return held === 0 && sums.held === 0 && sums.gross === gross && sums.total === total;
}

/** Takes over what an answer says: a newer stand, a no, a newer state of the level. */
export function takeAnswer(
  books: LedgerBooks,
  level: KnownLevel,
  message: LevelMessage,
  answer: LevelAnswer,
  now: number,
): void {
  const { levels, policy } = books;
  const stand = levels.stand(level);
  const isLowered = answer.isHeard && message.lowers;
  const next = after(stand, answer, isLowered ? stateName(level) : stand.grantedFor);
  const isDone = isLowered && next.ceiling <= message.gross && isQuiet(books, level, message);
  if (next !== stand || isDone === stand.isOpen) levels.put({ ...next, isOpen: !isDone });
  levels.keepNo(answer.level, message.asked, answer.no, now);
  const key = policy.current();
  const { kind, ...row } = answer.level;
  if (key !== null) policy.newest({ ...key, [kind]: row }, now);
}
