import { describe, expect, test } from 'vitest';
import type { ChatRequest } from '../../src/protocol/chat.ts';
import type { JsonObject } from '../../src/protocol/json.ts';
import { cursor, NESTED, USER } from './cursor-body.ts';

describe("Cursor's key check", () => {
  const check = {
    model: 'gpt-4o',
    messages: [
      { role: 'system', content: 'You are a test assistant.' },
      { role: 'user', content: 'Testing. Just say hi and nothing else.' },
    ],
  };
  const answer = (body: JsonObject) => cursor.localAnswer?.(cursor.read?.(body) as ChatRequest); // as above

  test('is answered without a provider, whichever name and shape it has', () => {
    for (const model of [
      'gpt-4o',
      'gpt-3.5-turbo',
      'o3-mini',
      'chatgpt-4o-latest',
      'claude-5-sonnet',
      'gemini-3-pro',
    ]) {
      expect(answer({ ...check, model })).toBeTypeOf('string');
    }
    expect(
      answer({ model: 'gpt-5', input: [{ role: 'user', content: 'Testing. Just say hi and nothing else.' }] }),
    ).toBeTypeOf('string');
  });

  test.each([
    ['a slash in the name', { model: 'openai/gpt-4o' }],
    ['a name of no known provider', { model: 'my-model' }],
    ['tools', { tools: [NESTED] }],
    ['three messages', { messages: [...check.messages, USER] }],
    ['a long message', { messages: [{ role: 'user', content: 'x'.repeat(200) }] }],
  ])('is not what has %s', (_name, change) => {
    expect(answer({ ...check, ...change })).toBeNull();
  });
});
