import { Agent, type ModelSettings, OpenAIProvider, Runner, tool } from '@openai/agents';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentScript } from '../support/agent-script.ts';
import { makeKey } from '../support/keys.ts';
import { playProvider, sse, streamOf } from '../support/provider.ts';
import { openaiClient } from '../support/router.ts';
import { completionOfTurn, createStrictProvider, type ProviderName } from '../support/strict-provider.ts';

/* OpenAI's Agents SDK does its own loop of tools at Responses and at Chat Completions, against a provider as strict as the true ones. */

const TURNS = 20;
const MODELS: Record<string, string> = { deepseek: 'deepseek/deepseek-flash', moonshot: 'moonshot/kimi-k3' };
const secrets: Record<string, string> = {};

beforeAll(async () => {
  for (const purpose of ['default', 'reasoning']) secrets[purpose] = (await makeKey({ purpose })).secret;
});

const USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
const parameters = {
  type: 'object' as const,
  properties: { path: { type: 'string' }, input: { type: 'string' } },
  required: [],
  additionalProperties: true as const,
};
const own = (name: string, done: string[]) =>
  tool({
    name,
    description: 'd',
    parameters,
    strict: false,
    execute: async (input) => {
      done.push(`${name} ${JSON.stringify(input)}`);
      return 'It says 42';
    },
  });

/**
 * A provider that calls tools for twenty turns, and says its last words then. `beginsAnew` gives calls the same ids in
 * each turn, as Kimi does: this SDK refuses that, so they must be told apart for it.
 */
function playLoop(provider: ProviderName, beginsAnew: boolean) {
  const script = agentScript(11);
  const called: string[] = [];
  const double = createStrictProvider(provider, (chat, position) => {
    const said = script(chat, position);
    const reasoning = `${said.reasoning}!`.toWellFormed();
    if (position >= TURNS) return { reasoning, text: 'Done.', calls: [] };
    const one = { id: `functions.read_file:${position}`, name: 'read_file', arguments: '{"path":"b.ts"}' };
    const all = said.calls.length > 0 ? said.calls : [one];
    const calls = beginsAnew ? all : all.map((call) => ({ ...call, id: `${call.id}_${position}` }));
    called.push(...calls.map(({ arguments: text, name }) => `${name} ${JSON.stringify(JSON.parse(text))}`));
    return { ...said, reasoning, calls };
  });
  playProvider(({ json }) => {
    const answer = double.answer(json);
    if (answer.kind === 'refused') return Response.json(answer.body, { status: answer.status });
    return json['stream'] === true ? streamOf(sse(answer.chunks)) : Response.json(completionOfTurn(answer.turn, USAGE));
  });
  return { double, called };
}

// As it comes, and as its documentation says for who keeps nothing.
const STATELESS = {
  store: false,
  reasoning: { summary: 'auto' as const },
  providerData: { include: ['reasoning.encrypted_content'] },
};

interface Loop {
  provider: ProviderName;
  purpose: string;
  isResponses: boolean;
  isStreamed: boolean;
  settings?: ModelSettings;
}

async function runLoop({ isResponses, isStreamed, provider, purpose, settings = {} }: Loop) {
  const { called, double } = playLoop(provider, isResponses);
  const done: string[] = [];
  const agent = new Agent({
    name: 'Reader',
    instructions: 'Read all files.',
    model: MODELS[provider] ?? '',
    modelSettings: isResponses ? settings : {},
    tools: [own('read_file', done), own('ApplyPatch', done)],
  });
  const runner = new Runner({
    modelProvider: new OpenAIProvider({
      openAIClient: openaiClient(secrets[purpose] ?? ''),
      useResponses: isResponses,
    }),
    tracingDisabled: true,
  });
  const options = { maxTurns: TURNS + 5 };
  if (!isStreamed) {
    const { finalOutput, rawResponses } = await runner.run(agent, 'Hi', options);
    return { finalOutput, turns: rawResponses.length, called, done, double };
  }
  const streamed = await runner.run(agent, 'Hi', { ...options, stream: true });
  await streamed.completed;
  return { finalOutput: streamed.finalOutput, turns: streamed.rawResponses.length, called, done, double };
}

describe.each(['deepseek', 'moonshot'] as ProviderName[])("OpenAI's Agents SDK with %s", (provider) => {
  it.each([
    [true, 'as it comes', {}],
    [false, 'as it comes', {}],
    [true, 'stateless', STATELESS],
    [false, 'stateless', STATELESS],
  ])('does 20 turns at Responses on a default key, streamed: %s, %s', async (isStreamed, _how, settings) => {
    const { called, done, double, finalOutput, turns } = await runLoop({
      ...{ provider, purpose: 'default', isResponses: true, isStreamed, settings },
    });
    expect([finalOutput, turns]).toEqual(['Done.', TURNS + 1]);
    expect(done.toSorted()).toEqual(called.toSorted());
    expect(double.lost).toBe(0);
    expect(double.returned).toBe((TURNS * (TURNS + 1)) / 2);
  });

  it.each([true, false])('does them at the chat door with memory, streamed: %s', async (isStreamed) => {
    const { called, done, double, finalOutput, turns } = await runLoop({
      ...{ provider, purpose: 'reasoning', isResponses: false, isStreamed },
    });
    expect([finalOutput, turns]).toEqual(['Done.', TURNS + 1]);
    expect(done.toSorted()).toEqual(called.toSorted());
    expect(double.lost).toBe(0);
    expect(double.returned).toBe((TURNS * (TURNS + 1)) / 2);
  });

  it('does them at the chat door without memory too, though it drops all reasoning', async () => {
    const { called, done, finalOutput, turns } = await runLoop({
      ...{ provider, purpose: 'default', isResponses: false, isStreamed: true },
    });
    expect([finalOutput, turns]).toEqual(['Done.', TURNS + 1]);
    expect(done.toSorted()).toEqual(called.toSorted());
  });
});
