import { budgetByWindow, leftOf, shareOf } from '../../ledger/tightest-budget.ts';
import type { UsageNow } from '../../ledger/usage-now.ts';
import { WINDOWS, type Window } from '../../ledger/windows.ts';
import type { ApiKey, Budgets } from '../../store/schema.ts';
import { Facts } from './facts.tsx';
import { budgetMoney, count, money } from './format.ts';
import { Meter } from './meter.tsx';
import { Sentence, Time } from './time.tsx';
import { useView } from './view.ts';

interface KeyUsageProps {
  apiKey: ApiKey;
  usage: UsageNow;
}

interface WindowMeterProps {
  budgets: Budgets;
  usage: Pick<UsageNow, 'spent' | 'resetAt'>;
  /** What is set aside beside what is spent, integer nano-USD; null where nobody can say. */
  reserved: number | null;
  window: Window;
}

/** When a budget begins anew; null for never. */
function Reset({ at }: { at: string | null }) {
  const { keyPage } = useView().texts;
  if (at === null) return <>{keyPage.neverResets}</>;
  return (
    <Sentence words={keyPage.resets}>
      <Time at={at} />
    </Sentence>
  );
}

/** What is spent in one window, against its budget where there is one, with what is left and when it begins anew. */
export function WindowMeter({ budgets, usage, reserved, window }: WindowMeterProps) {
  const { keys, keyPage } = useView().texts;
  const budget = budgetByWindow(budgets)[window];
  const spent = usage.spent[window];
  const reset = usage.resetAt[window];
  const name = <span class="soft">{keys.windows[window]}</span>;
  if (budget === null) {
    return (
      <Meter share={null}>
        <span class="head">
          {name}
          <span>{money(spent)}</span>
        </span>
      </Meter>
    );
  }
  const left = keyPage.left(money(leftOf(spent + (reserved ?? 0), budget)));
  return (
    <Meter
      share={shareOf(spent, budget)}
      foot={
        <>
          {left} · <Reset at={reset} />
        </>
      }
    >
      <span class="head">
        {name}
        <span>{keys.of(money(spent), budgetMoney(budget))}</span>
      </span>
    </Meter>
  );
}

/** What a key has spent in each window, against its budgets. */
export function KeyUsage({ apiKey, usage }: KeyUsageProps) {
  const { keyPage } = useView().texts;
  return (
    <>
      <p class="small soft">{usage.held === null ? keyPage.ledgerDown : keyPage.usageNote}</p>
      <div class="meters">
        {WINDOWS.map((window) => (
          <WindowMeter budgets={apiKey} usage={usage} reserved={usage.held} window={window} />
        ))}
        {usage.held !== null && usage.held > 0 && (
          <p class="small soft">
            {keyPage.held}: {money(usage.held)} · {keyPage.running}: {count(usage.running ?? 0)}
          </p>
        )}
      </div>
    </>
  );
}

/** A key's limits as facts. */
export function KeyLimits({ apiKey }: { apiKey: ApiKey }) {
  const { keyForm, keyPage, unlimited } = useView().texts;
  const limit = (value: number | null) => (value === null ? unlimited : count(value));
  return (
    <Facts
      facts={[
        [keyForm.rpm, limit(apiKey.rpm)],
        [keyForm.tpm, limit(apiKey.tpm)],
        [keyForm.maxConcurrent, limit(apiKey.maxConcurrent)],
        [keyPage.allowed, apiKey.models === null ? keyPage.allModels : apiKey.models.split(',').join(', ')],
        [keyPage.expires, apiKey.expiresAt === null ? keyForm.noExpiry : <Time at={apiKey.expiresAt} />],
      ]}
    />
  );
}
