import { describe, expect, it } from 'vitest';
import type { ChatChunk, ChatCompletion } from '../../src/protocol/chat.ts';
import { StreamEvent } from '../../src/protocol/event.ts';
import { isObject } from '../../src/protocol/json.ts';
import { readUsage, type Usage } from '../../src/protocol/usage.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { PROVIDERS } from '../../src/providers/registry.ts';
import { createNormalizer } from '../../src/stream/normalize.ts';
import { readChunk } from '../../src/stream/read-chunk.ts';
import { ANSWERS } from '../fixtures/answers.ts';

function providerOf(id: string): Provider {
  const provider = PROVIDERS.find((each) => each.id === id);
  if (provider === undefined) throw new Error(`no provider ${id}`);
  return provider;
}

interface Heard {
  content: string;
  reasoning: string;
  calls: { id: string; name: string; arguments: string }[];
  finishReason: string | null;
  usage: Usage | null;
}

/** Joins chunks as openai-python's strict helper does: what comes twice is there twice. */
function hear(chunks: readonly ChatChunk[]): Heard & { roles: string } {
  const heard: Heard & { roles: string } = {
    content: '',
    reasoning: '',
    calls: [],
    finishReason: null,
    usage: null,
    roles: '',
  };
  for (const chunk of chunks) {
    heard.usage = readUsage(chunk.usage) ?? heard.usage;
    for (const { delta, finish_reason } of chunk.choices) {
      heard.roles += delta.role ?? '';
      heard.content += delta.content ?? '';
      heard.reasoning += delta.reasoning_content ?? '';
      heard.finishReason = finish_reason ?? heard.finishReason;
      for (const call of delta.tool_calls ?? []) {
        heard.calls[call.index] ??= { id: '', name: '', arguments: '' };
        const slot = heard.calls[call.index];
        if (slot === undefined) throw new Error('a tool delta without an index');
        slot.id += call.id ?? '';
        slot.name += call.function?.name ?? '';
        slot.arguments += call.function?.arguments ?? '';
      }
    }
  }
  return heard;
}

/** A vendor's chunks after the first step of every stream. */
function normalise(provider: Provider, texts: readonly string[]): ChatChunk[] {
  const { finishReasons, mendChunk } = provider;
  const step = createNormalizer({ id: 'req_1', created: 1, finishReasons, mendChunk });
  const chunks: ChatChunk[] = [];
  for (const text of texts) {
    const read = readChunk(text);
    if (read.kind !== 'chunk') throw new Error(`${read.kind}: ${text}`);
    step.transform(new StreamEvent(read.chunk), { enqueue: (event) => chunks.push(event.chunk) });
  }
  return chunks;
}

describe('a stream of a vendor', () => {
  it.each(ANSWERS.map((each) => [`${each.provider} ${each.title}`, each] as const))('%s', (_, answer) => {
    const chunks = normalise(
      providerOf(answer.provider),
      answer.chunks.map((chunk) => JSON.stringify(chunk)),
    );
    expect(hear(chunks)).toEqual({ ...answer.expected, roles: 'assistant' });
    expect(JSON.stringify(chunks.flatMap(({ choices }) => choices))).not.toContain('prompt_tokens');
  });
});

describe('a whole answer of Moonshot', () => {
  it('has its usage on top, wherever it came', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 1 };
    const message = { role: 'assistant', content: 'Hi' };
    const completion: ChatCompletion = { id: 'x', choices: [{ index: 0, message, finish_reason: 'stop', usage }] };
    const mended = providerOf('moonshot').mendCompletion?.(completion);
    expect(mended).toEqual({ id: 'x', choices: [{ index: 0, message, finish_reason: 'stop' }], usage });
  });
});

// Real answers, where they are at hand; they are not part of the project.
const recordings = import.meta.glob('../../../shared/recordings/*.{json,txt}', {
  query: '?raw',
  import: 'default',
  eager: true,
});

describe.skipIf(Object.keys(recordings).length === 0)('a recorded answer', () => {
  const entries = Object.entries(recordings).map(([path, text]) => [path.split('/').at(-1) ?? path, text] as const);
  const vendorOf = (name: string) => providerOf(name.startsWith('moonshot') ? 'moonshot' : 'deepseek');

  it.each(entries.filter(([name]) => name.endsWith('.txt')))('%s streams well', (name, text) => {
    const lines = text.trim().split('\n');
    const heard = hear(normalise(vendorOf(name), lines));
    expect(heard.roles).toBe('assistant');
    expect(heard.finishReason).toMatch(/^(stop|length|tool_calls)$/);
    expect(heard.usage?.inputTokens).toBeGreaterThan(0);
    expect(heard.usage?.outputTokens).toBeGreaterThan(0);
    if (name.includes('reasoning')) expect(heard.reasoning.length).toBeGreaterThan(20);
    if (name.includes('tool-call')) {
      expect(heard.calls).toHaveLength(1);
      for (const call of heard.calls) expect(isObject(JSON.parse(call.arguments))).toBe(true);
    } else expect(heard.content.length).toBeGreaterThan(0);
  });

  it.each(entries.filter(([name]) => name.endsWith('.json')))('%s has a usage that is read whole', (name, text) => {
    const parsed: unknown = JSON.parse(text);
    const completion = parsed as ChatCompletion; // recorded answers are completions
    const usage = readUsage((vendorOf(name).mendCompletion?.(completion) ?? completion).usage);
    const raw = completion.usage ?? {};
    expect(usage).toMatchObject({ inputTokens: raw['prompt_tokens'], outputTokens: raw['completion_tokens'] });
    if (name === 'deepseek-tool-call.json') expect(usage).toMatchObject({ cachedTokens: 320, reasoningTokens: 48 });
    if (name === 'moonshotai-reasoning.json') expect(usage).toMatchObject({ cachedTokens: 10, reasoningTokens: 22 });
  });
});
