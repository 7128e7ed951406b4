import * as z from 'zod/mini';

/** What a provider says of the account's money. */
export interface Balance {
  /** For people: "12.50 USD, 3.00 CNY". */
  text: string;
  /** True where the provider refuses requests for want of it, though its other routes work. */
  isEmpty: boolean;
}

const deepseekSchema = z.looseObject({
  is_available: z.optional(z.boolean()),
  balance_infos: z.array(z.looseObject({ currency: z.string(), total_balance: z.string() })),
});

/** DeepSeek's balances; null where the answer has another form. https://api-docs.deepseek.com/api/get-user-balance */
export function readBalances(body: unknown): Balance | null {
  const parsed = deepseekSchema.safeParse(body);
  if (!parsed.success) return null;
  const { balance_infos, is_available } = parsed.data;
  const text = balance_infos.map(({ total_balance, currency }) => `${total_balance} ${currency}`).join(', ');
  return { text, isEmpty: is_available === false };
}

const moonshotSchema = z.looseObject({ data: z.looseObject({ available_balance: z.number() }) });

/** Moonshot's balance; the host decides the currency (USD on .ai, CNY on .cn). Null where the answer has another form. */
export function readAvailableBalance(body: unknown): Balance | null {
  const parsed = moonshotSchema.safeParse(body);
  if (!parsed.success) return null;
  const { available_balance: balance } = parsed.data.data;
  return { text: `${balance.toFixed(2)} in the account's currency`, isEmpty: balance <= 0 };
}
