import { fromModelsDev, type Preset, type PresetModel, upTo } from './preset.ts';

const EFFORTS = ['none', 'low', 'medium', 'high', 'xhigh'];
const SWITCH = { kind: 'switch', default: 'on', efforts: EFFORTS } as const;
const ALWAYS = { kind: 'always', efforts: ['minimal', 'low', 'medium', 'high'] } as const;
const SMALL = { context_length: 400_000, max_output: 128_000, inputs: 'text,image', tools: true } as const;
const LARGE = {
  ...upTo(272_000),
  max_output: 128_000,
  inputs: 'text,image,file',
  tools: true,
  thinking: SWITCH,
} as const;
const NO_THOUGHT = { max_output: 32_768, inputs: 'text,image', tools: true, thinking: { kind: 'none' } } as const;

const models: readonly PresetModel[] = [
  { id: 'gpt-5.5', ...LARGE, price: { input: 5, cached: 0.5, output: 30 } },
  { id: 'gpt-5.4', ...LARGE, price: { input: 2.5, cached: 0.25, output: 15 } },
  { id: 'gpt-5.4-mini', ...SMALL, thinking: SWITCH, price: { input: 0.75, cached: 0.075, output: 4.5 } },
  { id: 'gpt-5.4-nano', ...SMALL, thinking: SWITCH, price: { input: 0.2, cached: 0.02, output: 1.25 } },
  { id: 'gpt-5-mini', ...SMALL, thinking: ALWAYS, price: { input: 0.25, cached: 0.025, output: 2 } },
  { id: 'gpt-4.1', ...NO_THOUGHT, context_length: 1_047_576, price: { input: 2, cached: 0.5, output: 8 } },
  { id: 'gpt-4.1-mini', ...NO_THOUGHT, context_length: 1_047_576, price: { input: 0.4, cached: 0.1, output: 1.6 } },
  { id: 'text-embedding-3-large', kind: 'embedding', context_length: 8_191, inputs: 'text', price: { input: 0.13 } },
  { id: 'text-embedding-3-small', kind: 'embedding', context_length: 8_191, inputs: 'text', price: { input: 0.02 } },
];

export const openai: Preset = {
  id: 'openai',
  name: 'OpenAI',
  base_url: 'https://api.openai.com/v1',
  key_variable: 'OPENAI_API_KEY',
  rules: {
    // Models that reason take no `max_tokens`.
    rename: { max_tokens: 'max_completion_tokens' },
    thinking: { off: { reasoning_effort: 'none' } },
  },
  models,
  valid_from: '2026-04-23',
  sources: [
    {
      says: 'models that reason want max_completion_tokens',
      page: 'https://preview.hex.pm/preview/req_llm/1.4.0/show/guides/openai.md',
      day: '2026-11-28',
    },
    { says: 'the address', page: 'https://www.mintlify.com/agdevhq/core-ai/api/providers/openai', day: '2026-11-28' },
    fromModelsDev('https://platform.openai.com/docs/models'),
  ],
  unchecked: [
    'models that reason refuse a temperature: leave it out',
    'an unknown member of a request is an error there',
    'Chat Completions shows no reasoning',
  ],
};
