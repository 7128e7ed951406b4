import fc from 'fast-check';
import { expect, it } from 'vitest';
import { callAnswer, decodeCalls, encodeCallId } from '../../../src/dialects/shared/call-ids.ts';
import type { ChatMessage } from '../../../src/protocol/chat.ts';

const REQUEST = 'req_01kb2m3n4p5q6r7s8t9v0w1x2y';

/** Ids of a call and of its result, as a provider gets them. */
function decoded(id: string): unknown[] {
  const call = { id, type: 'function', function: { name: 'f', arguments: '{}' } };
  const messages: ChatMessage[] = [
    { role: 'assistant', content: '', tool_calls: [call] },
    { role: 'tool', tool_call_id: id, content: 'ok' },
  ];
  const [turn, result] = decodeCalls(messages);
  return [Array.isArray(turn?.tool_calls) ? turn.tool_calls[0]?.['id'] : null, result?.tool_call_id];
}

it('any id is such as every client takes, and the provider gets its own back, or one short id on both sides', () => {
  const anyId = fc.oneof(
    fc.string({ maxLength: 90, unit: 'binary' }),
    fc.constantFrom('functions.Read:0', 'a__b_00ff', '_'),
  );
  fc.assert(
    fc.property(anyId, fc.nat(300), (own, position) => {
      const id = encodeCallId('toolu', REQUEST, position, own);
      expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      const [called, answered] = decoded(id);
      expect(called).toBe(answered);
      expect([own, id]).toContain(called);
      // Anything that fits is given back.
      if (own.length <= 8) expect(called).toBe(own);
    }),
    { numRuns: 500 },
  );
});

it('the same id in two answers, or twice in one, is two ids', () => {
  const ids = [
    encodeCallId('call', REQUEST, 0, 'Read:0'),
    encodeCallId('call', REQUEST, 1, 'Read:0'),
    encodeCallId('call', REQUEST.replace(/.$/, 'z'), 0, 'Read:0'),
  ];
  expect(new Set(ids).size).toBe(3);
  expect(callAnswer(ids[0] ?? '')).toBe(callAnswer(ids[1] ?? ''));
  expect(callAnswer(ids[0] ?? '')).not.toBe(callAnswer(ids[2] ?? ''));
});

it('an id that is not ours stays as it is', () => {
  for (const id of ['call_1', 'toolu_01AbC', 'call_Rx', '', 'toolu_R12345']) {
    expect(decoded(id)).toEqual([id, id]);
    expect(callAnswer(id)).toBeNull();
  }
});
