import { fromModelsDev, type Preset } from './preset.ts';

const OSS = {
  context_length: 131_072,
  max_output: 65_536,
  inputs: 'text',
  tools: true,
  thinking: { kind: 'always', efforts: ['low', 'medium', 'high'] },
} as const;
const LLAMA = { context_length: 131_072, inputs: 'text', tools: true, thinking: { kind: 'none' } } as const;

export const groq: Preset = {
  id: 'groq',
  name: 'Groq',
  base_url: 'https://api.groq.com/openai/v1',
  key_variable: 'GROQ_API_KEY',
  rules: {
    rename: { max_tokens: 'max_completion_tokens' },
    // Each is a 400.
    strip: ['logprobs', 'logit_bias', 'top_logprobs'],
    thinking: {},
    reasoning_field: 'reasoning',
  },
  models: [
    { id: 'openai/gpt-oss-120b', ...OSS, price: { input: 0.15, cached: 0.075, output: 0.6 } },
    { id: 'openai/gpt-oss-20b', ...OSS, price: { input: 0.075, cached: 0.0375, output: 0.3 } },
    { id: 'llama-3.3-70b-versatile', ...LLAMA, max_output: 32_768, price: { input: 0.59, output: 0.79 } },
    { id: 'llama-3.1-8b-instant', ...LLAMA, max_output: 131_072, price: { input: 0.05, output: 0.08 } },
  ],
  valid_from: '2025-08-05',
  sources: [
    {
      says: 'the address, reasoning_effort, the field of reasoning',
      page: 'https://console.groq.com/docs/reasoning',
      day: '2026-06-25',
    },
    fromModelsDev('https://console.groq.com/docs/models'),
  ],
  unchecked: ['which members are refused, by https://console.groq.com/docs/openai, is from memory'],
};
