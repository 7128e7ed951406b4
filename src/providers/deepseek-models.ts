import { otherName, slashFree } from '../catalog/aliases.ts';
import { CHINESE_HOLIDAYS } from '../catalog/chinese-holidays.ts';
import type { Alias, Model, PriceBand, TokenPrices } from '../catalog/model.ts';

/** Monday to Friday but for Chinese public holidays, 9 to 12 and 14 to 18 in Beijing; twice the price. */
function peak(prices: TokenPrices): PriceBand {
  return {
    name: 'peak',
    weekdays: [1, 2, 3, 4, 5],
    hours: [
      { from: 1, to: 4 },
      { from: 6, to: 10 },
    ],
    holidays: CHINESE_HOLIDAYS,
    prices,
  };
}

/**
 * `reasoning_effort`: the provider itself takes minimal for low, medium and xhigh for high, ultra for max.
 * https://api-docs.deepseek.com/guides/thinking_mode (2026-11-15)
 */
const THINKING = {
  kind: 'switch',
  default: 'on',
  efforts: ['minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'ultra'],
} as const;

/** Prices: USD per million tokens, https://api-docs.deepseek.com/quick_start/pricing, page of 2026-11-15. */
export const DEEPSEEK_MODELS: readonly Model[] = [
  {
    id: 'deepseek-flash',
    contextLength: 1_000_000,
    maxOutput: 384_000,
    inputs: ['text', 'image'],
    tools: true,
    thinking: THINKING,
    structured: 'object',
    wantsReasoning: true,
    prices: [
      {
        validFrom: '2026-10-17',
        revision: 'deepseek-2026-11-15',
        ...{ input: 0.15, cached: 0.003, output: 0.6 },
        bands: [peak({ input: 0.3, cached: 0.006, output: 1.2 })],
      },
    ],
    created: Date.parse('2026-10-17') / 1000,
  },
  {
    id: 'deepseek-v4-pro',
    contextLength: 1_000_000,
    maxOutput: 384_000,
    inputs: ['text'],
    tools: true,
    thinking: THINKING,
    structured: 'object',
    wantsReasoning: true,
    // A page of mid-September said that pro would be served and billed as flash from 2026-09-14; the page above does
    // not say so any more. Unverified as of 2026-11-23.
    prices: [
      {
        validFrom: '2026-08-13',
        revision: 'deepseek-2026-11-15',
        ...{ input: 0.66, cached: 0.022, output: 1.98 },
        bands: [peak({ input: 1.32, cached: 0.044, output: 3.96 })],
      },
    ],
    created: Date.parse('2026-08-13') / 1000,
  },
];

const RETIRED = 'retired 2026-07-24; the two modes of one model';
const SAME = 'another name that DeepSeek serves and bills as flash';

export const DEEPSEEK_ALIASES: readonly Alias[] = [
  ...slashFree(DEEPSEEK_MODELS),
  // https://github.com/NousResearch/hermes-agent/pull/71212
  ...otherName('deepseek', 'deepseek-chat', 'deepseek-flash', RETIRED, { thinking: { type: 'disabled' } }),
  ...otherName('deepseek', 'deepseek-reasoner', 'deepseek-flash', RETIRED, { thinking: { type: 'enabled' } }),
  ...otherName('deepseek', 'deepseek-v4-flash', 'deepseek-flash', SAME),
  ...otherName('deepseek', 'deepseek-v4-flash-vision-exp', 'deepseek-flash', SAME),
];
