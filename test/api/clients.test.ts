import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, streamText } from 'ai';
import { createParser } from 'eventsource-parser';
import { beforeAll, describe, expect, it } from 'vitest';
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
