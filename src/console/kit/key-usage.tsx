import { WINDOWS, type Window } from '../../ledger/windows.ts';
import type { ApiKey } from '../../store/schema.ts';
import { budgetsOf, shareOf } from './budget.ts';
import { budgetMoney, count, dateTime, money } from './format.ts';
import { Meter } from './meter.tsx';
import type { View } from './view.ts';

/** What a key has spent now. */
export interface KeyUsageState {
  /** Integer nano-USD, settled. */
  spent: Record<Window, number>;
  /** Integer nano-USD set aside for running requests; null where only D1 answered. */
  held: number | null;
  running: number | null;
  /** ISO UTC; null for a window that does not end. */
  resetAt: Record<Window, string | null>;
}

function WindowMeter({
  view,
  apiKey,
  usage,
  window,
}: {
  view: View;
  apiKey: ApiKey;
  usage: KeyUsageState;
  window: Window;
}) {
  const { keys, keyPage } = view.texts;
  const budget = budgetsOf(apiKey)[window];
  const spent = usage.spent[window];
  const reset = usage.resetAt[window];
  if (budget === null) {
    return (
      <Meter share={null}>
        <span class="head">
          <span class="soft">{keys.windows[window]}</span>
          <span>{money(spent)}</span>
        </span>
      </Meter>
    );
  }
  return (
    <Meter
      share={shareOf(spent, budget)}
      foot={reset === null ? keyPage.neverResets : keyPage.resets(dateTime(reset, view))}
    >
      <span class="head">
        <span class="soft">{keys.windows[window]}</span>
        <span>{keys.of(money(spent), budgetMoney(budget))}</span>
      </span>
    </Meter>
  );
}

/** What a key has spent in each window, against its budgets. */
export function KeyUsage({ view, apiKey, usage }: { view: View; apiKey: ApiKey; usage: KeyUsageState }) {
  const { keyPage } = view.texts;
  return (
    <div class="meters">
      {WINDOWS.map((window) => (
        <WindowMeter view={view} apiKey={apiKey} usage={usage} window={window} />
      ))}
      {usage.held !== null && usage.held > 0 && (
        <p class="small soft">
          {keyPage.held}: {money(usage.held)} · {keyPage.running}: {count(usage.running ?? 0)}
        </p>
      )}
    </div>
  );
}

/** A key's limits as facts. */
export function KeyLimits({ view, apiKey }: { view: View; apiKey: ApiKey }) {
  const { keyForm, keyPage } = view.texts;
  const limits = [
    [keyForm.rpm, apiKey.rpm],
    [keyForm.tpm, apiKey.tpm],
    [keyForm.maxConcurrent, apiKey.maxConcurrent],
  ] as const;
  return (
    <dl class="facts">
      {limits.map(([name, limit]) => (
        <>
          <dt>{name}</dt>
          <dd>{limit === null ? view.texts.unlimited : count(limit)}</dd>
        </>
      ))}
      <dt>{keyPage.allowed}</dt>
      <dd>{apiKey.models === null ? keyPage.allModels : apiKey.models.split(',').join(', ')}</dd>
      <dt>{keyPage.expires}</dt>
      <dd>{apiKey.expiresAt === null ? keyForm.noExpiry : dateTime(apiKey.expiresAt, view)}</dd>
    </dl>
  );
}
