import type { AlertWebhook } from '../config.ts';
import type { Position } from './admission.ts';
import { type AlertBook, openAlertBook } from './alert-book.ts';
import { type Balance, openBalance } from './balance.ts';
import type { Admission, LedgerRow } from './calls.ts';
import { openConfirmed } from './confirmed.ts';
import { countedTokens } from './counted-tokens.ts';
import { type EntryBook, openEntryBook } from './entry-book.ts';
import type { Lease } from './entry-rows.ts';
import { type LeaseBook, openLeaseBook } from './lease-book.ts';
import { createSlidingMinute, type SlidingMinute } from './minute.ts';
import { openPolicy, type Policy } from './policy-book.ts';
import { readKept } from './read-kept.ts';
import { openRefusalBook, type RefusalBook } from './refusal-book.ts';
import { type LevelBook, openLevelBook } from './shared/level-book.ts';
import { noteBooking } from './shared/level-rules.ts';
import { openSpendBook, readSummed, type SpendBook } from './spend-book.ts';
import { createCalendar, type Windows } from './windows.ts';

/** What of the configuration the ledger goes by. */
export interface LedgerTerms {
  leaseTtlMs: number;
  budgetUtcOffset: string;
  /** Null where nobody wants alerts. */
  alertWebhook: AlertWebhook | null;
}

/** All that one key's ledger knows: rows in SQLite, and in memory what can be made from them again. */
export interface LedgerBooks {
  terms: LedgerTerms;
  policy: Policy;
  leases: LeaseBook;
  entries: EntryBook;
  refusals: RefusalBook;
  spend: SpendBook;
  balance: Balance;
  alerts: AlertBook;
  levels: LevelBook;
  requests: SlidingMinute;
  tokens: SlidingMinute;
  /** When the last request before the start was let in, ms since 1970; 0 where that is long ago. */
  usedBefore: number;
  /** The days and resets of an instant. */
  calendar(now: number): Windows;
  /** The ledger's recent noes by request id. */
  noes: Map<string, Admission>;
}

/** Opens the books after a start. `now` is ms since 1970. */
export function openLedgerBooks(sql: SqlStorage, terms: LedgerTerms, now: number): LedgerBooks {
  const confirmed = openConfirmed(sql);
  const summed = readSummed(sql);
  const kept = readKept(sql, confirmed, summed, now);
  const requests = createSlidingMinute();
  const tokens = createSlidingMinute();
  const entries = openEntryBook(sql, confirmed, kept);
  for (const at of kept.starts) requests.add(at, 1);
  for (const { at, tokens: amount } of kept.settled) tokens.add(at, amount);
  const leases = openLeaseBook(sql, confirmed, kept.running);
  const refusals = openRefusalBook(entries, kept.refusals);
  const spend = openSpendBook(sql, kept);
  return {
    terms,
    policy: openPolicy(sql),
    ...{ leases, entries, refusals, spend },
    balance: openBalance({ entries, leases, refusals, spend }, confirmed, kept.behind),
    alerts: openAlertBook(sql),
    levels: openLevelBook(sql),
    requests,
    tokens,
    usedBefore: kept.starts.at(-1) ?? 0,
    calendar: createCalendar(terms.budgetUtcOffset),
    noes: new Map<string, Admission>(),
  };
}

/** Where the key stands at an instant. */
export function positionAt(books: LedgerBooks, now: number): Position {
  const { calendar, leases, requests, spend, tokens } = books;
  const windows = calendar(now);
  return {
    now,
    windows,
    spent: (window) => spend.spent(window, windows),
    held: leases.held,
    running: leases.count,
    runningTokens: leases.tokens,
    requests,
    tokens,
  };
}

/** Enters a row, in one transaction: the row in place of the lease, and the money. */
export function bookRow(books: LedgerBooks, row: LedgerRow, lease: Lease | undefined, now: number): void {
  books.entries.add(row, lease?.admittedAt ?? null, now, books.noes.get(row.requestId) ?? null);
  books.spend.add(row);
  books.balance.noteBooked(now);
  books.tokens.add(now, countedTokens(row));
  books.leases.close(row.requestId);
  const key = books.policy.current();
  noteBooking(books, key, row);
  if (books.terms.alertWebhook === null || key === null || row.costNanoUsd === 0) return;
  const { spent, windows } = positionAt(books, now);
  const { id: key_id, owner, name } = key;
  books.alerts.note({ key_id, owner, name }, key, spent, windows, now);
}
