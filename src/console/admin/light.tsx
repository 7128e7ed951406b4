import type { Child } from 'hono/jsx';
import type { KeptLight } from '../../ledger/light.ts';
import { Time } from '../kit/time.tsx';
import { useView } from '../kit/view.ts';

const TONES = { ok: 'good', lag: 'soft', bad: 'bad', unknown: 'warn' } as const;

/** Whether the ledgers agree with D1: one sentence, and how old it is. */
export function Light({ light, children }: { light: KeptLight | null; children?: Child }) {
  const { overview } = useView().texts;
  const state = light?.light ?? 'unknown';
  const words = {
    ok: overview.ledgerOk,
    lag: overview.ledgerLag,
    bad: overview.ledgerBad,
    unknown: overview.ledgerUnknown,
  };
  return (
    <>
      <p>
        <span class={`light ${TONES[state]}`} aria-hidden="true"></span>
        {words[state]} {children}
      </p>
      {light !== null && (
        <p class="small soft">
          {overview.ledgerChecked} <Time at={light.at} look="ago" /> · {overview.ledgerKeys(light.keys)}
          {light.budgets > 0 && <> · {overview.ledgerBudgets(light.budgets)}</>}
        </p>
      )}
    </>
  );
}
