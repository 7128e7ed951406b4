import { fromModelsDev, type Preset, type PresetModel, upTo } from './preset.ts';

const SWITCH = { kind: 'switch', default: 'on', efforts: [] } as const;
const THINKER = { max_output: 65_536, inputs: 'text', tools: true, thinking: SWITCH } as const;
const EYES = { ...THINKER, inputs: 'text,image,video' } as const;
const MILLION = { context_length: 1_000_000 } as const;
const CODER = { max_output: 65_536, inputs: 'text', tools: true, thinking: { kind: 'none' } } as const;

const models: readonly PresetModel[] = [
  {
    id: 'qwen3.7-max',
    ...THINKER,
    ...MILLION,
    price: { input: 2.5, cached: 0.5, output: 7.5, cache_write: 3.125 },
  },
  {
    id: 'qwen3.7-plus',
    ...EYES,
    ...upTo(256_000),
    price: { input: 0.5, cached: 0.05, output: 3, cache_write: 0.625 },
  },
  { id: 'qwen3.6-flash', ...EYES, ...MILLION, price: { input: 0.1875, output: 1.125, cache_write: 0.234375 } },
  { id: 'qwen3.5-plus', ...EYES, ...MILLION, price: { input: 0.4, output: 2.4 } },
  { id: 'qwen3-coder-plus', ...CODER, context_length: 1_048_576, price: { input: 1, output: 5 } },
  { id: 'qwen3-coder-flash', ...CODER, ...MILLION, price: { input: 0.3, output: 1.5 } },
];

/** Alibaba's Model Studio (DashScope), its host outside China: the prices are that host's. */
export const qwen: Preset = {
  id: 'qwen',
  name: 'Qwen (DashScope)',
  base_url: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
  key_variable: 'QWEN_API_KEY',
  rules: {
    thinking: { on: { enable_thinking: true }, off: { enable_thinking: false } },
  },
  models,
  valid_from: '2026-06-02',
  sources: [
    {
      says: 'enable_thinking, thinking_budget, reasoning_content',
      page: 'https://www.alibabacloud.com/help/en/model-studio/deep-thinking',
      day: '2026-06-25',
    },
    fromModelsDev('https://www.alibabacloud.com/help/en/model-studio/models'),
  ],
  unchecked: [
    'whether the coder models and qwen3.5-plus cost more for long prompts',
    'the host in China, https://dashscope.aliyuncs.com/compatible-mode/v1, has other prices, in CNY',
  ],
};
