import type { Child } from 'hono/jsx';
import type { KeptLight } from '../../ledger/light.ts';
import { ago } from '../kit/format.ts';
import { useView } from '../kit/view.ts';

const TONES = { ok: 'good', lag: 'soft', bad: 'bad', unknown: 'warn' } as const;

/** Whether the ledgers agree with D1: one sentence, and how old it is. */
export function Light({ light, children }: { light: KeptLight | null; children?: Child }) {
  const { now, texts } = useView();
  const { overview } = texts;
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
          {overview.ledgerChecked} {ago(light.at, now, texts)} · {overview.ledgerKeys(light.keys)}
        </p>
      )}
    </>
  );
}
