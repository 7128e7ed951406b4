import { DurableObject } from 'cloudflare:workers';
import { readConfig } from '../../config.ts';
import { inTime } from '../../in-time.ts';
import { type Ledgers, ledgerOf } from '../../keys/ledger-of.ts';
import { logFault } from '../../log-line.ts';
import { openDatabase } from '../../store/database.ts';
import { paidByKey, registerSharedBudget } from '../../store/shared-budgets.ts';
import { type AlertBook, openAlertBook } from '../alert-book.ts';
import { sendAlerts } from '../alert-post.ts';
import { isNewer } from '../policy-book.ts';
import { createCalendar, type Window, type Windows } from '../windows.ts';
import { type BudgetBooks, openBudgetBooks } from './budget-books.ts';
import type { BudgetPlace, KnownLevel, LedgerDoor, LevelAnswer, LevelMessage } from './calls.ts';
import { compareWith, forgetDays } from './compare.ts';
import { answerFor, grant, hear, isUsedUp, spentIn } from './grants.ts';
import { stateName } from './stand.ts';

// A draw is waited for a second: asking the ledgers for idle rests has to fit in, and the answer too.
const RECALL_MS = 600;
const AT_ONCE = 20;
// What a ledger has just said is not asked for again.
const ASK_AGAIN_MS = 1_000;
const TELL_MS = 5_000;
const COMPARE_EVERY_MS = 3_600_000;
const SOON_MS = 5_000;
const TRY_AGAIN_MS = 60_000;
const DATABASE_TIMEOUT_MS = 900;

/** Where a shared budget stands. Money is integer nano-USD; times are ISO UTC. */
export interface BudgetState {
  /** Settled only. */
  spent: Record<Window, number>;
  /** What the keys may still spend without asking: what runs, and rests. */
  reserved: number;
  resetAt: Record<Window, string | null>;
}

/** A shared budget's sums by key, for the ledger check. */
export interface BudgetSums {
  reserved: number;
  totals: Record<string, number>;
}

/**
 * The budget of one user or one team, over all keys: it hands out ceilings. One object a user or team, named by its id.
 * Thin: the rules are in `grants.ts`; here are the alarm, D1 and the way to the ledgers.
 */
export class SharedBudget extends DurableObject {
  #books: BudgetBooks;
  #alerts: AlertBook;
  #calendar: (now: number) => Windows;
  #reading: Promise<void> | null = null;
  /** When a ledger was last asked for its rest, by key, and the version that stood then. */
  #askedAt = new Map<string, { at: number; version: number }>();
  /** Ledgers whose sums D1 does not bear out. */
  #differing: string[] = [];
  /** Before the start of this instance is long ago: it may have slept through its hour. */
  #comparedAt = 0;
  #usedAt = 0;
  #alarmAt = Number.POSITIVE_INFINITY;

  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env);
    this.#books = openBudgetBooks(state.storage.sql);
    this.#alerts = openAlertBook(state.storage.sql);
    this.#calendar = createCalendar(readConfig(env).budgetUtcOffset);
    void state.blockConcurrencyWhile(async () => {
      this.#alarmAt = (await state.storage.getAlarm()) ?? Number.POSITIVE_INFINITY;
    });
  }

  /** Hears a ledger, and raises its ceiling where it asks for that and there is room. */
  async draw(message: LevelMessage, given: KnownLevel, place: BudgetPlace): Promise<LevelAnswer> {
    await this.#ready(given, place);
    const { shares } = this.#books;
    const { keyId } = message;
    this.#usedAt = Date.now();
    this.#wakeBy(this.#usedAt + COMPARE_EVERY_MS);
    const isHeard = hear(shares, message);
    if (isHeard) this.#noteAlerts();
    const { version } = shares.get(keyId);
    let no = isHeard ? grant(shares, this.#level(given), this.#windows(), message) : null;
    if (no !== null && !isUsedUp(this.#level(given), shares, this.#windows())) {
      await this.#recall(keyId);
      // Another message of this ledger may have come meanwhile: then what stands is its answer.
      no = shares.get(keyId).version === version ? grant(shares, this.#level(given), this.#windows(), message) : null;
    }
    return answerFor(shares, this.#level(given), this.#windows(), keyId, { isHeard, no });
  }

  /** Where the budget stands, by the ledgers' own word as far as they can be asked at once. */
  async state(): Promise<BudgetState> {
    await this.#ask(this.#books.shares.holders().slice(0, AT_ONCE), false, RECALL_MS);
    const { shares } = this.#books;
    const windows = this.#windows();
    const iso = (window: Window) => (window === 'total' ? null : new Date(windows.resetAt[window]).toISOString());
    const each = <T>(value: (window: Window) => T) =>
      ({ day: value('day'), week: value('week'), month: value('month'), total: value('total') }) as const;
    return { spent: each((window) => spentIn(window, shares, windows)), reserved: shares.reserved, resetAt: each(iso) };
  }

  /** The sums, after D1 was read and the ledgers were asked whose reports it does not bear out. */
  async check(): Promise<BudgetSums> {
    await this.#compare();
    const asked = [...new Set([...this.#differing.splice(0, AT_ONCE), ...this.#books.shares.holders()])];
    await this.#ask(asked.slice(0, 2 * AT_ONCE), false, TELL_MS);
    return await this.sums();
  }

  async sums(): Promise<BudgetSums> {
    const { shares } = this.#books;
    const totals = [...shares.entries()].map(([keyId, { total }]) => [keyId, total] as const);
    return { reserved: shares.reserved, totals: Object.fromEntries(totals) };
  }

  /** Never throws: the platform drops an alarm that fails six times. Whatever happens, it sets the next one. */
  override async alarm(): Promise<void> {
    this.#alarmAt = Number.POSITIVE_INFINITY;
    let next = Date.now() + TRY_AGAIN_MS;
    try {
      if (Date.now() - this.#comparedAt >= COMPARE_EVERY_MS) await this.#compare();
      await this.#ask(this.#differing.splice(0, AT_ONCE), false, TELL_MS);
      const { alertWebhook } = readConfig(this.env);
      if (alertWebhook !== null) await sendAlerts(this.#alerts, alertWebhook, this.env.DB);
      next = this.#nextWake(Date.now());
    } catch (cause) {
      logFault('shared_budget_alarm_failed', cause, { of: this.#books.level()?.name });
    }
    this.#wakeBy(next);
  }

  #windows(): Windows {
    return this.#calendar(Date.now());
  }

  #level(given: KnownLevel): KnownLevel {
    return this.#books.level() ?? given;
  }

  /** A level's state is new here: D1 may know of spend that no ledger has told. Rejects while D1 fails. */
  async #ready(given: KnownLevel, place: BudgetPlace): Promise<void> {
    const known = this.#books.level();
    if (known === null || isNewer(given, known, Date.now())) this.#books.setLevel(given);
    const level = this.#level(given);
    if (this.#books.readFor() === stateName(level)) return;
    this.#reading ??= this.#read(level, place).finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  }

  async #read(level: KnownLevel, place: BudgetPlace): Promise<void> {
    const database = openDatabase(this.env.DB);
    const made = await inTime(DATABASE_TIMEOUT_MS, registerSharedBudget(database, level, place));
    if ((made?.jurisdiction ?? null) !== (place.ledgerJurisdiction ?? null)) {
      throw new Error(`The budget of ${level.kind} ${level.name} is in another jurisdiction.`);
    }
    await inTime(DATABASE_TIMEOUT_MS, this.#compare());
    this.#books.setReadFor(stateName(level));
  }

  /** Reads D1's sums, and asks the ledgers that differ from them, some at a time. */
  async #compare(): Promise<void> {
    const level = this.#books.level();
    if (level === null) return;
    const { monthStart, weekStart } = this.#windows();
    const first = monthStart < weekStart ? monthStart : weekStart;
    const paid = await paidByKey(openDatabase(this.env.DB), level, first);
    this.#differing = compareWith(this.#books.shares, paid);
    forgetDays(this.#books.shares, first);
    this.#comparedAt = Date.now();
    if (this.#differing.length > 0) this.#wakeBy(Date.now() + SOON_MS);
  }

  /** Asks the ledgers with idle rests to give them back, those with the most first, as many as the time allows. */
  async #recall(except: string): Promise<void> {
    const end = Date.now() + RECALL_MS;
    const { shares } = this.#books;
    const isDue = (keyId: string) => {
      const asked = this.#askedAt.get(keyId);
      return asked === undefined || asked.version !== shares.get(keyId).version || Date.now() - asked.at > ASK_AGAIN_MS;
    };
    for (let left = RECALL_MS; left > 0; left = end - Date.now()) {
      const some = shares.holders().filter((keyId) => keyId !== except && isDue(keyId));
      if (some.length === 0) return;
      await this.#ask(some.slice(0, AT_ONCE), true, left);
    }
  }

  /** Asks ledgers how they stand, and to give back what they do not hold where that is wanted. One that does not answer is left. */
  async #ask(keyIds: readonly string[], lowers: boolean, milliseconds: number): Promise<void> {
    const { shares } = this.#books;
    const level = this.#books.level();
    if (level === null) return;
    const ledgers: Ledgers<LedgerDoor> = this.env.KEY_LEDGER;
    const asking = keyIds.map(async (id) => {
      const { ceiling, ledgerJurisdiction, version } = shares.get(id);
      this.#askedAt.set(id, { at: Date.now(), version });
      const ledger = ledgerOf(ledgers, { id, ledgerJurisdiction, ledgerLocation: null });
      const message = await inTime(milliseconds, ledger.tell(level, lowers, { version, ceiling }));
      hear(shares, message);
      this.#askedAt.set(id, { at: Date.now(), version: shares.get(id).version });
    });
    await Promise.allSettled(asking);
    this.#noteAlerts();
  }

  #noteAlerts(): void {
    const level = this.#books.level();
    if (level === null || readConfig(this.env).alertWebhook === null) return;
    const windows = this.#windows();
    const subject = { level: level.kind, id: level.id, name: level.name };
    this.#alerts.note(subject, level, (window) => spentIn(window, this.#books.shares, windows), windows, Date.now());
    if (this.#alerts.nextDue() <= Date.now()) this.#wakeBy(Date.now() + SOON_MS);
  }

  #nextWake(now: number): number {
    const { alertWebhook } = readConfig(this.env);
    const alerts = alertWebhook === null ? Number.POSITIVE_INFINITY : Math.max(now + SOON_MS, this.#alerts.nextDue());
    const differing = this.#differing.length > 0 ? now + SOON_MS : Number.POSITIVE_INFINITY;
    // One that nobody uses rests.
    const isUsed = this.#usedAt > now - 2 * COMPARE_EVERY_MS;
    const compare = isUsed ? this.#comparedAt + COMPARE_EVERY_MS : Number.POSITIVE_INFINITY;
    return Math.min(alerts, differing, Math.max(now + SOON_MS, compare));
  }

  /** Makes sure that the alarm rings by then; one that was lost is set again by the next call. */
  #wakeBy(time: number): void {
    const isLost = this.#alarmAt < Date.now() - SOON_MS;
    if (time === Number.POSITIVE_INFINITY || (!isLost && this.#alarmAt <= time)) return;
    this.#alarmAt = time;
    this.ctx.waitUntil(
      this.ctx.storage.setAlarm(time).catch((cause) => {
        this.#alarmAt = Number.POSITIVE_INFINITY;
        logFault('shared_budget_set_alarm_failed', cause);
      }),
    );
  }
}
