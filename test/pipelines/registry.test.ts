import { describe, expect, test } from 'vitest';
import type { ReasoningMemory } from '../../src/pipelines/pipeline.ts';
import { PURPOSES } from '../../src/pipelines/purposes.ts';
import { findPipeline } from '../../src/pipelines/registry.ts';
import { StreamEvent } from '../../src/protocol/event.ts';
import { EXCHANGE, NESTED, THINKER, USER } from './cursor-body.ts';

describe('pipelines', () => {
  test('are derived from one list, and an unknown purpose is the default one', () => {
    expect(PURPOSES).toEqual(['default', 'cursor', 'reasoning']);
    expect(findPipeline('no-such-purpose').purpose).toBe('default');
    // On its own door it passes all as it is.
    const { description: _words, purpose: _name, translated: _elsewhere, ...hooks } = findPipeline('default');
    expect(hooks).toEqual({});
  });

  test('can give back reasoning without being for Cursor: the answer stays as it is', async () => {
    const remembered: string[] = [];
    const memory: ReasoningMemory = {
      recall: async (turns) => turns.map(() => 'why'),
      remember: (_choice, _key, reasoning) => remembered.push(reasoning),
    };
    const request = {
      model: 'm',
      messages: [USER, { role: 'assistant', content: '<think>x</think>y' }],
      tools: [NESTED],
    };
    const conversation = await findPipeline('reasoning').open?.(request, { ...EXCHANGE, ...THINKER, memory });
    expect(conversation?.request.messages[1]).toEqual({
      role: 'assistant',
      content: '<think>x</think>y',
      reasoning_content: 'why',
    });
    const event = new StreamEvent(
      { choices: [{ index: 0, delta: { reasoning_content: 'a' } }] },
      'text of the provider',
    );
    const passed: StreamEvent[] = [];
    conversation?.step?.transform(event, { enqueue: (each) => passed.push(each) });
    const texts = { bytes: () => 2, read: () => '\\u003cb' };
    expect(conversation?.step?.repeat?.('reasoning_content', texts)).toBe(true);
    conversation?.step?.flush?.({ enqueue: (each) => passed.push(each) });
    expect(passed).toEqual([event]);
    expect(event.untouched).toBe(true);
    expect(remembered).toEqual(['a<b']);
  });
});
