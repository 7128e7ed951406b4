import type { Preset } from './preset.ts';

function effort(name: string) {
  return [name, { reasoning: { effort: name } }] as const;
}

/** OpenRouter takes any of its models' names, and says with each answer what it cost. */
export const openrouter: Preset = {
  id: 'openrouter',
  name: 'OpenRouter',
  base_url: 'https://openrouter.ai/api/v1',
  key_variable: 'OPENROUTER_API_KEY',
  rules: {
    thinking: {
      on: { reasoning: { enabled: true } },
      off: { reasoning: { enabled: false } },
      efforts: Object.fromEntries(['minimal', 'low', 'medium', 'high', 'xhigh'].map(effort)),
    },
    reasoning_field: 'reasoning',
    usage: { cost: '/cost' },
    models: '*',
  },
  models: [],
  valid_from: '2026-11-28',
  sources: [
    {
      says: 'usage.cost in every answer, streamed ones too',
      page: 'https://openrouter.ai/docs/use-cases/usage-accounting',
      day: '2026-11-28',
    },
    {
      says: 'reasoning.enabled and reasoning.effort; reasoning in deltas and messages',
      page: 'https://openrouter.ai/docs/use-cases/reasoning-tokens',
      day: '2026-11-28',
    },
  ],
  unchecked: [
    'a credit is taken for a dollar; with keys of your own there, its cost leaves out what the provider bills you',
    'reasoning_details, which some models want back, goes through as it is',
  ],
};
