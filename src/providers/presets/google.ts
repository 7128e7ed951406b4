import { fromModelsDev, type Preset, type PresetModel, upTo } from './preset.ts';

const ALWAYS = { kind: 'always', efforts: ['minimal', 'low', 'medium', 'high'] } as const;
const PRO = { kind: 'always', efforts: ['low', 'medium', 'high'] } as const;
const SWITCH = { kind: 'switch', default: 'on', efforts: ['low', 'medium', 'high'] } as const;
// Sound costs more than text, and the usage does not tell them apart.
const ALL = { max_output: 65_536, inputs: 'text,image', tools: true } as const;
const CONTEXT = { context_length: 1_048_576 } as const;

const models: readonly PresetModel[] = [
  { id: 'gemini-3.5-flash', ...ALL, ...CONTEXT, thinking: ALWAYS, price: { input: 1.5, cached: 0.15, output: 9 } },
  {
    id: 'gemini-3.1-flash-lite',
    ...ALL,
    ...CONTEXT,
    thinking: ALWAYS,
    price: { input: 0.25, cached: 0.025, output: 1.5 },
  },
  {
    id: 'gemini-3.1-pro-preview',
    ...ALL,
    ...upTo(200_000),
    thinking: PRO,
    price: { input: 2, cached: 0.2, output: 12 },
  },
  { id: 'gemini-2.5-pro', ...ALL, ...upTo(200_000), thinking: PRO, price: { input: 1.25, cached: 0.125, output: 10 } },
  { id: 'gemini-2.5-flash', ...ALL, ...CONTEXT, thinking: SWITCH, price: { input: 0.3, cached: 0.03, output: 2.5 } },
  { id: 'gemini-embedding-001', kind: 'embedding', context_length: 2_048, inputs: 'text', price: { input: 0.15 } },
];

/** Gemini by Google's OpenAI-compatible endpoint. */
export const google: Preset = {
  id: 'google',
  name: 'Google',
  base_url: 'https://generativelanguage.googleapis.com/v1beta/openai',
  key_variable: 'GEMINI_API_KEY',
  rules: {
    thinking: { off: { reasoning_effort: 'none' } },
    // Its list calls them models/….
    models_path: null,
  },
  models,
  valid_from: '2026-05-19',
  sources: [
    {
      says: 'the address, and that keys go as a bearer',
      page: 'https://ai.google.dev/gemini-api/docs/openai',
      day: '2026-11-28',
    },
    fromModelsDev('https://ai.google.dev/gemini-api/docs/models'),
  ],
  unchecked: [
    'reasoning_effort, and none for 2.5 models that are not pro, are from memory',
    'Gemini 3 wants the thought signatures of its tool calls back, in extra_content: a client that drops them is refused',
    'reasoning is not shown unless extra_body asks for it',
  ],
};
