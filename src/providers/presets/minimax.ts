import { fromModelsDev, type Preset, type PresetModel, upTo } from './preset.ts';

const M2 = {
  context_length: 204_800,
  max_output: 131_072,
  inputs: 'text',
  tools: true,
  thinking: { kind: 'always', efforts: [] },
} as const;

const models: readonly PresetModel[] = [
  {
    id: 'MiniMax-M3',
    ...upTo(512_000),
    max_output: 128_000,
    inputs: 'text,image,video',
    tools: true,
    thinking: { kind: 'switch', default: 'on', efforts: [] },
    price: { input: 0.3, cached: 0.06, output: 1.2 },
  },
  { id: 'MiniMax-M2.7', ...M2, price: { input: 0.3, cached: 0.06, output: 1.2, cache_write: 0.375 } },
  { id: 'MiniMax-M2.7-highspeed', ...M2, price: { input: 0.6, cached: 0.06, output: 2.4, cache_write: 0.375 } },
  { id: 'MiniMax-M2.5', ...M2, price: { input: 0.3, cached: 0.03, output: 1.2, cache_write: 0.375 } },
];

export const minimax: Preset = {
  id: 'minimax',
  name: 'MiniMax',
  base_url: 'https://api.minimax.io/v1',
  key_variable: 'MINIMAX_API_KEY',
  rules: {
    rename: { max_tokens: 'max_completion_tokens' },
    // Else it thinks in the middle of its text, in <think> tags.
    set: { reasoning_split: true },
    thinking: { on: { thinking: { type: 'adaptive' } }, off: { thinking: { type: 'disabled' } } },
    // None is documented.
    models_path: null,
  },
  models,
  valid_from: '2026-06-01',
  sources: [
    {
      says: 'the address, reasoning_split, reasoning_details to be given back',
      page: 'https://platform.minimaxi.com/docs/api-reference/text-openai-api',
      day: '2026-11-28',
    },
    {
      says: 'max_completion_tokens; thinking is adaptive or disabled, and M2 always thinks',
      page: 'https://java.agentscope.io/v2/en/integration/model/minimax',
      day: '2026-11-28',
    },
    fromModelsDev('https://platform.minimax.io/docs/guides/quickstart'),
  ],
  unchecked: [
    'reasoning comes as reasoning_details, a list, which goes to clients as it is and not as reasoning_content',
    'the host in China is https://api.minimaxi.com/v1, with keys of its own',
  ],
};
