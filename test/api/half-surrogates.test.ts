import { beforeAll, describe, expect, it } from 'vitest';
import { makeKey } from '../support/keys.ts';
import { playProvider } from '../support/provider.ts';
import { get } from '../support/router.ts';

/*
 * Half an emoji, as clients leave it that cut a tool's result by its length: DeepSeek answers 400 to it, in every later
 * turn too, so that the chat is lost.
 */

const PURPOSES = ['default', 'reasoning', 'cursor'] as const;
const secrets: Record<string, string> = {};

beforeAll(async () => {
  for (const purpose of PURPOSES) secrets[purpose] = (await makeKey({ purpose })).secret;
});

function post(purpose: string, body: string): Promise<Response> {
  return get('/api/v1/chat/completions', {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${secrets[purpose]}`, 'content-type': 'application/json' },
  });
}

function whole(): Response {
  const message = { role: 'assistant', content: 'ok' };
  return Response.json({ id: 'a', choices: [{ index: 0, message, finish_reason: 'stop' }], usage: {} });
}

describe.each(PURPOSES)('a request of a %s key', (purpose) => {
  it('goes out well-formed, in every text and every key', async () => {
    const provider = playProvider(whole);
    const body = `{"model":"deepseek/deepseek-flash","messages":[
      {"role":"user","content":"look \\ud83d\\ude42"},
      {"role":"assistant","content":"","reasoning_content":"\\ude42","tool_calls":[{"id":"c1","type":"function","function":{"name":"read","arguments":"{\\"a\\":\\"\\ud83d\\"}"}}]},
      {"role":"tool","tool_call_id":"c1","content":"done \\ud83d"}],
      "tools":[{"type":"function","function":{"name":"read","description":"\\ud800","parameters":{"type":"object","properties":{"\\udfff":{"type":"string"}}}}}],
      "x_future":{"\\ud83d":["\\uDE42"]}}`;
    expect((await post(purpose, body)).status).toBe(200);
    const [sent] = provider.seen;
    // What has no place in UTF-8 is printed as an escape.
    expect(JSON.stringify(sent?.json)).not.toMatch(/\\ud[89a-f]/);
    expect(sent?.json).toMatchObject({
      messages: [
        { content: 'look 🙂' },
        { reasoning_content: '\ufffd', tool_calls: [{ function: { arguments: '{"a":"\ufffd"}' } }] },
        { content: 'done \ufffd' },
      ],
      tools: [{ function: { description: '\ufffd', parameters: { properties: { '\ufffd': { type: 'string' } } } } }],
      x_future: { '\ufffd': ['\ufffd'] },
    });
  });
});

describe('a request without halves', () => {
  it('goes out with its escapes as they were written', async () => {
    const provider = playProvider(whole);
    const messages = '[{"role":"user","content":"\\ud83d\\uDE42 \\\\ud83d \\u4f60 🙂"}]';
    await post('default', `{"model":"deepseek/deepseek-flash","messages":${messages}}`);
    expect(provider.seen[0]?.text).toContain(`"messages":${messages}`);
  });
});

describe('an answer', () => {
  const answer = (content: string) =>
    `{"id":"a","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"${content}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`;
  const ask = (stream: boolean) =>
    post(
      'default',
      JSON.stringify({ model: 'deepseek/deepseek-flash', stream, messages: [{ role: 'user', content: 'Hi' }] }),
    );

  it('holds none, whole or as the stream that it should have been', async () => {
    playProvider(
      () => new Response(answer('a\\ud83d \\ud83d\\ude42'), { headers: { 'content-type': 'application/json' } }),
    );
    expect(await (await ask(false)).json()).toMatchObject({ choices: [{ message: { content: 'a\ufffd 🙂' } }] });
    const text = await (await ask(true)).text();
    expect(text).toContain('a\ufffd 🙂');
    expect(text).not.toMatch(/\\ud[89a-f]/);
  });

  it('without halves is the very text that the provider sent', async () => {
    playProvider(() => new Response(answer('\\ud83d\\ude42'), { headers: { 'content-type': 'application/json' } }));
    expect(await (await ask(false)).text()).toBe(answer('\\ud83d\\ude42'));
  });
});

describe('an error', () => {
  it('shows no half of a character, where it cuts a name', async () => {
    const model = `test/${'a'.repeat(94)}🙂🙂`;
    const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi' }] });
    const text = await (await post('default', body)).text();
    expect(JSON.parse(text).error.message).toContain('\ufffd…');
    expect(text).not.toMatch(/\\ud[89a-f]/);
  });

  it('shows none that a provider put into its complaint', async () => {
    playProvider(() => new Response('{"error":{"message":"bad \\ud83d","code":"\\ude42"}}', { status: 400 }));
    const body = JSON.stringify({ model: 'deepseek/deepseek-flash', messages: [{ role: 'user', content: 'Hi' }] });
    const text = await (await post('default', body)).text();
    expect(JSON.parse(text).error).toMatchObject({ message: 'bad \ufffd', code: '\ufffd' });
    expect(text).not.toMatch(/\\ud[89a-f]/);
  });
});
