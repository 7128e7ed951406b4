import { inTime } from '../../in-time.ts';
import { logFault } from '../../log-line.ts';
import type { LedgerBooks } from '../ledger-books.ts';
import type { BudgetDoor, BudgetPlace, KnownLevel, LevelMessage, Stand } from './calls.ts';
import { sumsFor } from './level-rules.ts';
import { newestLevel, prepareMessage, takeAnswer } from './messages.ts';
import { askedOf, idleRest, type LevelStand, learned, stateName } from './stand.ts';

/*
 * The way of one key's ledger to the shared budgets of its user and team. One message a level is in flight; whoever needs
 * that level waits behind it, and starts again from its first line.
 */

/** What the way needs of the object that it belongs to. */
export interface DrawPorts {
  books: LedgerBooks;
  /** How long an idle rest is kept, in ms. */
  blockTtlMs: number;
  /** What new shared budgets are made with. */
  newPlace: BudgetPlace;
  find(id: string, place: BudgetPlace): BudgetDoor;
}

export interface Draws {
  /** Waits for a level's word on what is asked. Rejects where it cannot be had. */
  draw(level: KnownLevel, hold: number): Promise<void>;
  /** A request of the key was let in: its levels are in use. */
  touch(): void;
  /** After a booking: tells at once what has passed a ceiling, and gives back a rest far above a usual grant. Null where there is neither. */
  tidy(): Promise<unknown> | null;
  /** How the ledger stands with a level, after it has given back what it does not hold where that is wanted. */
  tell(level: KnownLevel, lowers: boolean, stand: Stand): LevelMessage;
  /** Gives back what nobody has used for so long. */
  releaseIdle(): Promise<void>;
  /** When there is something to give back, ms since 1970; Infinity for never. */
  nextDue(): number;
}

/** A draw that takes longer fails, and with it every request that waits for it. */
const DRAW_TIMEOUT_MS = 1_000;
const TRY_AGAIN_MS = 60_000;
/** A shared budget that has just asked has a version that the ledger cannot know: the next message tells it. */
const RELEASE_TRIES = 3;

/** What is known of a level in memory alone. */
interface Slot {
  flight: Promise<boolean> | null;
  /** What those who wait ask for. */
  waiting: Set<{ asked: number }>;
  touchedAt: number;
  retryAt: number;
}

type Asked = Pick<LevelMessage, 'asked' | 'wanted'>;
const NOTHING: Asked = { asked: 0, wanted: 0 };

/** The least that helps one of those who wait, and what would do for all. */
function askedBy({ waiting }: Slot): Asked {
  const amounts = [...waiting].map(({ asked }) => asked);
  if (amounts.length === 0) return NOTHING;
  return { asked: Math.min(...amounts), wanted: amounts.reduce((sum, amount) => sum + amount, 0) };
}

/** What running requests give back lands on a usual grant: where that alone were too much, each draw were given back. */
const USUAL_GRANTS_KEPT = 2;

/** Whether more was spent than a ceiling lets, or more is left below it than is usual. */
function isLoud(books: LedgerBooks, stand: LevelStand): boolean {
  if (stand.version === 0) return false;
  const sums = sumsFor(books, stand);
  return sums.gross + sums.held > stand.ceiling || idleRest(stand, sums) > USUAL_GRANTS_KEPT * stand.usual;
}

/** Opens the way after a start. */
export function openDraws({ books, blockTtlMs, newPlace, find }: DrawPorts): Draws {
  const slots = new Map<string, Slot>();
  const openedAt = Date.now();

  function slotOf(id: string): Slot {
    const slot = slots.get(id) ?? { flight: null, waiting: new Set(), touchedAt: openedAt, retryAt: 0 };
    slots.set(id, slot);
    return slot;
  }

  // An object that sleeps while its rests are idle would otherwise begin to wait anew each time it wakes to give them back.
  for (const { id } of books.levels.open()) slotOf(id).touchedAt = books.usedBefore;

  /** False where the message was not heard, since another was before it: it is to be sent again. */
  async function send(given: KnownLevel, isRelease: boolean, asked: () => Asked): Promise<boolean> {
    // Those who wait for the same word come first, so that one message asks for all.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const level = newestLevel(books, given);
    const lowers = isRelease || books.levels.stand(level).grantedFor !== stateName(level);
    const { message, place } = prepareMessage(books, level, { lowers, ...asked() }, newPlace, Date.now());
    // An answer that comes late is taken in all the same.
    const asking = find(level.id, place).draw(message, level, place);
    const taking = asking.then((answer) => {
      takeAnswer(books, level, message, answer, Date.now());
      return answer.isHeard;
    });
    return await inTime(DRAW_TIMEOUT_MS, taking);
  }

  function start(level: KnownLevel, isRelease: boolean, asked: () => Asked): Promise<boolean> {
    const slot = slotOf(level.id);
    slot.flight = send(level, isRelease, asked).finally(() => {
      slot.flight = null;
    });
    return slot.flight;
  }

  /** Gives back what is not held; what fails is tried again by the alarm. */
  async function release(stand: LevelStand): Promise<void> {
    const slot = slotOf(stand.id);
    try {
      let isHeard = false;
      for (let attempt = 0; attempt < RELEASE_TRIES && !isHeard; attempt += 1) {
        isHeard = await start(newestLevel(books, stand), true, () => NOTHING);
      }
      slot.touchedAt = Date.now();
    } catch (cause) {
      slot.retryAt = Date.now() + TRY_AGAIN_MS;
      logFault('shared_budget_unavailable', cause, { of: stand.name });
    }
  }

  const dueAt = ({ id }: LevelStand) => Math.max(slotOf(id).touchedAt + blockTtlMs, slotOf(id).retryAt);
  const isFree = ({ id }: LevelStand) => slotOf(id).flight === null && slotOf(id).waiting.size === 0;

  return {
    async draw(level, hold) {
      const slot = slotOf(level.id);
      const mine = { asked: askedOf(hold) };
      slot.waiting.add(mine);
      try {
        await (slot.flight ?? start(level, false, () => askedBy(slot)));
      } finally {
        slot.waiting.delete(mine);
      }
    },
    touch() {
      const now = Date.now();
      for (const { id } of books.levels.open()) slotOf(id).touchedAt = now;
    },
    tidy() {
      const loud = books.levels.open().filter((stand) => isFree(stand) && isLoud(books, stand));
      return loud.length === 0 ? null : Promise.all(loud.map(release));
    },
    tell(given, lowers, stand) {
      const level = newestLevel(books, given);
      const known = books.levels.stand(level);
      const next = learned(known, stand);
      if (next !== known) books.levels.put(next);
      return prepareMessage(books, level, { lowers, ...NOTHING }, newPlace, Date.now()).message;
    },
    async releaseIdle() {
      const now = Date.now();
      const idle = books.levels.open().filter((stand) => isFree(stand) && dueAt(stand) <= now);
      await Promise.all(idle.map(release));
    },
    nextDue: () => Math.min(...books.levels.open().map(dueAt)),
  };
}
