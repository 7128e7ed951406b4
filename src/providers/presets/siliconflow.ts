import { fromModelsDev, type Preset, type PresetModel } from './preset.ts';

const SWITCH = { kind: 'switch', default: 'on', efforts: [] } as const;
const ALWAYS = { kind: 'always', efforts: [] } as const;
const TEXT = { inputs: 'text', tools: true } as const;

const models: readonly PresetModel[] = [
  {
    id: 'deepseek-ai/DeepSeek-V3.2',
    ...TEXT,
    ...{ context_length: 164_000, max_output: 164_000, thinking: SWITCH },
    price: { input: 0.27, output: 0.42 },
  },
  {
    id: 'zai-org/GLM-5.1',
    ...TEXT,
    ...{ context_length: 205_000, max_output: 205_000, thinking: ALWAYS },
    price: { input: 1.4, cached: 0.26, output: 4.4 },
  },
  {
    id: 'moonshotai/Kimi-K2.6',
    ...{ inputs: 'text,image', tools: true, context_length: 262_000, max_output: 262_000, thinking: ALWAYS },
    price: { input: 0.77, cached: 0.2, output: 4 },
  },
  {
    id: 'Qwen/Qwen3-32B',
    ...TEXT,
    ...{ context_length: 131_000, max_output: 131_000, thinking: SWITCH },
    price: { input: 0.14, output: 0.57 },
  },
  {
    id: 'Qwen/Qwen3-Coder-480B-A35B-Instruct',
    ...TEXT,
    ...{ context_length: 262_000, max_output: 262_000, thinking: { kind: 'none' } },
    price: { input: 0.25, output: 1 },
  },
];

export const siliconflow: Preset = {
  id: 'siliconflow',
  name: 'SiliconFlow',
  base_url: 'https://api.siliconflow.com/v1',
  key_variable: 'SILICONFLOW_API_KEY',
  rules: {
    thinking: { on: { enable_thinking: true }, off: { enable_thinking: false } },
  },
  models,
  valid_from: '2026-04-21',
  sources: [
    {
      says: 'enable_thinking for the models that have a switch',
      page: 'https://docs.siliconflow.com/en/api-reference/chat-completions/chat-completions',
      day: '2026-06-25',
    },
    fromModelsDev('https://cloud.siliconflow.com/models'),
  ],
  unchecked: ['whether GLM-5.1 and Kimi-K2.6 can be kept from thinking there'],
};
