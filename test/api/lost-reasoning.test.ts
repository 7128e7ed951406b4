import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import type OpenAI from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { isObject, type JsonObject } from '../../src/protocol/json.ts';
import { makeKey } from '../support/keys.ts';
import { ledgerRow } from '../support/ledger-row.ts';
import { playProvider, sse, streamOf } from '../support/provider.ts';
import { BASE_URL, openaiClient, routerFetch } from '../support/router.ts';
import { CHECKS, chunksOf, type ProviderName, type ProviderTurn } from '../support/strict-provider.ts';

/* Clients that drop reasoning, with a default key, at providers that answer 400 for it: nobody's run ends there. */

const TURNS = 5;
const PARAMETERS = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
const TOOL = { type: 'function' as const, function: { name: 'read_file', parameters: PARAMETERS } };
const QUESTION = { role: 'user' as const, content: 'Read them all, please.' };

let secret = '';
let keyId = '';

beforeAll(async () => {
  const made = await makeKey();
  ({ secret } = made);
  keyId = made.key.id;
});

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function turnsIn(body: JsonObject): JsonObject[] {
  return listOf(body['messages']).filter(({ role }) => role === 'assistant');
}

function nextTurn(body: JsonObject): ProviderTurn {
  const position = turnsIn(body).length;
  const reasoning =
    isObject(body['thinking']) && body['thinking']['type'] === 'disabled' ? null : `I think ${position}.`;
  const isLast = position >= TURNS;
  const call = { id: `call_${position}`, name: 'read_file', arguments: `{"path":"${position}"}` };
  return { reasoning, text: isLast ? 'Done.' : '', calls: isLast ? [] : [call] };
}

function wholeOf({ reasoning, text, calls }: ProviderTurn): JsonObject {
  const tool_calls = calls.map(({ id, ...called }) => ({ id, type: 'function', function: called }));
  const message = {
    ...{ role: 'assistant', content: text },
    ...(reasoning === null ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls }),
  };
  const choices = [{ index: 0, message, finish_reason: calls.length === 0 ? 'stop' : 'tool_calls' }];
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
  return { id: 'answer', object: 'chat.completion', created: 1, model: 'm', choices, usage };
}

/** A provider that answers a thinking conversation without its reasoning with 400, as the true ones do. */
function playStrict(name: ProviderName) {
  return playProvider(({ json }) => {
    const wrong = CHECKS[name](json);
    if (wrong !== null)
      return Response.json({ error: { message: wrong, type: 'invalid_request_error' } }, { status: 400 });
    const turn = nextTurn(json);
    return json['stream'] === true ? streamOf(sse(chunksOf(name, turn))) : Response.json(wholeOf(turn));
  });
}

/** A loop of one's own, as people write it: text and calls are kept, and nothing else. Gives each answer's response. */
async function runLoop(client: OpenAI, model: string): Promise<Response[]> {
  const messages: OpenAI.ChatCompletionMessageParam[] = [QUESTION];
  const responses: Response[] = [];
  for (;;) {
    const asked = { model, messages, tools: [TOOL], stream: true as const };
    const { data, response } = await client.chat.completions.create(asked).withResponse();
    responses.push(response);
    const calls: { id: string; type: 'function'; function: { name: string; arguments: string } }[] = [];
    let content = '';
    for await (const { choices } of data) {
      const delta = choices[0]?.delta;
      content += delta?.content ?? '';
      for (const { index, id, function: called } of delta?.tool_calls ?? []) {
        const call = calls[index] ?? { id: '', type: 'function', function: { name: '', arguments: '' } };
        calls[index] = call;
        call.id += id ?? '';
        call.function.name += called?.name ?? '';
        call.function.arguments += called?.arguments ?? '';
      }
    }
    if (calls.length === 0) return responses;
    messages.push({ role: 'assistant', content, tool_calls: calls });
    for (const { id } of calls) messages.push({ role: 'tool', tool_call_id: id, content: 'text' });
  }
}

const SWITCHED = [
  ['deepseek', 'deepseek/deepseek-flash'],
  ['deepseek', 'deepseek/deepseek-v4-pro'],
  ['deepseek', 'deepseek-reasoner'],
  ['moonshot', 'moonshot/kimi-k2.6'],
] as const;

const ALWAYS = [
  ['moonshot', 'moonshot/kimi-k3'],
  ['moonshot', 'moonshot/kimi-k2.7-code'],
] as const;

describe('a default key whose client drops reasoning', () => {
  it.each(SWITCHED)(
    '%s: %s does without thinking from the second turn on, and the answer says why',
    async (name, model) => {
      const double = playStrict(name);
      const responses = await runLoop(openaiClient(secret), model);
      expect(responses.map(({ headers }) => headers.get('x-llm-notice'))).toEqual([
        null,
        ...Array(TURNS).fill('reasoning_lost'),
      ]);
      expect(double.seen.slice(1).map(({ json }) => json['thinking'])).toEqual(Array(TURNS).fill({ type: 'disabled' }));
      for (const { json } of double.seen) {
        expect(turnsIn(json).every((turn) => !('reasoning_content' in turn))).toBe(true);
      }
      expect(await ledgerRow(keyId, responses[0] ?? null)).toMatchObject({ notice: null });
      expect(await ledgerRow(keyId, responses[1] ?? null)).toMatchObject({
        notice: 'reasoning_lost',
        end: 'completed',
      });
    },
  );

  it.each(ALWAYS)('%s: %s, which always thinks, gets one space for what was lost', async (name, model) => {
    const double = playStrict(name);
    const responses = await runLoop(openaiClient(secret), model);
    expect(responses.map(({ headers }) => headers.get('x-llm-notice'))).toEqual([
      null,
      ...Array(TURNS).fill('reasoning_lost'),
    ]);
    expect(turnsIn(double.seen.at(-1)?.json ?? {}).map((turn) => turn['reasoning_content'])).toEqual(
      Array(TURNS).fill(' '),
    );
    expect(await ledgerRow(keyId, responses[1] ?? null)).toMatchObject({ notice: 'reasoning_lost' });
  });

  it.each(SWITCHED)("%s: the official client's own runner of tools comes to its end with %s", async (name, model) => {
    const double = playStrict(name);
    const read = {
      name: 'read_file',
      description: 'Reads.',
      parameters: PARAMETERS,
      parse: JSON.parse,
      function: () => 'text',
    };
    for (const stream of [false, true]) {
      const asked = { model, messages: [QUESTION], tools: [{ type: 'function', function: read }], stream };
      const runner = openaiClient(secret).chat.completions.runTools(asked as never);
      expect(await runner.finalContent()).toBe('Done.');
    }
    expect(double.seen).toHaveLength(2 * (TURNS + 1));
  });

  it('a provider that does without is sent what the client wrote, and nothing is said', async () => {
    const double = playStrict('zai');
    const responses = await runLoop(openaiClient(secret), 'zai/glm-5.2');
    expect(responses.map(({ headers }) => headers.get('x-llm-notice'))).toEqual(Array(TURNS + 1).fill(null));
    expect(double.seen.every(({ json }) => json['thinking'] === undefined)).toBe(true);
  });
});

describe('a client that keeps reasoning', () => {
  it.each([...SWITCHED, ...ALWAYS])('%s: the AI SDK gives it back to %s, whole and streamed', async (name, model) => {
    const double = playStrict(name);
    const provider = createOpenAICompatible({ name: 'router', baseURL: BASE_URL, apiKey: secret, fetch: routerFetch });
    const tools = { read_file: tool({ inputSchema: jsonSchema(PARAMETERS as never), execute: () => 'text' }) };
    const asked = { model: provider(model), prompt: QUESTION.content, tools, maxRetries: 0, stopWhen: stepCountIs(10) };
    const whole = await generateText(asked);
    expect(whole.text).toBe('Done.');
    const notices = whole.steps.map(({ response }) => response.headers?.['x-llm-notice']);
    expect(notices).toEqual(Array(TURNS + 1).fill(undefined));
    expect(await streamText(asked).text).toBe('Done.');
    const said = Array.from({ length: TURNS }, (_, position) => `I think ${position}.`);
    for (const last of [double.seen[TURNS], double.seen.at(-1)]) {
      expect(turnsIn(last?.json ?? {}).map((turn) => turn['reasoning_content'])).toEqual(said);
      expect(last?.json['thinking']).not.toEqual({ type: 'disabled' });
    }
  });
});

describe('a key with a memory', () => {
  it.each(['cursor', 'reasoning'] as const)(
    '%s: says nothing while it gives all back, and says so where it cannot',
    async (purpose) => {
      const { secret: own, key } = await makeKey({ purpose, reasoning: 'hidden' });
      for (const [name, model] of [...SWITCHED, ...ALWAYS]) {
        const double = playStrict(name);
        const remembered = await runLoop(openaiClient(own), model);
        expect(remembered.map(({ headers }) => headers.get('x-llm-notice'))).toEqual(Array(TURNS + 1).fill(null));
        // The same history under a key that has never seen it.
        const { messages, tools } = double.seen.at(-1)?.json ?? {};
        const forgotten = listOf(messages).map(({ reasoning_content: _lost, ...message }) => ({
          ...message,
          content: `${String(message['content'])}.`,
        }));
        const { response } = await openaiClient(own)
          .chat.completions.create({ model, messages: forgotten, tools } as never)
          .withResponse();
        expect(response.headers.get('x-llm-notice')).toBe('reasoning_lost');
        expect(await ledgerRow(key.id, response)).toMatchObject({ notice: 'reasoning_lost' });
        double.restore();
      }
    },
  );

  it('says nothing where the name that is asked for stands for no thinking', async () => {
    const { secret: own } = await makeKey({ purpose: 'cursor' });
    playStrict('deepseek');
    const responses = await runLoop(openaiClient(own), 'deepseek/deepseek-chat');
    expect(responses.map(({ headers }) => headers.get('x-llm-notice'))).toEqual(Array(TURNS + 1).fill(null));
  });
});
