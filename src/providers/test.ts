import type { Model } from '../catalog/model.ts';
import { openAICompatible } from './openai-compatible.ts';
import { answerTest } from './test-answer.ts';
import { embedTest } from './test-embedding.ts';

function model(id: string, over: Partial<Model> = {}): Model {
  return {
    id,
    contextLength: 1_000_000,
    maxOutput: 1_000_000,
    inputs: ['text', 'image', 'video', 'audio', 'file'],
    tools: true,
    thinking: { kind: 'none' },
    structured: 'schema',
    wantsReasoning: false,
    // A price, so that budgets can be tried; a word is a token.
    prices: [{ validFrom: '2020-01-01', revision: 'test-1', input: 1, cached: 0.1, output: 2 }],
    created: Date.parse('2026-01-01') / 1000,
    ...over,
  };
}

/**
 * Answers out of the Worker, without network or key, always the same:
 * `echo` repeats the last user message, `reason` thinks first, `tool` calls the first tool,
 * `slow` sends a word each 200 ms, `error` fails with the HTTP status in the last user message, `flaky` fails with 503 for
 * about every second request id and repeats for the others, `embed` makes embeddings.
 */
export const test = openAICompatible({
  id: 'test',
  name: 'The test provider',
  variables: null,
  baseUrl: 'https://test.invalid',
  models: [
    model('echo'),
    model('reason', { thinking: { kind: 'always', efforts: [] }, wantsReasoning: true }),
    model('tool'),
    model('slow'),
    model('error'),
    model('flaky'),
    model('embed', { maxOutput: 0, embedding: { maxInputs: 64, dimensions: null } }),
  ],
  modelsPath: null,
  answer: answerTest,
  embed: embedTest,
});
