import { fromModelsDev, type Preset } from './preset.ts';

const SWITCH = { kind: 'switch', default: 'off', efforts: ['high'] } as const;
const NONE = { kind: 'none' } as const;
const EYES = { inputs: 'text,image', tools: true } as const;
const LARGE = { context_length: 262_144, max_output: 262_144 } as const;

export const mistral: Preset = {
  id: 'mistral',
  name: 'Mistral',
  base_url: 'https://api.mistral.ai/v1',
  key_variable: 'MISTRAL_API_KEY',
  rules: {
    rename: { seed: 'random_seed' },
    thinking: { on: { reasoning_effort: 'high' }, off: { reasoning_effort: 'none' } },
    finish_reasons: { model_length: 'length' },
  },
  models: [
    { id: 'mistral-large-2512', ...EYES, ...LARGE, thinking: NONE, price: { input: 0.5, output: 1.5 } },
    { id: 'mistral-medium-2604', ...EYES, ...LARGE, thinking: SWITCH, price: { input: 1.5, output: 7.5 } },
    {
      id: 'mistral-small-2603',
      ...EYES,
      ...{ context_length: 256_000, max_output: 256_000, thinking: SWITCH },
      price: { input: 0.15, output: 0.6 },
    },
    {
      id: 'codestral-latest',
      ...{ context_length: 256_000, max_output: 4_096, inputs: 'text', tools: true, thinking: NONE },
      price: { input: 0.3, output: 0.9 },
    },
    { id: 'mistral-embed', kind: 'embedding', context_length: 8_000, inputs: 'text', price: { input: 0.1 } },
  ],
  valid_from: '2026-04-29',
  sources: [
    {
      says: 'reasoning_effort, and thinking as parts of the content',
      page: 'https://docs.mistral.ai/inference/conversations/reasoning',
      day: '2026-11-28',
    },
    fromModelsDev('https://docs.mistral.ai/getting-started/models/'),
  ],
  unchecked: [
    'random_seed and the finish reason model_length, by https://docs.mistral.ai/api, are from memory',
    'an unknown member of a request is an error there',
  ],
};
