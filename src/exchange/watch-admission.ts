import type { Exchange } from './exchange.ts';
import type { VendorLine } from './provider-line.ts';
import { refusal } from './refusal.ts';

/** Cuts the line to the vendor if the ledger says no while the vendor is already at work. */
export function watchAdmission(exchange: Exchange, line: VendorLine): void {
  exchange.runAfter(
    'admission',
    exchange.admission.then((admission) => {
      if (admission?.kind === 'refused') line.stop(refusal(admission, exchange.requestedModel));
    }),
  );
}
