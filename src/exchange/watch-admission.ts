import type { Exchange } from './exchange.ts';
import type { ProviderLine } from './provider-line.ts';
import { refusal } from './refusal.ts';

/** Cuts the line to the provider if the ledger says no while the provider is already at work. */
export function watchAdmission(exchange: Exchange, line: ProviderLine): void {
  exchange.runAfter(
    'admission',
    exchange.admission.then((admission) => {
      if (admission?.kind === 'refused') line.stop(refusal(admission, exchange.requestedModel));
    }),
  );
}
