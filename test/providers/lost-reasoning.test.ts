import { describe, expect, it } from 'vitest';
import { createCatalog } from '../../src/catalog/lookup.ts';
import type { ChatRequest } from '../../src/protocol/chat.ts';
import { PROVIDERS } from '../../src/providers/registry.ts';
import { targetOf } from '../support/target-of.ts';

const catalog = createCatalog(PROVIDERS);
const TOOLS = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }];
const USER = { role: 'user', content: 'Hi' };
const CALLS = { tool_calls: [{ id: 'a', type: 'function', function: { name: 'look', arguments: '{}' } }] };
const CALLING = { role: 'assistant', content: '', ...CALLS };
const RESULT = { role: 'tool', tool_call_id: 'a', content: 'text' };
const SAYING = { role: 'assistant', content: 'Hello' };

function prepare(model: string, more: Partial<ChatRequest>) {
  const found = targetOf(catalog, model);
  const provider = PROVIDERS.find(({ id }) => id === found.provider);
  if (provider === undefined) throw new Error(`no provider of ${model}`);
  const asked: ChatRequest = { model, messages: [USER], ...more };
  return { asked, ...provider.request(asked, { model: found.model, parameters: found.parameters, userHash: 'u' }) };
}

describe('a request is sent as it came', () => {
  it.each([
    ['DeepSeek takes turns without reasoning where there are no tools', 'deepseek-flash', { messages: [SAYING, USER] }],
    [
      'all turns have it',
      'deepseek-flash',
      { messages: [{ ...CALLING, reasoning_content: 'why' }, RESULT], tools: TOOLS },
    ],
    [
      'an empty text is a value',
      'deepseek-flash',
      { messages: [{ ...CALLING, reasoning_content: '' }, RESULT], tools: TOOLS },
    ],
    ['Kimi takes turns without reasoning that called nothing', 'kimi-k3', { messages: [SAYING, USER], tools: TOOLS }],
    [
      'the client has switched thinking off',
      'deepseek-flash',
      { messages: [CALLING, RESULT], tools: TOOLS, thinking: { type: 'disabled' } },
    ],
    ['its effort is none', 'deepseek-flash', { messages: [CALLING, RESULT], tools: TOOLS, reasoning_effort: 'none' }],
    ['the name asked for stands for no thinking', 'deepseek-chat', { messages: [CALLING, RESULT], tools: TOOLS }],
    [
      'a forced tool stops thinking',
      'deepseek-flash',
      { messages: [CALLING, RESULT], tools: TOOLS, tool_choice: 'required' },
    ],
    ['the provider answers no 400 for it', 'glm-5.2', { messages: [CALLING, RESULT], tools: TOOLS }],
    ['the model does not think', 'test/echo', { messages: [CALLING, RESULT], tools: TOOLS }],
  ])('where %s', (_why, model, more) => {
    const { asked, notice, request } = prepare(model, more);
    expect(notice).toBeNull();
    expect(request.messages).toBe(asked.messages);
  });
});

describe('a request that would surely be refused', () => {
  it('does without thinking, and without an effort, where no turn has any reasoning', () => {
    const more = { messages: [USER, CALLING, RESULT], tools: TOOLS, reasoning_effort: 'high' };
    for (const model of ['deepseek-flash', 'kimi-k2.6']) {
      const { asked, notice, request } = prepare(model, more);
      expect(notice).toBe('reasoning_lost');
      expect(request).toMatchObject({ thinking: { type: 'disabled' } });
      expect(request).not.toHaveProperty('reasoning_effort');
      expect(request.messages).toBe(asked.messages);
    }
  });

  it('gets one space for what is missing among turns that have theirs, and goes on thinking', () => {
    const kept = { ...CALLING, reasoning_content: 'why' };
    const { asked, notice, request } = prepare('deepseek-flash', {
      messages: [USER, CALLING, RESULT, kept, RESULT, SAYING, USER],
      tools: TOOLS,
    });
    expect(notice).toBe('reasoning_lost');
    expect(request).not.toHaveProperty('thinking');
    expect(request.messages).toEqual([
      ...[USER, { ...CALLING, reasoning_content: ' ' }, RESULT, kept, RESULT],
      ...[{ ...SAYING, reasoning_content: ' ' }, USER],
    ]);
    expect(request.messages[3]).toBe(asked.messages[3]);
  });

  it('gets one space in the turns that Kimi asks about, and in no other', () => {
    const { notice, request } = prepare('kimi-k3', { messages: [USER, SAYING, USER, CALLING, RESULT], tools: TOOLS });
    expect(notice).toBe('reasoning_lost');
    expect(request.messages).toEqual([USER, SAYING, USER, { ...CALLING, reasoning_content: ' ' }, RESULT]);
  });

  it('has nothing lost where the client gives reasoning back under its other name', () => {
    const messages = [USER, { ...CALLING, reasoning: 'why' }, RESULT];
    const { notice, request } = prepare('deepseek-flash', { messages, tools: TOOLS });
    expect(notice).toBeNull();
    expect(request.messages[1]).toMatchObject({ reasoning_content: 'why' });
    expect(request).not.toHaveProperty('thinking');
  });
});
