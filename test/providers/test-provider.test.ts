import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatRequest } from '../../src/protocol/chat.ts';
import { requestId } from '../../src/protocol/request-id.ts';
import { test as provider } from '../../src/providers/test.ts';
import { answerTest } from '../../src/providers/test-answer.ts';
import { countWords } from '../../src/providers/test-words.ts';

interface Choice {
  delta: { content?: string | null; reasoning_content?: string | null; role?: string; tool_calls?: ToolCall[] };
  finish_reason: string | null;
}
interface ToolCall {
  index: number;
  id?: string;
  type?: string;
  function: { name?: string; arguments: string };
}
interface Chunk {
  choices: Choice[];
  usage?: Record<string, unknown>;
}

function call(
  body: Record<string, unknown>,
  signal = new AbortController().signal,
  requestId = 'req_1',
): Promise<Response> {
  return answerTest(body as ChatRequest, signal, requestId); // what the router has checked
}

function user(content: unknown) {
  return [{ role: 'user', content }];
}

async function stream(model: string, messages: unknown, more: Record<string, unknown> = {}) {
  const response = await call({ model, messages, stream: true, stream_options: { include_usage: true }, ...more });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const frames = (await response.text()).split('\n\n');
  expect(frames.splice(-2)).toEqual(['data: [DONE]', '']);
  return frames.map((frame) => JSON.parse(frame.slice(6)) as Chunk); // our own frames
}

function join(chunks: Chunk[], field: 'content' | 'reasoning_content'): string {
  return chunks.map((chunk) => chunk.choices[0]?.delta[field] ?? '').join('');
}

function reasons(chunks: Chunk[]): string[] {
  return chunks.flatMap((chunk) => chunk.choices[0]?.finish_reason ?? []);
}

describe('test/echo', () => {
  it('says the last user message word by word', async () => {
    const chunks = await stream('echo', [
      ...user('first'),
      { role: 'assistant', content: 'x' },
      ...user('one  two\nthree '),
    ]);
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content)).toEqual([
      '',
      'one  ',
      'two\n',
      'three ',
      undefined,
      undefined,
    ]);
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(reasons(chunks)).toEqual(['stop']);
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
    });
  });

  it('says every message exactly', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (message) => {
        expect(join(await stream('echo', user(message)), 'content')).toBe(message);
      }),
      { numRuns: 50 },
    );
  }, 30_000);

  it.each([
    ['', ''],
    [' \n\t ', ' \n\t '],
    [[{ type: 'text', text: 'a ' }, { type: 'image_url' }, { type: 'text', text: 'b' }], 'a b'],
    [[], ''],
    [null, ''],
    ['👩‍👩‍👧‍👦 né 月之暗面', '👩‍👩‍👧‍👦 né 月之暗面'],
  ])('says %j as %j, streaming or not', async (content, expected) => {
    expect(join(await stream('echo', user(content)), 'content')).toBe(expected);
    const whole = await (await call({ model: 'echo', messages: user(content) })).json();
    expect(whole).toMatchObject({
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: expected }, finish_reason: 'stop' }],
    });
  });

  it('says the same each time, and usage only when asked', async () => {
    const once = await stream('echo', user('a b'));
    expect(await stream('echo', user('a b'))).toEqual(once);
    const bare = await stream('echo', user('a b'), { stream_options: null });
    expect(bare).toEqual(once.slice(0, -1));
  });

  it.each([
    ['words', 'word '.repeat(100_000), 100_000],
    ['one word', '🙂'.repeat(200_000), 1],
    ['blanks', ' '.repeat(300_000), 0],
    ['words and blanks of all kinds', '世界\u3000\u00a0a\ufeff\n'.repeat(40_000), 80_000],
  ])('says a long message of %s exactly, in no more pieces than a request may cost', async (_name, message, words) => {
    const chunks = await stream('echo', user(message));
    expect(join(chunks, 'content')).toBe(message);
    expect(chunks.length).toBeLessThan(1_100);
    const texts = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '');
    expect(texts.every((text) => text.length <= 33_000 && text.isWellFormed())).toBe(true);
    expect(chunks.at(-1)).toMatchObject({ usage: { prompt_tokens: words, completion_tokens: words } });
  });

  it('counts the words that \\s+ parts', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(...' \t\u00a0\u1680\u2003\u2028\u3000\ufeff\u0085\u200b'),
        (text, blank) => {
          const message = [...text].join(blank);
          expect(countWords(message)).toBe(message.match(/\S+/g)?.length ?? 0);
        },
      ),
    );
  });
});

describe('test/reason', () => {
  it('thinks first, in chunks as DeepSeek sends them', async () => {
    const chunks = await stream('reason', user('hello there'));
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: null, reasoning_content: '' });
    expect(join(chunks, 'reasoning_content')).toBe('The user wrote 2 words. I shall repeat what they said.');
    expect(join(chunks, 'content')).toBe('You wrote: hello there');
    const answerFrom = chunks.findIndex((chunk) => chunk.choices[0]?.delta.content);
    expect(chunks.slice(answerFrom).every((chunk) => !chunk.choices[0]?.delta.reasoning_content)).toBe(true);
    expect(chunks.at(-1)).toMatchObject({
      usage: { prompt_tokens: 2, completion_tokens: 15, completion_tokens_details: { reasoning_tokens: 11 } },
    });
  });

  it('does so in a whole answer too', async () => {
    expect(await (await call({ model: 'reason', messages: user('hi') })).json()).toMatchObject({
      choices: [
        {
          message: {
            content: 'You wrote: hi',
            reasoning_content: 'The user wrote 1 word. I shall repeat what they said.',
          },
        },
      ],
    });
  });
});

describe('test/tool', () => {
  const tools = [
    { type: 'function', function: { name: 'look', parameters: {} } },
    { type: 'function', function: { name: 'listen', parameters: {} } },
  ];

  it('calls the first tool with {}', async () => {
    const chunks = await stream('tool', user('go'), { tools });
    expect(chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? [])).toEqual([
      { index: 0, id: 'call_test_1', type: 'function', function: { name: 'look', arguments: '' } },
      { index: 0, function: { arguments: '{}' } },
    ]);
    expect(reasons(chunks)).toEqual(['tool_calls']);
    expect(await (await call({ model: 'tool', messages: user('go'), tools })).json()).toMatchObject({
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            content: null,
            tool_calls: [{ id: 'call_test_1', type: 'function', function: { name: 'look', arguments: '{}' } }],
          },
        },
      ],
    });
  });

  it('answers with the result, and then calls again', async () => {
    const turn = [...user('go'), { role: 'assistant', tool_calls: [] }, { role: 'tool', content: 'it is  red' }];
    const answered = await stream('tool', turn, { tools });
    expect(join(answered, 'content')).toBe('it is  red');
    expect(reasons(answered)).toEqual(['stop']);
    const again = await stream('tool', [...turn, ...user('more')], { tools });
    expect(again[1]?.choices[0]?.delta.tool_calls?.[0]?.id).toBe('call_test_2');
  });

  it('says so when there is nothing to call', async () => {
    expect(join(await stream('tool', user('go')), 'content')).toContain('no tool');
    expect(join(await stream('tool', user('go'), { tools, tool_choice: 'none' }), 'content')).toContain('no tool');
  });
});

describe('test/slow', () => {
  it('sends a word each 200 ms', async () => {
    const startedAt = Date.now();
    expect(join(await stream('slow', user('a b')), 'content')).toBe('a b');
    expect(Date.now() - startedAt).toBeGreaterThan(350);
  });

  it('takes as long for a whole answer', async () => {
    const startedAt = Date.now();
    await (await call({ model: 'slow', messages: user('a b') })).json();
    expect(Date.now() - startedAt).toBeGreaterThan(350);
  });

  it('stops at once when it is cancelled', async () => {
    const response = await call({ model: 'slow', messages: user('word '.repeat(30)), stream: true });
    const reader = response.body?.getReader();
    await reader?.read();
    const startedAt = Date.now();
    await reader?.cancel();
    expect(Date.now() - startedAt).toBeLessThan(2_000);
  });

  it('stops at once when it is aborted', async () => {
    const controller = new AbortController();
    const response = await call({ model: 'slow', messages: user('word '.repeat(30)), stream: true }, controller.signal);
    const reader = response.body?.getReader();
    await reader?.read();
    const startedAt = Date.now();
    setTimeout(() => controller.abort(new Error('enough')), 10);
    await expect(
      (async () => {
        while (!(await reader?.read())?.done);
      })(),
    ).rejects.toThrow('enough');
    expect(Date.now() - startedAt).toBeLessThan(2_000);
  });
});

describe('test/error', () => {
  it.each([
    ['please 429 now', 429, 'upstream_rate_limited'],
    ['503', 503, 'upstream_overloaded'],
    ['402', 402, 'upstream_insufficient_balance'],
    ['400', 400, 'invalid_request'],
    ['nothing to see', 500, 'upstream_error'],
    ['200', 500, 'upstream_error'],
  ])('%j fails with %i', async (message, status, code) => {
    const response = await call({ model: 'error', messages: user(message), stream: true });
    expect(response.status).toBe(status);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({ error: { message: expect.stringContaining(String(status)) } });
    expect(provider.error({ status, body, retryAfter: null }).code).toBe(code);
  });
});

describe('test/flaky', () => {
  const ids = Array.from({ length: 400 }, (_, index) => requestId(1_795_000_000_000 + index));
  const ask = (id: string, more: Record<string, unknown> = {}) =>
    call({ model: 'flaky', messages: user('one two'), ...more }, undefined, id);

  it('fails for about every second request id, as an overloaded provider does', async () => {
    const answers = await Promise.all(ids.map((id) => ask(id)));
    const failed = answers.filter(({ status }) => status === 503);
    expect(failed.length).toBeGreaterThan(ids.length * 0.4);
    expect(failed.length).toBeLessThan(ids.length * 0.6);
    const error = provider.error({ status: 503, body: (await failed[0]?.text()) ?? '', retryAfter: null });
    expect(error.code).toBe('upstream_overloaded');
  });

  it('fails for one id each time or never, streamed or whole, and answers the others as test/echo', async () => {
    for (const id of ids.slice(0, 40)) {
      const [whole, again, streamed] = await Promise.all([ask(id), ask(id), ask(id, { stream: true })]);
      expect([again.status, streamed.status]).toEqual([whole.status, whole.status]);
      if (whole.status !== 200) continue;
      const echo = await call({ model: 'echo', messages: user('one two') });
      expect(await whole.json()).toEqual({ ...(await echo.json<object>()), model: 'flaky' });
      expect(await streamed.text()).toContain('one ');
    }
  });
});
