import type { Preset } from './preset.ts';

/** Volcengine Ark (火山方舟), ByteDance's models and others'. */
export const ark: Preset = {
  id: 'ark',
  name: 'Volcengine Ark',
  base_url: 'https://ark.cn-beijing.volces.com/api/v3',
  key_variable: 'ARK_API_KEY',
  rules: {
    thinking: { on: { thinking: { type: 'enabled' } }, off: { thinking: { type: 'disabled' } } },
    // None is documented.
    models_path: null,
  },
  models: [
    {
      id: 'doubao-seed-1-8-251228',
      context_length: 256_000,
      inputs: 'text,image',
      tools: true,
      thinking: { kind: 'switch', default: 'on', efforts: [] },
      note: 'its price is in CNY, by the size of the prompt: give it one of your own',
    },
  ],
  valid_from: '2026-11-28',
  sources: [
    {
      says: 'the address, the model and its context',
      page: 'https://docs.openclaw.ai/fr/providers/volcengine',
      day: '2026-11-28',
    },
    {
      says: 'that there is a switch named thinking',
      page: 'https://docs.rs/crate/model-gateway-rs/0.2.6/source/src/llm/doubao.rs',
      day: '2026-11-28',
    },
  ],
  unchecked: [
    'the words of the switch are from memory',
    'no price in USD was found',
    'a model has to be opened in the console before it answers',
  ],
};
