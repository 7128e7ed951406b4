import type { BenchKey } from './keys.ts';
import { PLAN_MARK, type Plan } from './plan.ts';

/** A request of the bench, ready to be sent. */
export interface BenchRequest {
  body: Buffer;
  headers: Readonly<Record<string, string>>;
}

const MODEL = 'deepseek/deepseek-flash';

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

const SMALL_MESSAGES = [
  { role: 'system', content: 'You are a helpful assistant that answers in few words.' },
  { role: 'user', content: 'What is the difference between a process and a thread? Name three points, one line each.' },
];

/** A streamed request with its plan. */
export function streamRequest(key: BenchKey, plan: Plan): BenchRequest {
  const body = JSON.stringify({ model: MODEL, stream: true, messages: SMALL_MESSAGES });
  return requestOf(key, `${body.slice(0, -1)},${PLAN_MARK}${JSON.stringify(plan)}}`);
}

const LINE = '  const value = await read(file, { encoding: "utf8", limit: 4096 }); // the "inner" part\n';

function toolOf(position: number) {
  const text = {
    type: 'string',
    description: 'Where to look, relative to the root of the workspace. Use forward slashes.',
  };
  return {
    type: 'function',
    function: {
      name: `workspace_tool_${position}`,
      description:
        'Looks at files of the workspace and answers with what it found. Use it before you edit anything. '.repeat(5),
      parameters: {
        type: 'object',
        properties: { target_file: text, query: text, explanation: text },
        required: ['target_file', 'explanation'],
      },
    },
  };
}

/** Tool turns in the large body. */
export const PAST_TURNS = 20;

/** A body as Cursor sends it in agent mode: 43 messages, 12 tools, about 60 KB. */
function agentBody(): string {
  const messages: unknown[] = [
    { role: 'system', content: 'You are a coding agent. Follow the rules of the workspace. '.repeat(60) },
    { role: 'user', content: 'Find out why the importer drops the last line, and mend it. Then run the tests.' },
  ];
  for (let turn = 0; turn < PAST_TURNS; turn += 1) {
    const id = `call_00_${turn}aVbTq8rJ5sXw`;
    const called = {
      name: `workspace_tool_${turn % 12}`,
      arguments: JSON.stringify({
        target_file: `src/import/reader-${turn}.ts`,
        explanation: 'I look at how it reads.',
      }),
    };
    messages.push(
      {
        role: 'assistant',
        content: 'I look at the next file.',
        tool_calls: [{ id, type: 'function', function: called }],
      },
      { role: 'tool', tool_call_id: id, content: LINE.repeat(18) },
    );
  }
  messages.push({ role: 'user', content: 'Go on.' });
  const tools = Array.from({ length: 12 }, (_, position) => toolOf(position));
  return JSON.stringify({ model: MODEL, stream: false, messages, tools, tool_choice: 'auto' });
}

export const BODY_SIZES = ['300 B', '60 KB'] as const;
export type BodySize = (typeof BODY_SIZES)[number];

const BODIES: Readonly<Record<BodySize, string>> = {
  '300 B': JSON.stringify({ model: MODEL, stream: false, temperature: 0.7, messages: SMALL_MESSAGES }),
  '60 KB': agentBody(),
};

/** A request for a whole answer. */
export function wholeRequest(
  key: BenchKey,
  size: BodySize,
  headers: Readonly<Record<string, string>> = {},
): BenchRequest {
  return requestOf(key, BODIES[size], headers);
}
