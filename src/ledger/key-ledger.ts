import { DurableObject } from 'cloudflare:workers';
import { type AlertWebhook, readConfig } from '../config.ts';
import { inTime } from '../in-time.ts';
import { judgeKey, type KeyVerdict } from '../keys/judge-key.ts';
import { ledgerOf } from '../keys/ledger-of.ts';
import { logFault } from '../log-line.ts';
import { requestIdFloor } from '../protocol/request-id.ts';
import type { ApiKey } from '../store/schema.ts';
import { sendAlerts } from './alert-post.ts';
import type { Admission, Checkpoint, CheckpointAnswer, LeaseRequest, SettleAnswer, Settlement } from './calls.ts';
import { packRows } from './delivery/message.ts';
import { acknowledge, begin, checkpoint, expire, KEEP_MS, settle, takeRows } from './ledger.ts';
import { type LedgerBooks, openLedgerBooks, positionAt } from './ledger-books.ts';
import type { RowName } from './outbox.ts';
import type { BudgetDoor, KnownLevel, LevelMessage, Stand } from './shared/calls.ts';
import { type Draws, openDraws } from './shared/draws.ts';
import { type LedgerState, stateOf } from './state.ts';
import { createTables } from './tables.ts';

// The first unsent row waits this long for others to share its message.
const FLUSH_AFTER_MS = 5_000;
// After a pause as long as this a row does not wait: none will share its message.
const PAUSE_MS = 30_000;
// That many rows do not wait.
const FULL = 100;
const ROWS_A_ROUND = 1_000;
const ROUNDS_A_FLUSH = 20;
// What went wrong is tried again after this long.
const TRY_AGAIN_MS = 60_000;
const PRUNE_BATCH = 5_000;
const DAY_MS = 86_400_000;
// A row that D1 is about to forget is not sent again: it could come after that, and count twice.
const RESEND_MARGIN_MS = 3_600_000;
// A request waits no longer than this for the budgets of its user and team; and so often for its turn at them.
const DRAW_MS = 1_000;
const DRAW_ROUNDS = 20;
/**
 * A lease in memory alone is written down after this, with all that came meanwhile. The contract's 250 ms begin when a
 * request reaches its provider, which may be before it reaches its ledger.
 */
export const WRITE_LEASES_AFTER_MS = 50;
// Whoever waits for D1's confirmation looks so often.
const LOOK_EVERY_MS = 100;
// Rows that are old enough go together, an hour's worth at a time.
const PRUNE_EVERY_MS = 3_600_000;

/** What a nudge found: rows given to the queue, and what is still under way. */
export interface NudgeAnswer {
  sent: number;
  unacknowledged: number;
  openLeases: number;
  /** 1 while a row is kept back that counts its minute's refusals. */
  counting: number;
}

/** One key's sums, for the ledger check. Money is nano-USD. */
export interface LedgerSums {
  ledgerNanoUsd: number;
  heldNanoUsd: number;
  openLeases: number;
  /** Rows that D1 is not known to have. */
  outbox: number;
  /** How many of them, 0 or 1, are kept back until their minute of refusals is over. */
  counting: number;
}

/**
 * The truth about one key: what it may do now, what is running, what it has cost. One object a key, named by its id.
 * Thin: the rules are in `ledger.ts`; here are the alarm and the queue.
 */
export class KeyLedger extends DurableObject {
  #books: LedgerBooks;
  #leaseTtlMs: number;
  #alertWebhook: AlertWebhook | null;
  #draws: Draws;
  #blockTtlMs: number;
  /** How long D1 keeps a row. */
  #retentionMs: number;
  /** When the last row was booked, ms since 1970; null where this instance has booked none. */
  #bookedAt: number | null = null;
  /** True while the timer runs that writes leases down. */
  #isWriting = false;
  /** When the alarm rings, ms since 1970; Infinity when none is set. */
  #alarmAt = Number.POSITIVE_INFINITY;

  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env);
    const config = readConfig(env);
    createTables(state.storage.sql);
    this.#leaseTtlMs = config.leaseTtlMs;
    this.#alertWebhook = config.alertWebhook;
    this.#blockTtlMs = config.blockTtlMs;
    this.#retentionMs = config.logRetentionDays * DAY_MS;
    this.#books = openLedgerBooks(state.storage.sql, config, Date.now());
    const { blockTtlMs, ledgerJurisdiction, ledgerLocation } = config;
    this.#draws = openDraws({
      ...{ books: this.#books, blockTtlMs, newPlace: { ledgerJurisdiction, ledgerLocation } },
      find: (id, place) => ledgerOf<BudgetDoor>(this.env.SHARED_BUDGET, { id, ...place }),
    });
    void state.blockConcurrencyWhile(async () => {
      this.#alarmAt = (await state.storage.getAlarm()) ?? Number.POSITIVE_INFINITY;
    });
  }

  async begin(key: ApiKey, request: LeaseRequest): Promise<Admission> {
    const giveUpAt = Date.now() + DRAW_MS;
    for (let round = 0; round < DRAW_ROUNDS; round += 1) {
      // From its first line, each time: nothing that was read before a wait is used after it.
      const now = Date.now();
      const admission = begin(this.#books, key, request, now);
      if (admission.kind === 'admitted') {
        this.#wakeBy(now + this.#leaseTtlMs);
        if (this.#books.leases.hasUnwritten) this.#writeLeasesSoon();
        this.#draws.touch();
      }
      if (admission.kind !== 'short') return admission;
      this.#wakeBy(now + this.#blockTtlMs);
      const drawing = admission.levels.map((level) => this.#draws.draw(level, request.holdNanoUsd));
      await inTime(Math.max(1, giveUpAt - now), Promise.all(drawing));
    }
    throw new Error(`The budgets of the key's user and team did not come to a word on ${request.requestId}.`);
  }

  async checkpoint(progress: Checkpoint): Promise<CheckpointAnswer> {
    const now = Date.now();
    this.#wakeBy(now + this.#leaseTtlMs);
    return checkpoint(this.#books, progress, now);
  }

  async settle(key: ApiKey, settlement: Settlement): Promise<SettleAnswer> {
    const now = Date.now();
    const answer = settle(this.#books, key, settlement, now);
    const isAfterPause = this.#bookedAt !== null && now - this.#bookedAt >= PAUSE_MS;
    this.#bookedAt = now;
    // Once each hundred: while the queue refuses, not with every settlement.
    const { unsent } = this.#books.entries.outbox;
    if (isAfterPause || (unsent > 0 && unsent % FULL === 0)) this.ctx.waitUntil(this.#flush(false));
    this.#wakeBy(isAfterPause ? Math.min(now + this.#leaseTtlMs, this.#nextDue(now)) : now + FLUSH_AFTER_MS);
    const tidying = this.#draws.tidy();
    if (tidying !== null) this.ctx.waitUntil(tidying);
    return answer;
  }

  /** How the key stands with its user's or team's budget; where that is wanted it gives back first what it does not hold. */
  async tell(level: KnownLevel, lowers: boolean, stand: Stand): Promise<LevelMessage> {
    const now = Date.now();
    expire(this.#books, now);
    this.#wakeBy(now + this.#blockTtlMs);
    return this.#draws.tell(level, lowers, stand);
  }

  /** Takes in a change of the key: it holds from the next request on. */
  async sync(key: ApiKey): Promise<void> {
    this.#books.policy.newest(key, Date.now());
  }

  /** May the secret with this hash be used now? By the newest that anybody has shown of the key. */
  async judge(key: ApiKey, keyHash: string): Promise<KeyVerdict> {
    const now = Date.now();
    return judgeKey(this.#books.policy.newest(key, now), keyHash, now);
  }

  async state(key: ApiKey): Promise<LedgerState> {
    const now = Date.now();
    expire(this.#books, now);
    this.#wakeBy(this.#nextWake(now));
    return stateOf(this.#books, key, now);
  }

  async sums(): Promise<LedgerSums> {
    const { entries, leases, refusals } = this.#books;
    const counting = refusals.isCounting ? 1 : 0;
    const now = Date.now();
    // Whoever looks finds no row that waits, and no alarm for it.
    if (entries.outbox.size > 0) this.#wakeBy(this.#nextWake(now));
    return {
      ledgerNanoUsd: positionAt(this.#books, now).spent('total'),
      heldNanoUsd: leases.held,
      openLeases: leases.count,
      outbox: entries.outbox.size + counting,
      counting,
    };
  }

  /** Does what an alarm that was lost would have done, and sets the next one. */
  async wake(): Promise<void> {
    await this.#catchUp(false);
  }

  /** Books what is due and gives the queue what D1 is not known to have: somebody waits for it. */
  async nudge(): Promise<NudgeAnswer> {
    const sent = await this.#catchUp(true);
    const { entries, leases, refusals } = this.#books;
    const counting = refusals.isCounting ? 1 : 0;
    return { sent, unacknowledged: entries.outbox.size, openLeases: leases.count, counting };
  }

  /** How many rows D1 is not known to have, once there are none or it is `until` (ms since 1970). */
  async confirmed(until: number): Promise<number> {
    const { outbox } = this.#books.entries;
    while (outbox.size > 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    return outbox.size;
  }

  /** D1 has these rows. */
  async acknowledge(rows: RowName[]): Promise<void> {
    acknowledge(this.#books, rows, Date.now());
  }

  /** Which of these rows D1 is not known to have. */
  async unconfirmed(rows: RowName[]): Promise<RowName[]> {
    return rows.filter(this.#books.entries.outbox.has);
  }

  /** Sends everything once more that is kept, and that D1 keeps too: there duplicates are harmless. */
  async resend(): Promise<void> {
    this.#books.entries.resendFrom(requestIdFloor(Date.now() - this.#retentionMs + RESEND_MARGIN_MS));
    await this.nudge();
  }

  /** Never throws: the platform drops an alarm that fails six times. Whatever happens, it sets the next one. */
  override async alarm(): Promise<void> {
    this.#alarmAt = Number.POSITIVE_INFINITY;
    let next = Date.now() + TRY_AGAIN_MS;
    try {
      const now = Date.now();
      expire(this.#books, now);
      this.#books.balance.writeIfDue(now);
      const isMoreOld = this.#books.entries.prune(now - KEEP_MS, PRUNE_BATCH);
      await this.#flush(false);
      if (this.#alertWebhook !== null) await sendAlerts(this.#books.alerts, this.#alertWebhook, this.env.DB);
      await this.#draws.tidy();
      await this.#draws.releaseIdle();
      next = isMoreOld ? Date.now() : this.#nextWake(Date.now());
    } catch (cause) {
      logFault('ledger_alarm_failed', cause);
    }
    this.#wakeBy(next);
  }

  /** A request that is settled before costs no row for its lease, and no wait for the disk. */
  #writeLeasesSoon(): void {
    if (this.#isWriting) return;
    this.#isWriting = true;
    setTimeout(() => {
      this.#isWriting = false;
      this.#books.leases.write();
    }, WRITE_LEASES_AFTER_MS);
  }

  async #catchUp(isAsked: boolean): Promise<number> {
    expire(this.#books, Date.now());
    const sent = await this.#flush(isAsked);
    this.#wakeBy(this.#nextWake(Date.now()));
    return sent;
  }

  /** When there is something to tell others of that rows do not tell, ms since 1970; Infinity for never. */
  #nextDue(now: number): number {
    const { alerts, refusals } = this.#books;
    const alertAt = this.#alertWebhook === null ? Number.POSITIVE_INFINITY : alerts.nextDue();
    const due = Math.min(refusals.nextClose(), this.#draws.nextDue());
    return Math.min(Math.max(now + FLUSH_AFTER_MS, alertAt), Math.max(now, due));
  }

  /** When there is something to do next, ms since 1970; Infinity for never. */
  #nextWake(now: number): number {
    const { balance, entries, leases } = this.#books;
    const flush = Math.max(now + FLUSH_AFTER_MS, entries.nextDue());
    // A key that is in use will need an alarm by then: each that is set is billed as a row.
    const isInUse = this.#bookedAt !== null && now - this.#bookedAt < this.#leaseTtlMs;
    const soon = isInUse ? now + this.#leaseTtlMs : Number.POSITIVE_INFINITY;
    const oldestAt = entries.oldestAt();
    const prune = oldestAt === null ? Number.POSITIVE_INFINITY : oldestAt + KEEP_MS + PRUNE_EVERY_MS;
    const due = Math.min(leases.nextExpiry(), balance.nextDue());
    return Math.min(flush, soon, this.#nextDue(now), Math.max(now, due), Math.max(now + PRUNE_EVERY_MS, prune));
  }

  /** Makes sure that the alarm rings by then; one that was lost is set again by the next call. */
  #wakeBy(time: number): void {
    const isLost = this.#alarmAt < Date.now() - FLUSH_AFTER_MS;
    if (!isLost && this.#alarmAt <= time) return;
    if (time === Number.POSITIVE_INFINITY) return;
    this.#alarmAt = time;
    this.ctx.waitUntil(this.#setAlarm(time));
  }

  async #setAlarm(time: number): Promise<void> {
    try {
      await this.ctx.storage.setAlarm(time);
    } catch (cause) {
      // The next call sets it.
      this.#alarmAt = Number.POSITIVE_INFINITY;
      logFault('ledger_set_alarm_failed', cause);
    }
  }

  /** Gives the queue the rows it has not had, or not for so long. A queue that refuses is asked again by the alarm. */
  async #flush(isAsked: boolean): Promise<number> {
    let sent = 0;
    for (let round = 0; round < ROUNDS_A_FLUSH; round += 1) {
      // Marked as sent in the same step, so that a flush beside this one does not send them too.
      const rows = takeRows(this.#books, Date.now(), ROWS_A_ROUND, isAsked);
      if (rows.length === 0) break;
      try {
        const jurisdiction = this.#books.policy.current()?.ledgerJurisdiction ?? null;
        for (const message of packRows(rows, jurisdiction)) await this.env.LOG_QUEUE.send(message);
      } catch (cause) {
        this.#books.entries.giveBack(rows);
        logFault('ledger_flush_failed', cause);
        this.#wakeBy(Date.now() + FLUSH_AFTER_MS);
        break;
      }
      sent += rows.length;
    }
    return sent;
  }
}
