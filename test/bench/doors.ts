import type { JsonObject } from '../../src/protocol/json.ts';

/* The doors: how each is asked, and what its stream looks like from outside. */

const DOORS = ['chat', 'messages', 'responses', 'portkey'] as const;
export type DoorName = (typeof DOORS)[number];

/** One tool turn of an agent's conversation. */
interface Turn {
  id: string;
  name: string;
  input: JsonObject;
  result: string;
}

/** A conversation, before it is written in any dialect. */
export interface Conversation {
  /** What is asked for; the bench's usual model where it is left out. */
  model?: string;
  system: string;
  user: string;
  turns: readonly Turn[];
  tools: readonly { name: string; description: string; parameters: JsonObject }[];
  stream: boolean;
}

interface BenchDoor {
  path: string;
  /** The body that says the conversation in the door's dialect. */
  write(conversation: Conversation): JsonObject;
  /** Lines of an event, its blank line included. */
  linesAnEvent: number;
  /** Events beside those with text. */
  otherEvents: number;
  end: string;
}

const MODEL = 'deepseek/deepseek-flash';
const DONE = 'data: [DONE]\n\n';
const SAID = 'I look at the next file.';

function writeChat({ model = MODEL, stream, system, tools, turns, user }: Conversation): JsonObject {
  const past = turns.flatMap(({ id, input, name, result }) => [
    {
      role: 'assistant',
      content: SAID,
      tool_calls: [{ id, type: 'function', function: { name, arguments: JSON.stringify(input) } }],
    },
    { role: 'tool', tool_call_id: id, content: result },
  ]);
  return {
    model,
    stream,
    messages: [{ role: 'system', content: system }, { role: 'user', content: user }, ...past],
    ...(tools.length === 0 ? {} : { tools: tools.map((called) => ({ type: 'function', function: called })) }),
  };
}

function writeMessages({ stream, system, tools, turns, user }: Conversation): JsonObject {
  const past = turns.flatMap(({ id, input, name, result }) => [
    {
      role: 'assistant',
      content: [
        { type: 'text', text: SAID },
        { type: 'tool_use', id, name, input },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: result }] },
  ]);
  return {
    model: MODEL,
    max_tokens: 32_000,
    stream,
    thinking: { type: 'adaptive' },
    system: [{ type: 'text', text: system, cache_control: { type: 'ephemeral' } }],
    messages: [{ role: 'user', content: user }, ...past],
    tools: tools.map(({ description, name, parameters }) => ({ name, description, input_schema: parameters })),
  };
}

function writeResponses({ stream, system, tools, turns, user }: Conversation): JsonObject {
  const past = turns.flatMap(({ id, input, name, result }) => [
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: SAID }] },
    { type: 'function_call', call_id: id, name, arguments: JSON.stringify(input) },
    { type: 'function_call_output', call_id: id, output: result },
  ]);
  return {
    model: MODEL,
    stream,
    store: false,
    reasoning: { effort: 'high' },
    input: [
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: system }] },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: user }] },
      ...past,
    ],
    tools: tools.map((called) => ({ type: 'function', ...called, strict: false })),
  };
}

// Beside those with text: the first, the one with the finish reason, and `[DONE]`.
const CHAT: BenchDoor = {
  path: '/api/v1/chat/completions',
  write: writeChat,
  linesAnEvent: 2,
  otherEvents: 3,
  end: DONE,
};

export const BENCH_DOORS: Readonly<Record<DoorName, BenchDoor>> = {
  chat: CHAT,
  // The peer's own.
  portkey: { ...CHAT, path: '/v1/chat/completions' },
  // The message's start, two of both ends; per block its start and end, and a signature.
  messages: {
    path: '/api/v1/messages',
    write: writeMessages,
    linesAnEvent: 3,
    otherEvents: 8,
    end: 'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  },
  // Created, in progress, completed and `[DONE]`; per item two before its text and three after.
  responses: { path: '/api/v1/responses', write: writeResponses, linesAnEvent: 3, otherEvents: 14, end: DONE },
};
