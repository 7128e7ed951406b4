import * as z from 'zod/mini';

const deepseekSchema = z.looseObject({
  balance_infos: z.array(z.looseObject({ currency: z.string(), total_balance: z.string() })),
});

/** DeepSeek's balances as text: "12.50 USD, 3.00 CNY". */
export function readBalances(body: unknown): string {
  const parsed = deepseekSchema.safeParse(body);
  if (!parsed.success) return 'unknown';
  return parsed.data.balance_infos.map(({ total_balance, currency }) => `${total_balance} ${currency}`).join(', ');
}

const moonshotSchema = z.looseObject({ data: z.looseObject({ available_balance: z.number() }) });

/** Moonshot's balance as text; the host decides the currency (USD on .ai, CNY on .cn). */
export function readAvailableBalance(body: unknown): string {
  const parsed = moonshotSchema.safeParse(body);
  return parsed.success ? `${parsed.data.data.available_balance.toFixed(2)} in the account's currency` : 'unknown';
}
