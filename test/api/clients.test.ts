import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, streamText } from 'ai';
import { createParser } from 'eventsource-parser';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeSecret } from '../../src/keys/secret.ts';
import { makeKey } from '../support/keys.ts';
import { playProvider, streamOf } from '../support/provider.ts';
import { BASE_URL, get, openaiClient, routerFetch } from '../support/router.ts';
import { HAND_MADE_STREAMS } from '../support/streams.ts';

/* The clients people use read our streams without a complaint, whatever the provider's stream looked like. */

let secret = '';

beforeAll(async () => {
  ({ secret } = await makeKey());
});

const model = 'moonshot/kimi-k3';
const messages = [{ role: 'user' as const, content: 'Hi' }];

describe.each(HAND_MADE_STREAMS.map(({ name, body }) => [name, body] as const))(
  'a provider stream with %s',
  (name, body) => {
    const hasTools = body.includes('tool_calls":[{');

    it("is read by the official client's stream helper", async () => {
      playProvider(() => streamOf(body));
      const final = await openaiClient(secret)
        .chat.completions.stream({ model, messages, stream_options: { include_usage: true } })
        .finalChatCompletion();
      expect(final.choices[0]?.finish_reason).toBe(hasTools ? 'tool_calls' : 'stop');
      if (hasTools) expect(final.choices[0]?.message.tool_calls?.length).toBeGreaterThan(0);
      else expect(final.choices[0]?.message.content).toMatch(name === 'two choices' ? /^aA$/ : /^Hello world/);
    });

    it('is read by the AI SDK', async () => {
      playProvider(() => streamOf(body));
      const provider = createOpenAICompatible({
        name: 'router',
        baseURL: BASE_URL,
        apiKey: secret,
        fetch: routerFetch,
      });
      const errors: unknown[] = [];
      const result = streamText({
        model: provider(model),
        prompt: 'Hi',
        maxRetries: 0,
        onError: ({ error }) => void errors.push(error),
      });
      await result.consumeStream();
      expect(errors).toEqual([]);
      expect(await result.finishReason).toBe(hasTools ? 'tool-calls' : 'stop');
    });

    it('is read by a strict parser of the standard, each event being JSON', async () => {
      playProvider(() => streamOf(body));
      const headers = { authorization: `Bearer ${secret}` };
      const response = await get('/v1/chat/completions', {
        method: 'POST',
        headers,
        body: JSON.stringify({ model, messages, stream: true }),
      });
      const data: string[] = [];
      const parser = createParser({
        onEvent: (event) => data.push(event.data),
        onError(error) {
          throw error;
        },
      });
      parser.feed(await response.text());
      expect(data.at(-1)).toBe('[DONE]');
      for (const each of data.slice(0, -1))
        expect(JSON.parse(each)).toMatchObject({ object: 'chat.completion.chunk', choices: expect.any(Array) });
    });
  },
);

describe('the AI SDK with the test provider', () => {
  it('generates, streams reasoning apart, and reports a mid-way failure as an error', async () => {
    const provider = createOpenAICompatible({ name: 'router', baseURL: BASE_URL, apiKey: secret, fetch: routerFetch });
    const whole = await generateText({ model: provider('test/echo'), prompt: 'Say it', maxRetries: 0 });
    expect(whole.text).toBe('Say it');
    const streamed = streamText({ model: provider('test/reason'), prompt: 'Why?', maxRetries: 0 });
    await streamed.consumeStream();
    expect((await streamed.reasoningText)?.length).toBeGreaterThan(0);
    const chunk = (content: string) =>
      `data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"${content}"}}]}\n\n`;
    playProvider(() => streamOf(chunk('a')));
    const errors: unknown[] = [];
    const broken = streamText({
      model: provider(model),
      prompt: 'Hi',
      maxRetries: 0,
      onError: ({ error }) => void errors.push(error),
    });
    await broken.consumeStream();
    expect(errors).toHaveLength(1);
  });
});

/** How often the official client, left to its own judgement, came to the router for one request. */
async function triesOf(apiKey: string, body: { model: string; text?: string; max_tokens?: number }) {
  const { text = 'Hi', ...rest } = body;
  const answers: Response[] = [];
  const client = openaiClient(apiKey, {
    maxRetries: 2,
    fetch: async (input, init) => {
      const answer = await routerFetch(input, init);
      answers.push(answer);
      return answer;
    },
  });
  const request = { ...rest, messages: [{ role: 'user' as const, content: text }] };
  const error: unknown = await client.chat.completions.create(request).catch((cause: unknown) => cause);
  return { tries: answers.length, last: answers.at(-1), error };
}

describe('x-should-retry keeps clients from trying again what waiting does not heal', () => {
  const flash = 'deepseek/deepseek-flash';
  const failing = (status: number) => () => Response.json({ error: { message: 'no', type: 'x' } }, { status });

  it.each([
    ['401: a bad key', {}, { model: flash }, 401],
    ['402: a used-up budget', { budgetTotalUsd: 0 }, { model: flash }, 402],
    ['403: a model outside the list', { models: 'zai/*' }, { model: flash }, 403],
    ['404: an unknown model', {}, { model: 'deepseek/none' }, 404],
    ['413: too large a body', {}, { model: flash, text: 'x'.repeat(11_000_000) }, 413],
    ['429: a request larger than the whole minute', { tpm: 10 }, { model: flash, text: 'word '.repeat(100) }, 429],
  ] as const)('%s', async (_title, settings, body, status) => {
    playProvider(failing(500));
    const apiKey = status === 401 ? await makeSecret('sk') : (await makeKey(settings)).secret;
    const { tries, last, error } = await triesOf(apiKey, body);
    expect(error).toMatchObject({ status });
    expect(last?.headers.get('x-should-retry')).toBe('false');
    expect(tries).toBe(1);
  });

  it.each([
    ['503: the provider account without money', 402, 503],
    ["502: the provider refuses the router's own key", 401, 502],
  ])('%s', async (_title, theirs, ours) => {
    playProvider(failing(theirs));
    const { tries, last, error } = await triesOf(secret, { model: flash });
    expect(error).toMatchObject({ status: ours });
    expect(last?.headers.get('x-should-retry')).toBe('false');
    expect(tries).toBe(1);
  });

  it('and lets them try again what it may heal', async () => {
    playProvider(failing(429));
    const { tries, last, error } = await triesOf(secret, { model: flash });
    expect(error).toMatchObject({ status: 429 });
    expect(last?.headers.get('x-should-retry')).toBeNull();
    expect(tries).toBe(3);
  });
});
