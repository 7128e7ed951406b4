import { BENCH_DOORS, type Conversation, type DoorName } from './doors.ts';
import type { BenchKey } from './keys.ts';
import { type Plan, writePlan } from './plan.ts';

/** A request of the bench, ready to be sent. */
export interface BenchRequest {
  body: Buffer;
  headers: Readonly<Record<string, string>>;
}

function requestOf(key: BenchKey, body: string, more: Readonly<Record<string, string>> = {}): BenchRequest {
  const bytes = Buffer.from(body);
  const headers = {
    authorization: `Bearer ${key.secret}`,
    'content-type': 'application/json',
    'content-length': String(bytes.length),
    ...more,
  };
  return { body: bytes, headers };
}

const SYSTEM = 'You are a helpful assistant that answers in few words.';
const QUESTION = 'What is the difference between a process and a thread? Name three points, one line each.';

/** A streamed request with its plan. */
export function streamRequest(
  key: BenchKey,
  door: DoorName,
  plan: Plan,
  headers: Readonly<Record<string, string>> = {},
): BenchRequest {
  const user = `${QUESTION} ${writePlan(plan)}`;
  const conversation = { system: SYSTEM, user, turns: [], tools: [], stream: true };
  return requestOf(key, JSON.stringify(BENCH_DOORS[door].write(conversation)), headers);
}

const LINE = '  const value = await read(file, { encoding: "utf8", limit: 4096 }); // the "inner" part\n';

function toolOf(position: number): Conversation['tools'][number] {
  const text = {
    type: 'string',
    description: 'Where to look, relative to the root of the workspace. Use forward slashes.',
  };
  return {
    name: `workspace_tool_${position}`,
    description:
      'Looks at files of the workspace and answers with what it found. Use it before you edit anything. '.repeat(5),
    parameters: {
      type: 'object',
      properties: { target_file: text, query: text, explanation: text },
      required: ['target_file', 'explanation'],
    },
  };
}

/** Tool turns in the body of 60 KB. */
export const PAST_TURNS = 20;

/** What an agent sends in the middle of its work. */
function agentConversation(turns: number, tools: number, lines: number): Conversation {
  return {
    system: 'You are a coding agent. Follow the rules of the workspace. '.repeat(60),
    user: 'Find out why the importer drops the last line, and mend it. Then run the tests.',
    turns: Array.from({ length: turns }, (_, turn) => ({
      id: `call_00_${turn}aVbTq8rJ5sXw`,
      name: `workspace_tool_${turn % tools}`,
      input: { target_file: `src/import/reader-${turn}.ts`, explanation: 'I look at how it reads.' },
      result: LINE.repeat(lines),
    })),
    tools: Array.from({ length: tools }, (_, position) => toolOf(position)),
    stream: false,
  };
}

/** Of the bodies that Cursor sends. */
export const BODY_SIZES = ['300 B', '60 KB'] as const;
export type BodySize = (typeof BODY_SIZES)[number] | '300 KB';

const CONVERSATIONS: Readonly<Record<BodySize, Conversation>> = {
  '300 B': { system: SYSTEM, user: QUESTION, turns: [], tools: [], stream: false },
  // As Cursor sends it in agent mode: 42 messages, 12 tools.
  '60 KB': agentConversation(PAST_TURNS, 12, 18),
  // As Claude Code and Codex send it after a while: 120 messages, 25 tools.
  '300 KB': agentConversation(59, 25, 48),
};

/** A request for a whole answer. */
export function wholeRequest(
  key: BenchKey,
  door: DoorName,
  size: BodySize,
  headers: Readonly<Record<string, string>> = {},
): BenchRequest {
  return requestOf(key, JSON.stringify(BENCH_DOORS[door].write(CONVERSATIONS[size])), headers);
}

/** The same of 60 KB at the chat door, for another model or a route. */
export function routedRequest(key: BenchKey, model: string): BenchRequest {
  return requestOf(key, JSON.stringify(BENCH_DOORS.chat.write({ ...CONVERSATIONS['60 KB'], model })));
}
