import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutEvery, translateAll } from '../support/translate-all.ts';

const encoder = new TextEncoder();

interface Frame {
  choices: {
    delta: { content?: string; reasoning_content?: string; tool_calls?: { function: { arguments: string } }[] };
  }[];
}

function chunk(delta: unknown, finish: string | null = null, more: Record<string, unknown> = {}): string {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  // As JSON.stringify prints it: pairs as they are, halves as escapes.
  return `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', ...more, choices })}\n\n`;
}

/** All pairs as two escapes, as Python prints them. */
function withEscapes(frames: string): string {
  return frames.replace(/[\ud800-\udfff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
}

function read(text: string): Frame[] {
  return text
    .split('\n\n')
    .filter((frame) => frame !== '' && frame !== 'data: [DONE]')
    .map((frame) => JSON.parse(frame.slice(6)) as Frame); // our own frames
}

function join(frames: Frame[], field: 'content' | 'reasoning_content'): string {
  return frames.map(({ choices: [choice] }) => choice?.delta[field] ?? '').join('');
}

function translate(body: string, size = 7): { frames: Frame[]; text: string } {
  const { text } = translateAll(cutEvery(encoder.encode(`${body}data: [DONE]\n\n`), size));
  // Each frame by itself: a client of Python cannot print a half, even where its other half is in the next.
  for (const frame of read(text)) expect(JSON.stringify(frame).replaceAll('\\\\', '')).not.toMatch(/\\ud[89a-f]/);
  return { frames: read(text), text };
}

const FIRST = chunk({ role: 'assistant', content: '' });
const LAST = chunk({}, 'stop');

describe('halves of surrogate pairs in a stream', () => {
  it.each([
    ['in two chunks, as one character', ['a\ud83d', '\ude42b'], 'a🙂b'],
    ['with an empty text between', ['a\ud83d', '', '\ude42b'], 'a🙂b'],
    ['alone, as U+FFFD', ['a\ud83d', 'b', '\ude42'], 'a\ufffdb\ufffd'],
    ['two of a kind', ['\ud83d\ud83d', '\ude42\ude42'], '\ufffd🙂\ufffd'],
    ['at the end', ['a', 'b\ud83d'], 'ab\ufffd'],
  ])('%s', (_name, texts, expected) => {
    for (const field of ['content', 'reasoning_content'] as const) {
      const body = FIRST + texts.map((text) => chunk({ [field]: text })).join('') + LAST;
      expect(join(translate(body).frames, field)).toBe(expected);
      expect(join(translate(withEscapes(body)).frames, field)).toBe(expected);
    }
  });

  it('wherever a text is cut, its characters come out whole', () => {
    const unit = fc.constantFrom('\ud83d', '\ude42', '🙂', 'a', '\\', 'u', 'd83d', '\n', '世');
    fc.assert(
      fc.property(fc.array(fc.array(unit).map((units) => units.join(''))), fc.boolean(), (texts, escapes) => {
        const body = FIRST + texts.map((content) => chunk({ content })).join('') + LAST;
        const { frames } = translate(escapes ? withEscapes(body) : body);
        expect(join(frames, 'content')).toBe(texts.join('').toWellFormed());
      }),
    );
  });

  it('in arguments, call by call', () => {
    const call = (index: number, text: string) => chunk({ tool_calls: [{ index, function: { arguments: text } }] });
    const begun = [0, 1].map((index) => ({
      index,
      id: `c${index}`,
      type: 'function',
      function: { name: 'f', arguments: '' },
    }));
    const body = [
      chunk({ role: 'assistant', tool_calls: begun }),
      call(0, '{"a":"\ud83d'),
      call(1, '{"b":"\ud83d'),
      call(0, '\ude42"}'),
      call(1, '"}'),
    ];
    const { frames } = translate(body.join('') + LAST);
    const texts = frames.flatMap(({ choices: [choice] }) => choice?.delta.tool_calls ?? []);
    expect(texts.map(({ function: called }) => called.arguments).join('')).toBe('{"a":"{"b":"🙂"}\ufffd"}');
  });

  it('before the choice goes on elsewhere', () => {
    const body = [
      chunk({ reasoning_content: 'a\ud83d' }),
      chunk({ content: 'b\ud83d' }),
      chunk({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '' } }] }),
    ];
    const { frames } = translate(FIRST + body.join('') + LAST);
    expect(frames.slice(2, 4).map(({ choices: [choice] }) => choice?.delta)).toMatchObject([
      { reasoning_content: '\ufffd', content: 'b' },
      { content: '\ufffd', tool_calls: [{ id: 'c' }] },
    ]);
  });

  it('in any other member', () => {
    const { frames } = translate(
      FIRST + chunk({ content: 'a' }, null, { model: '\ud83d', x: { '\ude42': ['\ud83d'] } }) + LAST,
    );
    expect(frames[1]).toMatchObject({ model: '\ufffd', x: { '\ufffd': ['\ufffd'] } });
  });

  it('in bytes that are no UTF-8', () => {
    const [before, after] = chunk({ content: 'a?b' })
      .split('?')
      .map((part) => encoder.encode(part));
    const bytes = [encoder.encode(FIRST), before, Uint8Array.of(0xed, 0xa0, 0xbd), after, encoder.encode(LAST)];
    const text = translateAll([new Uint8Array(bytes.flatMap((part) => [...(part ?? [])]))]).text;
    expect(text).toContain('"a\ufffd\ufffd\ufffdb"');
  });

  it('a stream without any goes out as it came, to the byte', () => {
    const body = withEscapes(FIRST + chunk({ content: 'a🙂' }) + chunk({ content: '\\ud83d' }) + LAST);
    expect(translate(body).text).toBe(body);
  });
});
