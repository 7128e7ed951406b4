import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../src/protocol/chat.ts';
import { estimateInputTokens } from '../../src/protocol/estimate.ts';
import { parseDocument } from '../../src/protocol/json-document.ts';
import { textBytes } from '../../src/protocol/text-bytes.ts';

/** The estimate of a body as a client writes it. */
function estimate(body: object): number {
  const document = parseDocument(new TextEncoder().encode(JSON.stringify(body)));
  return estimateInputTokens(document.value as ChatRequest, document);
}

const user = (content: unknown) => ({ model: 'm', messages: [{ role: 'user', content }] });
const hello = user('Hi');

/** Tokens that a change of the body adds to a short one. */
const added = (body: object) => estimate({ ...hello, ...body }) - estimate(hello);
const plain = (text: string) => estimate(user(text)) - estimate(user(''));

/** Places in a body where a client can put a text that reaches a model. */
const PLACES: readonly (readonly [string, (text: string) => object])[] = [
  ['a part of a content', (text) => user([{ type: 'text', text }])],
  ['a bare text among the parts', (text) => user(['a', text])],
  ['a part with another name for its text', (text) => user([{ type: 'input_text', words: text }])],
  ['a part that holds parts', (text) => user([{ type: 'tool_result', content: [{ type: 'text', text }] }])],
  ['a content that is an object', (text) => user({ deep: { deeper: [text] } })],
  ['a type', (text) => user([{ type: text }])],
  ['a role', (text) => ({ messages: [{ role: text, content: 'Hi' }] })],
  ['a name of a person', (text) => ({ messages: [{ role: 'user', name: text, content: 'Hi' }] })],
  ['reasoning', (text) => ({ messages: [{ role: 'assistant', content: 'Hi', reasoning_content: text }] })],
  [
    'the arguments of a call',
    (text) => ({
      messages: [{ role: 'assistant', tool_calls: [{ id: 'c', function: { name: 'f', arguments: text } }] }],
    }),
  ],
  [
    'arguments that are an object',
    (text) => ({
      messages: [{ role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: { path: text } } }] }],
    }),
  ],
  ['the id of a call', (text) => ({ messages: [{ role: 'tool', tool_call_id: text, content: 'Hi' }] })],
  [
    'a member of a message that nobody knows',
    (text) => ({ messages: [{ role: 'user', content: 'Hi', extra: [text] }] }),
  ],
  ["a tool's description", (text) => ({ tools: [{ type: 'function', function: { name: 'f', description: text } }] })],
  [
    'the name of a parameter',
    (text) => ({ tools: [{ type: 'function', function: { name: 'f', parameters: { properties: { [text]: {} } } } }] }),
  ],
  ['an enum', (text) => ({ tools: [{ type: 'function', function: { parameters: { enum: [text] } } }] })],
  ['a legacy function', (text) => ({ functions: [{ name: 'f', description: text }] })],
  ['the schema of the answer', (text) => ({ response_format: { json_schema: { schema: { description: text } } } })],
  ['instructions', (text) => ({ instructions: text })],
  ['a member that nobody knows', (text) => ({ x_documents: [{ body: text }] })],
  [
    'what stands beside a picture',
    (text) => user([{ type: 'image_url', image_url: { url: 'https://a/b', alt: text } }]),
  ],
  ["a picture's address", (text) => user([{ type: 'image_url', image_url: { url: text } }])],
  ['a text where a file is due', (text) => user([{ type: 'file', file: { file_data: `- ${text}` } }])],
  [
    'a text that is called a picture',
    (text) => user([{ type: 'image', source: { data: `data:image/png;base64,${text}. ` } }]),
  ],
  ['what is no file, where one is due', (text) => user([{ type: 'image_url', image_url: { url: `data:,${text}` } }])],
];

describe('an estimate counts every text, and never at less than half of what it counts as a message', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', minLength: 80, maxLength: 400 }),
    fc.constantFrom('word '.repeat(100), '把这些文件读一遍。'.repeat(40), `${' '.repeat(256)}${'好'.repeat(2_000)}`),
  );

  it.each(PLACES)('%s', (_title, place) => {
    fc.assert(
      fc.property(text, (each) => {
        // Half a surrogate cannot be written as UTF-8, and is no text.
        fc.pre(each.isWellFormed());
        expect(added(place(each)) + 4).toBeGreaterThanOrEqual(plain(each) / 2);
      }),
      { numRuns: 30 },
    );
  });

  it('numbers and words of a schema too', () => {
    const numbers = Array.from({ length: 500 }, (_, index) => index * 7_919);
    const fractions = numbers.map((number) => number / 7);
    for (const values of [numbers, fractions, numbers.map(() => true), numbers.map(() => null)]) {
      const tokens = added({ tools: [{ type: 'function', function: { parameters: { enum: values } } }] });
      expect(tokens).toBeGreaterThanOrEqual(plain(JSON.stringify(values)) / 2);
    }
  });

  it('and no setting as text', () => {
    const settings = { temperature: 0.2, stream: true, stream_options: { include_usage: true }, tool_choice: 'auto' };
    expect(added({ ...settings, thinking: { type: 'enabled' }, user: 'ann', max_tokens: 100 })).toBe(0);
  });

  it('a short message at what it always was', () => {
    expect(estimate(hello)).toBe(8);
    expect(estimate({ messages: [] })).toBe(3);
  });
});

describe('all of a text is looked at for its script', () => {
  it.each([
    ['behind blanks', `${' '.repeat(256)}${'好'.repeat(1_000)}`, 256 + 3_000],
    ['at its end', `${'a'.repeat(10_000)}好`, 10_003],
    ['between letters', 'a好'.repeat(500), 2_000],
    ['of two bytes', 'é'.repeat(10), 20],
    ['in pairs', '🙂'.repeat(10), 40],
    ['of none', '', 0],
  ])('%s', (_title, text, bytes) => {
    expect(textBytes(text)).toBe(bytes);
    expect(new TextEncoder().encode(text).length).toBe(bytes);
  });
});

describe('media count by their bytes', () => {
  const base64 = (bytes: number) => 'A'.repeat(Math.ceil(bytes / 3) * 4);
  const picture = (bytes: number) =>
    added(user([{ type: 'image_url', image_url: { url: `data:image/png;base64,${base64(bytes)}` } }]));

  it('a larger picture is more, up to the most that a model makes of one', () => {
    expect(picture(300_000)).toBeGreaterThan(2_500);
    expect(picture(300_000)).toBeLessThan(3_500);
    expect(picture(3_000)).toBeLessThan(100);
    expect(picture(5_000_000)).toBeLessThan(17_000);
    expect(picture(5_000_000)).toBeGreaterThan(16_000);
  });

  it('each of several pictures counts', () => {
    const part = { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${base64(100_000)}` } };
    const one = added(user([part]));
    expect(added(user([part, part, part]))).toBeGreaterThan(2.9 * one);
  });

  it.each([
    ['image_url', 'image_url', 1_000],
    ['video_url', 'video_url', 15_000],
    ['file_url', 'file_url', 10_000],
  ])('%s elsewhere counts as one of its kind', (type, name, tokens) => {
    const counted = added(user([{ type, [name]: { url: 'https://example.com/it' } }]));
    expect(counted).toBeGreaterThanOrEqual(tokens);
    expect(counted).toBeLessThan(tokens + 50);
  });

  it('files, audio and video hold their own numbers', () => {
    const data = base64(200_000);
    const pdf = added(
      user([{ type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${data}` } }]),
    );
    const audio = added(user([{ type: 'input_audio', input_audio: { data, format: 'wav' } }]));
    const video = added(user([{ type: 'video_url', video_url: { url: `data:video/mp4;base64,${data}` } }]));
    expect([pdf, audio, video].map((tokens) => Math.round(tokens / 100))).toEqual([100, 8, 17]);
  });

  it('a file of plain text counts as its text', () => {
    const text = base64(200_000);
    const tokens = added(user([{ type: 'file', file: { file_data: `data:text/plain;base64,${text}` } }]));
    expect(tokens).toBeGreaterThan(200_000 / 4);
  });

  it('and a text that looks like a picture is text', () => {
    const text = `data:image/png;base64,${base64(30_000)}`;
    expect(added(user([{ type: 'text', text }]))).toBe(plain(text) - plain('Hi'));
    expect(added(user(text))).toBe(plain(text) - plain('Hi'));
  });
});
