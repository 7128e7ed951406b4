import { otherName, slashFree } from '../catalog/aliases.ts';
import type { Alias, Model } from '../catalog/model.ts';

/*
 * Prices: USD per million tokens, https://platform.kimi.ai/docs/pricing, as of 2026-11-23; K3.1 from a reseller's
 * page that says it equals the official one (docs.apiyi.com, 2026-10-26).
 * Writing to the cache costs what a miss costs, or twice that where the request asks to keep entries an hour.
 * Unverified (2026-11-23): how usage names what was written. `protocol/usage.ts` knows the words of other providers;
 * without one of them a write is billed as a miss, which is the same but for entries of an hour.
 */

/** USD for each call of it: https://platform.kimi.ai/docs/pricing/tools, as of 2026-11-28. */
const SEARCH = { $web_search: 0.005 } as const;

const K3 = {
  contextLength: 1_048_576,
  maxOutput: 1_048_576,
  inputs: ['text', 'image', 'video'],
  tools: true,
  structured: 'schema',
  thinking: { kind: 'always', efforts: ['low', 'high', 'max'] },
  wantsReasoning: true,
} as const satisfies Partial<Model>;

const K2 = {
  contextLength: 262_144,
  maxOutput: 262_144,
  inputs: ['text', 'image', 'video'],
  tools: true,
  structured: 'schema',
  wantsReasoning: true,
  note: 'Moonshot plans to retire K2 at the end of December 2026; accounts from 2026-10-31 on do not get it.',
} as const satisfies Partial<Model>;

const ALWAYS = { kind: 'always', efforts: [] } as const;
const SWITCH = { kind: 'switch', default: 'on', efforts: [] } as const;

export const MOONSHOT_MODELS: readonly Model[] = [
  {
    id: 'kimi-k3.1-pro',
    ...K3,
    prices: [
      {
        validFrom: '2026-10-24',
        revision: 'moonshot-2026-10-24',
        ...{ input: 2, cached: 0.2, output: 10, cacheWrite: 2, cacheWriteHour: 4 },
        tools: SEARCH,
      },
    ],
    created: Date.parse('2026-10-24') / 1000,
  },
  {
    id: 'kimi-k3.1-pro-highspeed',
    ...K3,
    prices: [
      {
        validFrom: '2026-10-24',
        revision: 'moonshot-2026-10-24',
        ...{ input: 4, cached: 0.2, output: 20, cacheWrite: 4, cacheWriteHour: 8 },
        tools: SEARCH,
      },
    ],
    created: Date.parse('2026-10-24') / 1000,
  },
  {
    id: 'kimi-k3',
    ...K3,
    prices: [
      {
        validFrom: '2026-07-16',
        revision: 'moonshot-2026-07-16',
        ...{ input: 3, cached: 0.3, output: 15, cacheWrite: 3, cacheWriteHour: 6 },
        tools: SEARCH,
      },
    ],
    created: Date.parse('2026-07-16') / 1000,
  },
  {
    id: 'kimi-k2.7-code',
    ...K2,
    thinking: ALWAYS,
    prices: [
      { validFrom: '2026-06-01', revision: 'moonshot-2026-06', input: 0.95, cached: 0.19, output: 4, tools: SEARCH },
    ],
    created: Date.parse('2026-06-01') / 1000,
  },
  {
    id: 'kimi-k2.7-code-highspeed',
    ...K2,
    thinking: ALWAYS,
    prices: [
      { validFrom: '2026-06-01', revision: 'moonshot-2026-06', input: 1.9, cached: 0.38, output: 8, tools: SEARCH },
    ],
    created: Date.parse('2026-06-01') / 1000,
  },
  {
    id: 'kimi-k2.6',
    ...K2,
    thinking: SWITCH,
    prices: [
      { validFrom: '2026-04-01', revision: 'moonshot-2026-04', input: 0.95, cached: 0.16, output: 4, tools: SEARCH },
    ],
    // https://openrouter.ai/moonshotai/kimi-k2.6-20260420/api (2026-11-28)
    created: Date.parse('2026-04-20') / 1000,
  },
  {
    id: 'kimi-k2.5',
    ...K2,
    thinking: SWITCH,
    prices: [
      { validFrom: '2026-01-27', revision: 'moonshot-2026-01', input: 0.6, cached: 0.1, output: 3, tools: SEARCH },
    ],
    created: Date.parse('2026-01-27') / 1000,
  },
];

const RETIRED = 'retired 2026-05-25; K2.6 is the newest that can do the same';
const OFF = { thinking: { type: 'disabled' } };
const ON = { thinking: { type: 'enabled' } };

export const MOONSHOT_ALIASES: readonly Alias[] = [
  ...slashFree(MOONSHOT_MODELS),
  // https://github.com/pydantic/pydantic-ai/pull/6208: the first K2 answered at once, -thinking always thought.
  ...otherName('moonshot', 'kimi-k2-0905-preview', 'kimi-k2.6', RETIRED, OFF),
  ...otherName('moonshot', 'kimi-k2-0711-preview', 'kimi-k2.6', RETIRED, OFF),
  ...otherName('moonshot', 'kimi-k2-turbo-preview', 'kimi-k2.6', RETIRED, OFF),
  ...otherName('moonshot', 'kimi-k2-thinking', 'kimi-k2.6', RETIRED, ON),
  ...otherName('moonshot', 'kimi-k2-thinking-turbo', 'kimi-k2.6', RETIRED, ON),
];
