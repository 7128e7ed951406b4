import { nanoToUsd } from '../protocol/money.ts';
import type { Budgets } from '../store/schema.ts';
import { budgetsOf } from './policy.ts';
import type { Window, Windows } from './windows.ts';

/** Whose budget an alert is about: a key's, or that of a user or a team over all their keys. */
export type AlertSubject =
  | { key_id: string; owner: string; name: string }
  | { level: 'user' | 'team'; id: string; name: string };

/** What ALERT_WEBHOOK_URL is told: a share of a budget has been passed. */
export type Alert = AlertSubject & {
  window: Window;
  percent: number;
  spent_usd: string;
  limit_usd: string;
  /** ISO UTC; null for the total budget. */
  reset_at: string | null;
};

/** The alerts of one key, user or team: each once in a window's period and for a limit, kept until it is sent. Times are ms since 1970. */
export interface AlertBook {
  note(subject: AlertSubject, budgets: Budgets, spent: (window: Window) => number, windows: Windows, now: number): void;
  /** What is to be sent now, by name. */
  due(now: number): [name: string, alert: Alert][];
  /** Tells how sending it went: what failed is due again, later each time. */
  done(name: string, isSent: boolean, now: number): void;
  /** When there is something to send; Infinity for never. */
  nextDue(): number;
}

const PERCENTS = [80, 100];
const FIRST_RETRY_MS = 60_000;
const LONGEST_RETRY_MS = 3_600_000;
// No period but that of the total is longer than a month.
const KEEP_MS = 40 * 86_400_000;

const ADD = 'INSERT INTO alerts (name, at, alert) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
const FORGET = "DELETE FROM alerts WHERE at < ? AND name NOT LIKE 'total/%'";

function periodOf(window: Window, { day, weekStart, monthStart }: Windows): string {
  return { day, week: weekStart, month: monthStart, total: '' }[window];
}

function alertOf(subject: AlertSubject, window: Window, spent: number, limit: number, windows: Windows) {
  const reset_at = window === 'total' ? null : new Date(windows.resetAt[window]).toISOString();
  return { ...subject, window, spent_usd: nanoToUsd(spent), limit_usd: nanoToUsd(limit), reset_at };
}

/** Opens the book after a start, with what was not sent before. */
export function openAlertBook(sql: SqlStorage): AlertBook {
  const known = new Set<string>();
  const waiting = new Map<string, { alert: Alert; times: number; dueAt: number }>();
  for (const row of sql.exec<{ name: string; alert: string | null }>('SELECT name, alert FROM alerts')) {
    known.add(row.name);
    // Written by `note` below, and by nothing else.
    if (row.alert !== null) waiting.set(row.name, { alert: JSON.parse(row.alert), times: 0, dueAt: 0 });
  }

  return {
    note(subject, budgets, spent, windows, now) {
      for (const { window, limit } of budgetsOf(budgets)) {
        for (const percent of PERCENTS) {
          // With the limit: a budget that was raised is passed anew.
          const name = `${window}/${periodOf(window, windows)}/${limit}/${percent}`;
          if (known.has(name) || spent(window) * 100 < limit * percent) continue;
          const alert = { ...alertOf(subject, window, spent(window), limit, windows), percent };
          sql.exec(FORGET, now - KEEP_MS);
          sql.exec(ADD, name, now, JSON.stringify(alert));
          known.add(name);
          waiting.set(name, { alert, times: 0, dueAt: 0 });
        }
      }
    },
    due: (now) => [...waiting].flatMap(([name, { alert, dueAt }]) => (dueAt <= now ? [[name, alert]] : [])),
    done(name, isSent, now) {
      const one = waiting.get(name);
      if (one === undefined) return;
      if (isSent) {
        sql.exec('UPDATE alerts SET alert = NULL WHERE name = ?', name);
        waiting.delete(name);
      } else {
        one.dueAt = now + Math.min(FIRST_RETRY_MS * 2 ** one.times, LONGEST_RETRY_MS);
        one.times += 1;
      }
    },
    nextDue: () => Math.min(...Array.from(waiting.values(), ({ dueAt }) => dueAt)),
  };
}
