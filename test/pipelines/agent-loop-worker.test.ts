import { beforeEach, expect, test } from 'vitest';
import type { ReasoningDisplay } from '../../src/pipelines/pipeline.ts';
import type { ChatChunk } from '../../src/protocol/chat.ts';
import { AGENT_TOOLS, agentScript } from '../support/agent-script.ts';
import { type CursorClient, createCursorClient, type Echo } from '../support/cursor-client.ts';
import { makeKey } from '../support/keys.ts';
import { type Granularity, playProvider, sse, streamOf } from '../support/provider.ts';
import { get, getDirectly } from '../support/router.ts';
import { createStrictProvider, type ProviderName, type StrictProvider } from '../support/strict-provider.ts';

const MODELS: Record<ProviderName, string> = {
  deepseek: 'deepseek/deepseek-v4-pro',
  moonshot: 'moonshot/kimi-k3',
  zai: 'zai/glm-5.2',
};
const PROVIDERS: ProviderName[] = ['deepseek', 'moonshot', 'zai'];
const DISPLAYS: ReasoningDisplay[] = ['think', 'details', 'hidden'];
const ECHOES: Echo[] = ['whole', 'trimmed', 'cut', 'dropped'];

let provider: ReturnType<typeof playProvider> | null = null;
let granularity: Granularity = 'whole';

function play(double: StrictProvider): void {
  provider = playProvider((request) => {
    const answer = double.answer(request.json);
    if (answer.kind === 'refused') return Response.json(answer.body, { status: answer.status });
    return streamOf(sse(answer.chunks), { granularity });
  });
}

beforeEach(() => {
  granularity = 'whole';
});

interface Chat {
  secret: string;
  client: CursorClient;
}

async function openAnswer({ secret, client }: Chat): Promise<Response> {
  const response = await getDirectly('/api/v1/chat/completions', {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', 'user-agent': 'Cursor/1.0' },
    body: JSON.stringify(client.body()),
  });
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return response;
}

function readFrames(client: CursorClient, frames: string): void {
  for (const frame of frames.split('\n\n')) {
    if (frame.startsWith('data: {')) client.read(JSON.parse(frame.slice(6)) as ChatChunk); // what the router wrote
  }
}

async function runTurn(chat: Chat): Promise<void> {
  const text = await (await openAnswer(chat)).text();
  if (!text.endsWith('data: [DONE]\n\n')) throw new Error(`The answer broke off: ${text.slice(-500)}`);
  readFrames(chat.client, text);
  chat.client.finish();
}

/** Most turns come in one write, many event by event, and some byte by byte. */
function granularityOf(turn: number, chat: number): Granularity {
  if ((turn + chat) % 20 === 0) return 'byte';
  return (turn + chat) % 4 === 0 ? 'event' : 'whole';
}

test.each(PROVIDERS)(
  'an agent works for 50 turns with %s: three keys, one for each display, two chats at once',
  async (name) => {
    const double = createStrictProvider(name, agentScript(name.length), 16);
    play(double);
    const chats: Chat[] = [];
    for (const reasoning of DISPLAYS) {
      const { secret } = await makeKey({ purpose: 'cursor', reasoning });
      for (const chat of reasoning === 'details' ? ['only'] : ['first', 'second']) {
        chats.push({ secret, client: createCursorClient(`${reasoning}, ${chat} chat`, MODELS[name], AGENT_TOOLS) });
      }
    }
    for (let turn = 0; turn < 50; turn += 1) {
      for (const [index, chat] of chats.entries()) {
        granularity = granularityOf(turn, index);
        chat.client.echo = ECHOES[(turn + index) % ECHOES.length] ?? 'whole';
        await runTurn(chat);
      }
    }
    expect(double.lost).toBe(0);
    expect(double.returned).toBe(chats.length * ((50 * 49) / 2));
  },
  60_000,
);

test('the same conversation under two keys, with the same ids, is never mixed up', async () => {
  const double = createStrictProvider('moonshot', agentScript(5), 16);
  play(double);
  const keys = [
    await makeKey({ purpose: 'cursor', reasoning: 'hidden' }),
    await makeKey({ purpose: 'cursor', reasoning: 'hidden' }),
  ];
  // Alike to the last byte of their first request, but for the name that tells the double who asks.
  const chats: Chat[] = keys.map(({ secret }) => ({
    secret,
    client: createCursorClient('the chat', MODELS.moonshot, AGENT_TOOLS),
  }));
  const doubles = keys.map((_key, index) => createStrictProvider('moonshot', agentScript(index), 16));
  for (let turn = 0; turn < 10; turn += 1) {
    for (const [index, chat] of chats.entries()) {
      provider?.restore();
      const own = doubles[index];
      if (own !== undefined) play(own);
      await runTurn(chat);
    }
  }
  expect(doubles.map(({ lost, returned }) => ({ lost, returned }))).toEqual([
    { lost: 0, returned: 45 },
    { lost: 0, returned: 45 },
  ]);
});

test('the next request may come before the answer has ended', async () => {
  const double = createStrictProvider('deepseek', agentScript(3), 16);
  let open = 0;
  let early = 0;
  const encoder = new TextEncoder();
  provider = playProvider((request) => {
    if (open > 0) early += 1;
    const answer = double.answer(request.json);
    if (answer.kind === 'refused') return Response.json(answer.body, { status: answer.status });
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        open += 1;
        controller.enqueue(encoder.encode(sse(answer.chunks, false)));
        // The provider is slow to say that it has said all.
        await new Promise((resolve) => setTimeout(resolve, 300));
        controller.enqueue(encoder.encode('data: [DONE]\n\n'));
        controller.close();
        open -= 1;
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  });
  const { secret } = await makeKey({ purpose: 'cursor', reasoning: 'hidden' });
  const chat: Chat = { secret, client: createCursorClient('the hasty chat', MODELS.deepseek, AGENT_TOOLS) };
  const ends: Promise<string>[] = [];
  for (let turn = 0; turn < 8; turn += 1) {
    const reader = ((await openAnswer(chat)).body ?? new Blob([]).stream())
      .pipeThrough(new TextDecoderStream())
      .getReader();
    let text = '';
    while (!/"finish_reason":"/.test(text)) text += (await reader.read()).value ?? '';
    readFrames(chat.client, text);
    chat.client.finish();
    ends.push(
      (async () => {
        let rest = '';
        for (let read = await reader.read(); !read.done; read = await reader.read()) rest += read.value;
        return rest;
      })(),
    );
  }
  for (const end of await Promise.all(ends)) expect(end).toContain('data: [DONE]');
  expect(double.lost).toBe(0);
  expect(double.returned).toBe(28);
  expect(early).toBeGreaterThan(0);
});

test("Cursor's key check is answered without a provider, in both forms, and another unknown name is not", async () => {
  provider = playProvider(() => Response.error());
  const { secret } = await makeKey({ purpose: 'cursor' });
  const ask = (body: object) =>
    get('/v1/chat/completions', {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}` },
      body: JSON.stringify(body),
    });
  const messages = [
    { role: 'system', content: 'You are a test assistant.' },
    { role: 'user', content: 'Testing. Just say hi and nothing else.' },
  ];
  const whole = await ask({ model: 'gpt-4o', messages });
  expect(whole.status).toBe(200);
  expect(await whole.json()).toMatchObject({ model: 'gpt-4o', choices: [{ finish_reason: 'stop' }] });
  const streamed = await ask({ model: 'gpt-4o', messages, stream: true });
  expect(await streamed.text()).toMatch(/"finish_reason":"stop"[\s\S]*data: \[DONE\]\n\n$/);
  expect((await ask({ model: 'my-model', messages })).status).toBe(404);
  expect((await ask({ model: 'gpt-4o', messages: [...messages, ...messages] })).status).toBe(404);
  expect(provider.seen).toEqual([]);
});

test('a whole answer is folded, and remembered for the next request', async () => {
  const { secret } = await makeKey({ purpose: 'cursor', reasoning: 'think' });
  const call = { id: 'call_1', type: 'function', function: { name: 'read_file', arguments: '{}' } };
  provider = playProvider(() =>
    Response.json({
      id: 'v',
      object: 'chat.completion',
      created: 1,
      model: 'provider-model',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: null, reasoning_content: 'why </think>', tool_calls: [call] },
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    }),
  );
  const ask = async (messages: unknown[]) => {
    const response = await get('/api/v1/chat/completions', {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}` },
      body: JSON.stringify({ model: MODELS.deepseek, messages, tools: AGENT_TOOLS }),
    });
    return response.json<{ choices: { message: Record<string, unknown> }[] }>();
  };
  const question = { role: 'user', content: 'Look, please' };
  const answer = await ask([question]);
  expect(answer.choices[0]?.message).toEqual({
    role: 'assistant',
    content: '<think>\nwhy <\\/think>\n</think>\n\n',
    tool_calls: [call],
  });
  await ask([
    question,
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'call_1', content: 'text' },
  ]);
  expect(provider.seen.at(-1)?.json['messages']).toEqual([
    question,
    { role: 'assistant', content: '', tool_calls: [call], reasoning_content: 'why </think>' },
    { role: 'tool', tool_call_id: 'call_1', content: 'text' },
  ]);
});
