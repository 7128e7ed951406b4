import type { Position } from './admission.ts';
import type { Admission, LedgerRow } from './entry.ts';
import { type EntryBook, openEntryBook } from './entry-book.ts';
import { type Lease, type LeaseBook, openLeaseBook } from './lease-book.ts';
import { createSlidingMinute, type SlidingMinute } from './minute.ts';
import { openPolicy, type Policy } from './policy-book.ts';
import { openSpendBook, type SpendBook } from './spend-book.ts';
import { windowsAt } from './windows.ts';

/** What of the configuration the ledger goes by. */
export interface LedgerTerms {
  leaseTtlMs: number;
  budgetUtcOffset: string;
}

/** All that one key's ledger knows: rows in SQLite, and in memory what can be made from them again. */
export interface Books {
  terms: LedgerTerms;
  policy: Policy;
  leases: LeaseBook;
  entries: EntryBook;
  spend: SpendBook;
  requests: SlidingMinute;
  tokens: SlidingMinute;
  /** The ledger's recent noes by request id. */
  refusals: Map<string, Admission>;
}

/** Opens the books after a start. `now` is ms since 1970. */
export function openBooks(sql: SqlStorage, terms: LedgerTerms, now: number): Books {
  const leases = openLeaseBook(sql);
  const entries = openEntryBook(sql);
  const requests = createSlidingMinute();
  const tokens = createSlidingMinute();
  const recent = entries.recent(now);
  const starts = [...recent.map((entry) => entry.admittedAt), ...leases.admissions()].filter((at) => at !== null);
  for (const at of starts.toSorted((one, other) => one - other)) requests.add(at, 1);
  for (const entry of recent) tokens.add(entry.settledAt, entry.tokens);
  const refusals = new Map<string, Admission>();
  return { terms, policy: openPolicy(sql), leases, entries, spend: openSpendBook(sql), requests, tokens, refusals };
}

/** Where the key stands at an instant. */
export function positionAt(books: Books, now: number): Position {
  const { leases, requests, spend, terms, tokens } = books;
  const windows = windowsAt(now, terms.budgetUtcOffset);
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

/** Enters a row, in one transaction: the row, the money, and the end of the lease. */
export function bookRow(books: Books, row: LedgerRow, lease: Lease | undefined, now: number): void {
  books.entries.add(row, lease?.admittedAt ?? null, now, books.refusals.get(row.requestId) ?? null);
  books.spend.add(row.day, row.costNanoUsd);
  books.tokens.add(now, row.usage.inputTokens + row.usage.outputTokens);
  books.leases.close(row.requestId);
}
