import { expect, test } from 'vitest';
import type { PipelineContext, ReasoningDisplay, ReasoningMemory, TurnKey } from '../../src/pipelines/pipeline.ts';
import { findPipeline } from '../../src/pipelines/registry.ts';
import type { ChatChunk, ChatRequest } from '../../src/protocol/chat.ts';
import { StreamEvent } from '../../src/protocol/event.ts';
import type { JsonObject } from '../../src/protocol/json.ts';
import { AGENT_TOOLS, agentScript } from '../support/agent-script.ts';
import { type CursorClient, createCursorClient, type Echo } from '../support/cursor-client.ts';
import { createStrictProvider, type ProviderName, type StrictProvider } from '../support/strict-provider.ts';

type OpenMemory = () => ReasoningMemory;

/** The memory of one key, in this process: what the Durable Object does, without it. Opened once an exchange. */
function memoryOfKey(): OpenMemory {
  const rows = new Map<string, { key: TurnKey; reasoning: string }>();
  let exchanges = 0;
  return () => {
    exchanges += 1;
    const exchange = exchanges;
    return {
      async recall(turns) {
        const newestFirst = [...rows.values()].reverse();
        return turns.map(({ calls, turn }) => {
          const sameCalls = newestFirst.filter(({ key }) => calls !== null && key.calls === calls);
          const same = newestFirst.filter(({ key }) => key.turn === turn);
          return (sameCalls.find((row) => same.includes(row)) ?? sameCalls[0] ?? same[0])?.reasoning ?? null;
        });
      },
      remember(choice, key, reasoning) {
        const id = `${exchange}:${choice}`;
        rows.delete(id);
        rows.set(id, { key, reasoning });
      },
    };
  };
}

interface Loop {
  provider: ProviderName;
  display: ReasoningDisplay;
  client: CursorClient;
  double: StrictProvider;
  openMemory: OpenMemory | null;
}

/** One request and its answer. `upTo` breaks it off after so many chunks, as Stop does. */
async function runTurn(
  { provider, display, client, double, openMemory }: Loop,
  upTo = Number.POSITIVE_INFINITY,
): Promise<JsonObject> {
  const pipeline = findPipeline('cursor');
  // As the product reads it: half a surrogate pair is mended before anybody looks.
  const body: JsonObject = JSON.parse(JSON.stringify(client.body()), (_key, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  );
  const exchange: PipelineContext = {
    requestedModel: String(body['model']),
    display,
    provider,
    model: 'thinker',
    thinks: true,
    wantsReasoning: true,
    repeatsCallIds: provider === 'moonshot',
    canDisableThinking: provider !== 'moonshot',
    memory: openMemory?.() ?? null,
  };
  const conversation = await pipeline.open?.(pipeline.read?.(body) as ChatRequest, exchange); // the client sends a whole request
  if (conversation?.step === undefined) throw new Error('The cursor pipeline has an answer side.');
  const answer = double.answer(JSON.parse(JSON.stringify(conversation.request)));
  if (answer.kind === 'refused') throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
  const shown: ChatChunk[] = [];
  const controller = { enqueue: (event: StreamEvent) => shown.push(JSON.parse(event.text)) };
  for (const chunk of answer.chunks.slice(0, upTo))
    conversation.step.transform(new StreamEvent(structuredClone(chunk)), controller);
  // A client that is ahead of its own answer sees no end of it.
  if (upTo >= 0) conversation.step.flush?.(controller);
  for (const chunk of shown) client.read(chunk);
  return conversation.request;
}

const PROVIDERS: ProviderName[] = ['deepseek', 'moonshot', 'zai'];
const FORMS: { display: ReasoningDisplay; echo: Echo }[] = [
  { display: 'think', echo: 'whole' },
  { display: 'think', echo: 'trimmed' },
  { display: 'think', echo: 'cut' },
  { display: 'think', echo: 'dropped' },
  { display: 'details', echo: 'whole' },
  { display: 'details', echo: 'cut' },
  { display: 'hidden', echo: 'whole' },
];

for (const provider of PROVIDERS) {
  for (const [index, { display, echo }] of FORMS.entries()) {
    test(`${provider}: 50 turns are never refused, display ${display}, think text ${echo}`, async () => {
      const double = createStrictProvider(provider, agentScript(index));
      // Two keys with two chats each, at the same time, with the same ids of calls.
      const loops: Loop[] = ['one', 'other'].flatMap((key) => {
        const openMemory = memoryOfKey();
        return ['first', 'second'].map((chat) => ({
          provider,
          display,
          double,
          openMemory,
          client: createCursorClient(`${key} ${chat}`, `${provider}/thinker`, AGENT_TOOLS, echo),
        }));
      });
      for (let turn = 0; turn < 50; turn += 1) {
        for (const loop of loops) {
          await runTurn(loop);
          loop.client.finish();
        }
      }
      expect(double.lost).toBe(0);
      expect(double.returned).toBe(4 * ((50 * 49) / 2));
    });
  }
}

function newLoop(provider: ProviderName, display: ReasoningDisplay, echo: Echo, openMemory: OpenMemory | null): Loop {
  const client = createCursorClient('the chat', `${provider}/thinker`, AGENT_TOOLS, echo);
  return { provider, display, client, double: createStrictProvider(provider, agentScript(7)), openMemory };
}

async function runTurns(loop: Loop, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await runTurn(loop);
    loop.client.finish();
  }
}

for (const provider of PROVIDERS) {
  for (const display of ['think', 'hidden'] as const) {
    test(`${provider}: Stop at any chunk, edits and regenerations are survived, display ${display}`, async () => {
      const loop = newLoop(provider, display, 'whole', memoryOfKey());
      for (let chunks = 0; chunks < 12; chunks += 1) {
        await runTurn(loop, chunks);
        loop.client.stop();
        await runTurns(loop, 3);
        loop.client.regenerate();
        loop.double.expectChange('the chat', loop.client.messages.length);
        await runTurns(loop, 2);
      }
      const position = loop.client.edit(2, 'Something else, please');
      loop.double.expectChange('the chat', position);
      await runTurns(loop, 12);
      expect(loop.double.returned).toBeGreaterThan(500);
    });
  }

  test(`${provider}: an answer can be followed by the next request before its finish reason has come`, async () => {
    const loop = newLoop(provider, 'hidden', 'whole', memoryOfKey());
    for (let turn = 0; turn < 12; turn += 1) {
      const cut = turn % 5 === 4 ? Number.POSITIVE_INFINITY : -1;
      await runTurn(loop, cut);
      loop.client.finish();
    }
    expect(loop.double.lost).toBe(0);
  });

  test(`${provider}: an empty field on every turn, as opencode sends it, hides neither block nor memory`, async () => {
    for (const display of ['think', 'hidden'] as const) {
      const loop = newLoop(provider, display, 'whole', memoryOfKey());
      const { body } = loop.client;
      loop.client.body = () => {
        const sent = body();
        for (const message of sent['messages'] as JsonObject[]) {
          if (message['role'] === 'assistant') message['reasoning_content'] = '';
        }
        return sent;
      };
      await runTurns(loop, 30);
      expect(loop.double.lost).toBe(0);
      expect(loop.double.returned).toBe((30 * 29) / 2);
    }
  });

  test(`${provider}: without a memory, what the client shows is enough`, async () => {
    const loop = newLoop(provider, 'details', 'whole', null);
    await runTurns(loop, 50);
    expect(loop.double.returned).toBeGreaterThan(900);
  });

  test(`${provider}: without a memory and without think text, nothing is refused`, async () => {
    const loop = newLoop(provider, 'hidden', 'whole', null);
    await runTurns(loop, 1);
    const request = await runTurn(loop);
    loop.client.finish();
    await runTurns(loop, 10);
    if (provider === 'moonshot') expect(JSON.stringify(request)).toContain('"reasoning_content":" "');
    else expect(request['thinking']).toEqual({ type: 'disabled' });
  });

  test(`${provider}: a chat whose reasoning was lost does without thinking once at most, and is never refused`, async () => {
    const loop = newLoop(provider, 'hidden', 'whole', memoryOfKey());
    await runTurns(loop, 3);
    loop.openMemory = memoryOfKey();
    const thought: boolean[] = [];
    for (let turn = 0; turn < 6; turn += 1) {
      // From what was lost on the prefix is another: without reasoning, then with blanks for it.
      if (turn < 2) loop.double.expectChange('the chat', 0);
      thought.push((await runTurn(loop))['thinking'] === undefined);
      loop.client.finish();
    }
    expect(thought).toEqual([provider === 'moonshot', true, true, true, true, true]);
  });
}
