import { createParser } from 'eventsource-parser';
import { describe, expect, it } from 'vitest';
import type { StreamStep } from '../../src/protocol/event.ts';
import { HAND_MADE_STREAMS } from '../support/streams.ts';
import { cutEvery, translateAll } from '../support/translate-all.ts';

const encoder = new TextEncoder();

/** The events of a body as a strict parser of the standard sees them. */
function eventsOf(text: string): unknown[] {
  const events: unknown[] = [];
  const parser = createParser({
    onEvent: (event) => events.push(event.data === '[DONE]' ? event.data : JSON.parse(event.data)),
    onError(error) {
      throw error;
    },
  });
  parser.feed(text);
  return events;
}

describe('a stream means the same however its bytes are cut', () => {
  for (const { name, body } of HAND_MADE_STREAMS) {
    it(`${name}: at every offset, one byte at a time, and whole`, () => {
      const bytes = encoder.encode(body);
      const whole = translateAll([bytes]);
      const events = eventsOf(whole.text);
      expect(whole.isComplete).toBe(true);
      expect(whole.usage).toMatchObject({ inputTokens: 11, outputTokens: 7 });
      expect(events.length).toBeGreaterThan(2);
      expect(whole.text).not.toContain('\r');
      const offsets = Array.from(bytes.keys()).slice(1);
      const cuts = [
        ...offsets.map((offset) => [bytes.slice(0, offset), bytes.slice(offset)]),
        ...[1, 7, 64].map((size) => cutEvery(bytes, size)),
      ];
      for (const pieces of cuts) {
        const cut = translateAll(pieces);
        // Frames may be written in another way as long as they say the same; most are the very same bytes.
        if (cut.text !== whole.text) expect(eventsOf(cut.text)).toEqual(events);
        expect({ ...cut, text: null }).toEqual({ ...whole, text: null });
      }
    });
  }

  it('all framings of one answer give the same events', () => {
    const [plain] = HAND_MADE_STREAMS;
    const expected = eventsOf(translateAll([encoder.encode(plain?.body)]).text);
    for (const name of [
      'CRLF',
      'CR',
      'BOM and comments',
      'other fields, no space',
      'several data lines',
      'no [DONE], no last blank line',
    ]) {
      const stream = HAND_MADE_STREAMS.find((candidate) => candidate.name === name);
      expect(eventsOf(translateAll([encoder.encode(stream?.body)]).text), name).toEqual(expected);
    }
  });

  it('an unchanged stream goes out as the very bytes it came in', () => {
    const [plain] = HAND_MADE_STREAMS;
    const body = plain?.body ?? '';
    expect(translateAll([encoder.encode(body)]).text).toBe(body.replace('data: [DONE]\n\n', ''));
  });
});

describe('events that are alike pass together as they would one by one', () => {
  const before =
    'data: {"id":"z","object":"chat.completion.chunk","created":5,"model":"m","choices":[{"index":0,"delta":{"content":"';
  const after = '"},"finish_reason":null}]}';
  const frame = (text: string) => `${before}${text}${after}\n\n`;
  const first = frame('a').replace('"content"', '"role":"assistant","content"');

  it('a character that is cut between two events is whole in neither, at any cut of the stream', () => {
    const cut = [Uint8Array.of(0xe4, 0xb8), Uint8Array.of(0xad)];
    const bytes = encoder.encode(first + frame('a') + frame('b'));
    const body = [bytes, ...cut.flatMap((half) => [encoder.encode(before), half, encoder.encode(`${after}\n\n`)])];
    const whole = Uint8Array.from(body.flatMap((piece) => [...piece]));
    const { bytes: counted, text } = translateAll([whole]);
    expect(text).toBe(first + ['a', 'b', '\ufffd', '\ufffd'].map(frame).join(''));
    for (const size of [1, 7, 150]) expect(translateAll(cutEvery(whole, size))).toMatchObject({ bytes: counted, text });
  });

  it.each([
    ['an escape', ['\\u4f', '60']],
    ['an escaped quote', ['\\', '"']],
    ['half a pair and no other half', ['\\ud83d\\', 'ude00']],
  ])('%s that is cut between two events is no JSON in either', (_name, texts) => {
    const result = translateAll([encoder.encode(first + ['a', 'b', ...texts].map(frame).join(''))]);
    expect(result).toMatchObject({ progress: 'failed', text: first + frame('a') + frame('b') });
  });

  it.each([
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('their line ends become LF where they were %s', (_name, lineEnd) => {
    const texts = ['b', '\u4f60', '\\n', '<', 'c'];
    const expected = first + texts.map(frame).join('');
    const body = encoder.encode(expected.replaceAll('\n', lineEnd));
    for (const size of [body.length, 400, 1]) expect(translateAll(cutEvery(body, size)).text).toBe(expected);
  });

  it('a step that refuses one of them sees just that one', () => {
    const seen: string[] = [];
    const passed: string[] = [];
    const step: StreamStep = {
      transform(event, controller) {
        seen.push(String(event.chunk.choices[0]?.delta.content));
        controller.enqueue(event);
      },
      repeat(_field, texts) {
        const text = texts.read();
        if (text.includes('!')) return false;
        passed.push(text);
        return true;
      },
    };
    const texts = Array.from({ length: 400 }, (_, at) => (at % 50 === 20 ? '!' : `${at},`));
    const body = first + texts.map(frame).join('');
    expect(translateAll([encoder.encode(body)], step).text).toBe(body);
    expect(seen).toEqual(['a', '0,', ...texts.filter((text) => text === '!')]);
    expect(passed.join('')).toBe(texts.filter((text) => text !== '!' && text !== '0,').join(''));
  });

  it('more text than is looked at together, and a text longer than that', () => {
    const texts = [...Array.from({ length: 30 }, () => 'long '.repeat(1_000)), 'x'.repeat(100_000), 'y', 'z'];
    const body = first + texts.map(frame).join('');
    const result = translateAll([encoder.encode(body)]);
    expect(result.text).toBe(body);
    expect(result.bytes).toBe(texts.join('').length + 1);
  });
});

describe('what a provider without usage is billed for', () => {
  const frame = (text: string) =>
    `data: {"id":"z","object":"chat.completion.chunk","created":5,"choices":[{"index":0,"delta":{"content":"${text}"}}]}\n\n`;

  it.each([
    ['Latin', 'abcd', 4],
    ['Chinese', '你好世界', 12],
    ['escaped', '\\u4f60\\n', 4],
  ])('%s text counts the bytes it has in UTF-8, whichever way it passes', (_name, text, bytes) => {
    const body = encoder.encode(frame(text).repeat(5));
    for (const size of [body.length, 1]) expect(translateAll(cutEvery(body, size)).bytes).toBe(5 * bytes);
  });

  it('what is no text counts nothing, and passes', () => {
    const picture = '[{"type":"image_url","image_url":{"url":"data:"}}]';
    const result = translateAll([encoder.encode(frame('x').replace('"x"', picture))]);
    expect(result.bytes).toBe(0);
    expect(result.text).toContain(picture);
  });
});

describe('strict clients get what they need', () => {
  it('index, object, created, role and tool types are there once each', () => {
    const stream = HAND_MADE_STREAMS.find(({ name }) => name === 'missing members');
    const events = eventsOf(translateAll([encoder.encode(stream?.body)]).text) as Record<string, unknown>[];
    for (const event of events) expect(event).toMatchObject({ object: 'chat.completion.chunk', created: 1 });
    expect(events[2]).toMatchObject({
      choices: [{ index: 0, delta: { tool_calls: [{ index: 0, type: 'function', id: 't1' }] } }],
    });
  });

  it('a role that comes with every delta goes out once, and the text beside it is kept', () => {
    const frame = (text: string) =>
      `data: {"id":"z","object":"chat.completion.chunk","created":5,"choices":[{"index":0,"delta":{"role":"assistant","content":"${text}"}}]}\n\n`;
    const { text } = translateAll([encoder.encode(['a', 'b', 'c', 'd'].map(frame).join(''))]);
    expect(text.match(/"role"/g)).toHaveLength(1);
    expect(eventsOf(text).map((event) => JSON.stringify(event).match(/"content":"(.)"/)?.[1])).toEqual([
      'a',
      'b',
      'c',
      'd',
    ]);
  });

  it('a call in one piece has its type, a call without an index its own, and an empty finish reason is none', () => {
    const frame = (calls: unknown[], finish: string) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: calls }, finish_reason: finish }] })}\n\n`;
    const call = (id: string) => ({ id, type: null, function: { name: 'f', arguments: '{}' } });
    const body = frame([{ index: 1, ...call('a') }], '') + frame([call('b')], 'tool_calls');
    expect(eventsOf(translateAll([encoder.encode(body)]).text)).toMatchObject([
      { choices: [{ finish_reason: null, delta: { tool_calls: [{ index: 0, id: 'a', type: 'function' }] } }] },
      { choices: [{ delta: { tool_calls: [{ index: 1, id: 'b', type: 'function' }] } }] },
    ]);
  });

  it('a usage-only chunk reaches only who asked, last, with choices', () => {
    const stream = HAND_MADE_STREAMS.find(({ name }) => name === 'tools');
    const asked = eventsOf(translateAll([encoder.encode(stream?.body)], undefined, true).text);
    expect(asked.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 18 } });
    const unasked = eventsOf(translateAll([encoder.encode(stream?.body)], undefined, false).text);
    expect(unasked).toEqual(asked.slice(0, -1));
  });
});

describe('a provider that breaks its own stream is found out', () => {
  const start =
    'data: {"id":"a","object":"chat.completion.chunk","created":5,"choices":[{"index":0,"delta":{"role":"assistant","content":"x"}}]}\n\n';
  const next = start.replace('"role":"assistant",', '');

  it.each([
    ['not JSON', `${start}data: oops\n\n`],
    [
      'cut JSON with a blank line',
      `${start}${next}data: {"id":"a","object":"chat.completion.chunk","choices":[{"ind\n\n`,
    ],
    ['a bare quote inside a text', `${start}${next}${next}${next.replace('"x"', '"x"y"')}`],
    ['a bad escape inside a text', `${start}${next}${next}${next.replace('"x"', '"\\x"')}`],
    ['an escape without its four digits inside a text', `${start}${next}${next}${next.replace('"x"', '"\\u00zz"')}`],
    ['a control character inside a text', `${start}${next}${next}${next.replace('"x"', '"\u0001"')}`],
    ['an error frame', `${start}data: {"error":{"message":"no"}}\n\n`],
  ])('%s', (_name, body) => {
    for (const size of [1, 50, body.length]) {
      const result = translateAll(cutEvery(encoder.encode(body), size));
      expect(result.progress).toBe('failed');
      expect(result.text.startsWith(start)).toBe(true);
    }
  });

  it('one event of more than 8 MiB', () => {
    const result = translateAll(cutEvery(encoder.encode(`${start}data: ${'x'.repeat(8_400_000)}`), 1_000_000));
    expect(result.progress).toBe('failed');
  });

  it.each(['{"error":{"code":"1305"}}', ' \n\n{"choices":[]}', '<html>', '\ufeff[1]'])(
    'a body that is no stream: %s',
    (body) => {
      expect(translateAll([encoder.encode(body)]).progress).toBe('body');
    },
  );
});
