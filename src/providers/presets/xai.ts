import { fromModelsDev, type Preset, upTo } from './preset.ts';

const GROK = { ...upTo(200_000), max_output: 30_000, inputs: 'text,image', tools: true } as const;
const PRICE = { input: 1.25, cached: 0.2, output: 2.5 };

export const xai: Preset = {
  id: 'xai',
  name: 'xAI',
  base_url: 'https://api.x.ai/v1',
  key_variable: 'XAI_API_KEY',
  rules: {
    rename: { max_tokens: 'max_completion_tokens' },
    thinking: { off: { reasoning_effort: 'none' } },
  },
  models: [
    {
      id: 'grok-4.3',
      ...GROK,
      thinking: { kind: 'switch', default: 'on', efforts: ['none', 'low', 'medium', 'high'] },
      price: PRICE,
    },
    { id: 'grok-4.20-0309-reasoning', ...GROK, thinking: { kind: 'always', efforts: [] }, price: PRICE },
    { id: 'grok-4.20-0309-non-reasoning', ...GROK, thinking: { kind: 'none' }, price: PRICE },
  ],
  valid_from: '2026-04-17',
  sources: [
    {
      says: 'reasoning_effort of grok-4.3 is none, low, medium or high; grok-4.20 refuses it',
      page: 'https://newreleases.io/project/github/vercel/ai/release/@ai-sdk%2Fxai@4.0.8',
      day: '2026-11-28',
    },
    {
      says: 'Chat Completions is deprecated there, and still answers',
      page: 'https://docs.x.ai/developers/model-capabilities/text/best-practices',
      day: '2026-11-28',
    },
    fromModelsDev('https://docs.x.ai/docs/models'),
  ],
  unchecked: [
    'models that reason refuse stop, presence_penalty and frequency_penalty: leave them out',
    'newer models than these are there; their prices were not found',
  ],
};
