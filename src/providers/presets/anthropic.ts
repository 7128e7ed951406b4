import { fromModelsDev, type Preset } from './preset.ts';

const ALL = { inputs: 'text,image', tools: true, thinking: { kind: 'none' } } as const;
const NO_CACHE = 'no cached price: the OpenAI-compatible endpoint has no prompt cache';

/** Claude by Anthropic's OpenAI-compatible endpoint, which Anthropic means for trying. */
export const anthropic: Preset = {
  id: 'anthropic',
  name: 'Anthropic',
  base_url: 'https://api.anthropic.com/v1',
  key_variable: 'ANTHROPIC_API_KEY',
  rules: {
    // It ignores `reasoning_effort` and returns no reasoning.
    thinking: {},
    // What asks for its list wants headers of its own.
    models_path: null,
  },
  models: [
    { id: 'claude-opus-4-8', ...ALL, context_length: 1_000_000, max_output: 128_000, price: { input: 5, output: 25 } },
    { id: 'claude-sonnet-5', ...ALL, context_length: 1_000_000, max_output: 128_000, price: { input: 2, output: 10 } },
    { id: 'claude-haiku-4-5', ...ALL, context_length: 200_000, max_output: 64_000, price: { input: 1, output: 5 } },
  ].map((model) => ({ ...model, note: NO_CACHE })),
  valid_from: '2026-06-30',
  sources: [
    {
      says: 'which members are taken, ignored or limited; no prompt cache, no reasoning, no response_format',
      page: 'https://docs.anthropic.com/de/api/openai-sdk',
      day: '2026-11-28',
    },
    fromModelsDev('https://docs.anthropic.com/en/docs/about-claude/models'),
  ],
  unchecked: ['response_format is ignored: ask for JSON in words', 'n has to be 1'],
};
