import { slashFree } from '../catalog/aliases.ts';
import type { Alias, Model, TokenPrices } from '../catalog/model.ts';

const BIG = {
  contextLength: 1_000_000,
  maxOutput: 131_072,
  tools: true,
  structured: 'object',
  wantsReasoning: true,
} as const;
const SMALL = {
  contextLength: 200_000,
  maxOutput: 131_072,
  tools: true,
  structured: 'object',
  wantsReasoning: true,
} as const;
const TEXT = ['text'] as const;

/** GLM-5.3 answers 400 to `disabled`; of `none` reports differ (2026-11-23), so it gets `low`. https://docs.z.ai/guides/capabilities/thinking */
const ALWAYS = { kind: 'always', efforts: ['low', 'high', 'max'] } as const;
/** On GLM-5.2 `none` and `minimal` skip thinking. */
const GLM_5_2 = { kind: 'switch', default: 'on', efforts: ['none', 'minimal', 'high', 'max'] } as const;
/** Before GLM-5.2 there is the switch alone. */
const SWITCH = { kind: 'switch', default: 'on', efforts: [] } as const;

/**
 * USD per million tokens: https://docs.z.ai/guides/overview/pricing and models.dev, as of 2026-11-23. The revision keeps
 * the day it was given; `released` is the day of the release where that is another one.
 */
function since(validFrom: string, prices: TokenPrices, released = validFrom) {
  return {
    prices: [{ validFrom, revision: `zai-${validFrom}`, ...prices }],
    created: Date.parse(released) / 1000,
  };
}

const FLAGSHIP = { input: 1.4, cached: 0.26, output: 4.4 };
const TURBO = { input: 1.2, cached: 0.24, output: 4 };

/*
 * Release days, looked up 2026-11-28: 5.3 https://openrouter.ai/~z-ai/glm-latest/api, 5.3-flash
 * https://docs.venice.ai/zh/models/glm-5-3-flash, 5.2 https://github.com/BlockRunAI/ClawRouter/releases/tag/v0.12.211,
 * 5.1, 5-turbo and 5v-turbo https://vercel.com/ai-gateway/models/glm-5-turbo/similar.
 */
export const ZAI_MODELS: readonly Model[] = [
  { id: 'glm-5.3', ...BIG, inputs: TEXT, thinking: ALWAYS, ...since('2026-08-01', FLAGSHIP, '2026-08-19') },
  {
    id: 'glm-5.3-flash',
    ...BIG,
    // Video: https://openrouter.ai/~z-ai/glm-flash-latest, https://docs.apiyi.com/en/models/glm-5-3-flash.md (2026-11).
    inputs: ['text', 'image', 'video', 'file'],
    thinking: ALWAYS,
    ...since('2026-08-01', { input: 0.15, cached: 0.03, output: 0.5 }, '2026-08-21'),
  },
  { id: 'glm-5.2', ...BIG, inputs: TEXT, thinking: GLM_5_2, ...since('2026-06-01', FLAGSHIP, '2026-06-16') },
  { id: 'glm-5.1', ...SMALL, inputs: TEXT, thinking: SWITCH, ...since('2026-04-01', FLAGSHIP, '2026-04-07') },
  {
    id: 'glm-5',
    ...SMALL,
    contextLength: 204_800,
    inputs: TEXT,
    thinking: SWITCH,
    ...since('2026-02-11', { input: 1, cached: 0.2, output: 3.2 }),
  },
  { id: 'glm-5-turbo', ...SMALL, inputs: TEXT, thinking: SWITCH, ...since('2026-03-01', TURBO, '2026-03-15') },
  {
    id: 'glm-5v-turbo',
    ...SMALL,
    inputs: ['text', 'image', 'video', 'file'],
    thinking: SWITCH,
    ...since('2026-04-01', TURBO),
  },
  {
    id: 'glm-4.7',
    ...SMALL,
    inputs: TEXT,
    thinking: SWITCH,
    ...since('2025-12-22', { input: 0.6, cached: 0.11, output: 2.2 }),
  },
  {
    id: 'glm-4.7-flashx',
    ...SMALL,
    inputs: TEXT,
    thinking: SWITCH,
    ...since('2026-01-19', { input: 0.07, cached: 0.01, output: 0.4 }),
  },
  {
    id: 'glm-4.7-flash',
    ...SMALL,
    inputs: TEXT,
    thinking: SWITCH,
    ...since('2026-01-19', { input: 0, cached: 0, output: 0 }),
  },
  {
    id: 'embedding-3',
    contextLength: 3_072,
    maxOutput: 0,
    inputs: TEXT,
    tools: false,
    thinking: { kind: 'none' },
    structured: 'object',
    wantsReasoning: false,
    // https://docs.bigmodel.cn/cn/guide/models/embedding/embedding-3 (2026-11): 64 texts, four lengths of vectors.
    embedding: { maxInputs: 64, dimensions: [256, 512, 1024, 2048] },
    // The page prices it in CNY alone, 0.5 a million; at 7.1 CNY a USD.
    ...since('2024-10-01', { input: 0.07, cached: 0.07, output: 0 }),
  },
];

export const ZAI_ALIASES: readonly Alias[] = slashFree(ZAI_MODELS);
