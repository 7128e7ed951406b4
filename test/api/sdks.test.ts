import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { type LanguageModel, stepCountIs, streamText, tool } from 'ai';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { agentScript } from '../support/agent-script.ts';
import { makeKey } from '../support/keys.ts';
import { playProvider, sse, streamOf } from '../support/provider.ts';
import { BASE_URL, routerFetch } from '../support/router.ts';
import { createStrictProvider, type ProviderName } from '../support/strict-provider.ts';

/* The AI SDK's own loop of tools through Messages and Responses, against a provider that refuses what the true ones do. */

let secret = '';

beforeAll(async () => {
  vi.stubGlobal('AI_SDK_LOG_WARNINGS', false);
  ({ secret } = await makeKey());
});

const MODELS: Record<string, string> = { deepseek: 'deepseek/deepseek-flash', moonshot: 'moonshot/kimi-k3' };

const DOORS: [string, (model: string) => LanguageModel, object][] = [
  [
    'Messages',
    (model) => createAnthropic({ baseURL: BASE_URL, apiKey: secret, fetch: routerFetch })(model),
    { anthropic: { thinking: { type: 'enabled', budgetTokens: 2000 } } },
  ],
  [
    'Responses',
    (model) => createOpenAI({ baseURL: BASE_URL, apiKey: secret, fetch: routerFetch }).responses(model),
    {
      openai: {
        store: false,
        reasoningSummary: 'auto',
        forceReasoning: true,
        include: ['reasoning.encrypted_content'],
      },
    },
  ],
];

const input = z.object({ path: z.optional(z.string()), input: z.optional(z.string()) });
const read = tool({ inputSchema: input, execute: async () => 'It says 42' });

describe.each(DOORS)('the AI SDK at %s', (_door, open, options) => {
  it.each(['deepseek', 'moonshot'] as ProviderName[])('does 20 turns with %s', async (provider) => {
    const script = agentScript(7);
    const double = createStrictProvider(provider, (chat, position) => {
      const turn = script(chat, position);
      const calls =
        turn.calls.length > 0 || position >= 20
          ? turn.calls
          : [{ id: `x:${position}`, name: 'read_file', arguments: '{}' }];
      return { ...turn, reasoning: `${turn.reasoning}!`.toWellFormed(), calls: position >= 20 ? [] : calls };
    });
    playProvider(({ json }) => {
      const answer = double.answer(json);
      if (answer.kind === 'refused') return Response.json(answer.body, { status: answer.status });
      return streamOf(sse(answer.chunks));
    });
    const errors: unknown[] = [];
    const result = streamText({
      model: open(MODELS[provider] ?? ''),
      prompt: 'Hi',
      tools: { read_file: read, ApplyPatch: read },
      stopWhen: stepCountIs(30),
      maxOutputTokens: 4000,
      maxRetries: 0,
      providerOptions: options as Record<string, never>,
      onError: ({ error }) => void errors.push(error),
    });
    await result.consumeStream();
    expect(errors).toEqual([]);
    expect((await result.steps).length).toBe(21);
    expect(double.lost).toBe(0);
    expect(double.returned).toBe((21 * 20) / 2);
  });
});
