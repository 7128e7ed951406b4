import { DurableObject } from 'cloudflare:workers';
import { readConfig } from '../config.ts';
import { packRows } from '../logs/message.ts';
import type { ApiKey } from '../store/schema.ts';
import { type Books, openBooks, positionAt } from './books.ts';
import type { Admission, Checkpoint, CheckpointAnswer, LeaseRequest, SettleAnswer, Settlement } from './entry.ts';
import { begin, checkpoint, expire, settle } from './ledger.ts';
import type { RowName } from './open-rows.ts';
import { type LedgerState, stateOf } from './state.ts';
import { createTables } from './tables.ts';

// The first unsent row waits this long for others to share its message.
const FLUSH_AFTER_MS = 5_000;
// That many rows do not wait.
const FULL = 100;
const MOST_ROWS_A_FLUSH = 1_000;
// A row that D1 has not confirmed by then is sent again: the local queue forgets, and production's may deliver late.
const RESEND_AFTER_MS = 60_000;
// A nudge is somebody asking now: it does not wait as long.
const NUDGE_RESEND_AFTER_MS = 10_000;
const KEEP_MS = 72 * 3_600_000;

/** What a nudge found: rows given to the queue, and what is still under way. */
export interface NudgeAnswer {
  sent: number;
  unacknowledged: number;
  openLeases: number;
}

/** One key's sums, for the ledger check. Money is nano-USD. */
export interface LedgerSums {
  ledgerNanoUsd: number;
  heldNanoUsd: number;
  openLeases: number;
  outbox: number;
}

/**
 * The truth about one key: what it may do now, what is running, what it has cost. One object a key, named by its id.
 * Thin: the rules are in `ledger.ts`; here are the alarm and the queue.
 */
export class KeyLedger extends DurableObject<Cloudflare.Env> {
  #books: Books;
  /** When the alarm rings, ms since 1970; Infinity when none is set. */
  #alarmAt = Number.POSITIVE_INFINITY;

  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env);
    createTables(state.storage.sql);
    this.#books = openBooks(state.storage.sql, readConfig(env), Date.now());
    void state.blockConcurrencyWhile(async () => {
      this.#alarmAt = (await state.storage.getAlarm()) ?? Number.POSITIVE_INFINITY;
    });
  }

  async begin(key: ApiKey, request: LeaseRequest): Promise<Admission> {
    const admission = begin(this.#books, key, request, Date.now());
    this.#wakeBy(Date.now() + readConfig(this.env).leaseTtlMs);
    return admission;
  }

  async checkpoint(progress: Checkpoint): Promise<CheckpointAnswer> {
    return checkpoint(this.#books, progress, Date.now());
  }

  async settle(key: ApiKey, settlement: Settlement): Promise<SettleAnswer> {
    const answer = settle(this.#books, key, settlement, Date.now());
    if (this.#books.entries.open.size >= FULL) this.ctx.waitUntil(this.#flush(RESEND_AFTER_MS));
    this.#wakeBy(Date.now() + FLUSH_AFTER_MS);
    return answer;
  }

  /** Takes in a change of the key: it holds from the next request on. */
  async sync(key: ApiKey): Promise<void> {
    this.#books.policy.newest(key);
  }

  async state(key: ApiKey): Promise<LedgerState> {
    return stateOf(this.#books, key, Date.now());
  }

  async sums(): Promise<LedgerSums> {
    const { entries, leases } = this.#books;
    return {
      ledgerNanoUsd: positionAt(this.#books, Date.now()).spent('total'),
      heldNanoUsd: leases.held,
      openLeases: leases.count,
      outbox: entries.open.size,
    };
  }

  /** Books what is due and gives the queue what D1 is not known to have. */
  async nudge(): Promise<NudgeAnswer> {
    expire(this.#books, Date.now());
    const sent = await this.#flush(NUDGE_RESEND_AFTER_MS);
    this.#wakeBy(Date.now() + RESEND_AFTER_MS);
    return { sent, unacknowledged: this.#books.entries.open.size, openLeases: this.#books.leases.count };
  }

  /** D1 has these rows. */
  async acknowledge(rows: RowName[]): Promise<void> {
    this.#books.entries.acknowledge(rows);
  }

  /** Sends all kept rows once more, after a check found D1 to differ. Duplicates are harmless there. */
  async resend(): Promise<void> {
    this.#books.entries.open.reopen();
    await this.nudge();
  }

  /** Never throws: the platform drops an alarm that fails six times. Whatever happens, it sets the next one. */
  override async alarm(): Promise<void> {
    this.#alarmAt = Number.POSITIVE_INFINITY;
    try {
      const now = Date.now();
      expire(this.#books, now);
      this.#books.entries.prune(now - KEEP_MS);
      await this.#flush(RESEND_AFTER_MS);
    } catch (cause) {
      this.#report('ledger_alarm_failed', cause);
    }
    try {
      this.#wakeBy(this.#nextWake(Date.now()));
    } catch (cause) {
      this.#report('ledger_alarm_failed', cause);
      await this.ctx.storage.setAlarm(Date.now() + RESEND_AFTER_MS);
    }
  }

  #nextWake(now: number): number {
    const { entries, leases } = this.#books;
    const resend =
      entries.open.size === 0
        ? Number.POSITIVE_INFINITY
        : Math.max(now + FLUSH_AFTER_MS, entries.open.oldestSend() + RESEND_AFTER_MS);
    return Math.min(resend, Math.max(now, leases.nextExpiry()));
  }

  /** Makes sure that the alarm rings by then; one that was lost is set again by the next call. */
  #wakeBy(time: number): void {
    const isLost = this.#alarmAt < Date.now() - FLUSH_AFTER_MS;
    if (!isLost && this.#alarmAt <= time) return;
    if (time === Number.POSITIVE_INFINITY) return;
    this.#alarmAt = time;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(time));
  }

  /** Gives the queue the rows it has not had, or not for so long. A queue that refuses is asked again by the alarm. */
  async #flush(resendAfterMs: number): Promise<number> {
    const now = Date.now();
    const rows = this.#books.entries.unsent(now - resendAfterMs, MOST_ROWS_A_FLUSH);
    // Marked first, so that a flush beside this one does not send them too.
    this.#books.entries.open.markSent(rows, now);
    try {
      for (const message of packRows(rows)) await this.env.LOG_QUEUE.send(message);
      return rows.length;
    } catch (cause) {
      this.#books.entries.open.markSent(rows, 0);
      this.#report('ledger_flush_failed', cause);
      return 0;
    }
  }

  #report(event: string, cause: unknown): void {
    // Names only: a message may hold anything.
    console.error(JSON.stringify({ level: 'error', event, fault: cause instanceof Error ? cause.name : typeof cause }));
  }
}
