import type { ChatMessage, ChatRequest } from '../protocol/chat.ts';
import { isObject, type JsonObject } from '../protocol/json.ts';
import { pause, streamEvents } from './test-stream.ts';
import { countWords, pieces } from './test-words.ts';

/** One piece of an answer: a delta as DeepSeek and OpenAI stream it. */
type Delta = JsonObject;

/** What is said, and how many words it has. */
interface Said {
  text: string;
  words: number;
}

interface Answer {
  thought: Said | null;
  said: Said;
  call: { id: string; name: string } | null;
}

const WORD_PAUSE_MS = 200;
const CREATED = Date.parse('2026-01-01') / 1000;
const NOTHING: Said = { text: '', words: 0 };

/** The text of a message: a string, or the text parts of an array, one after the other. */
function textOf(message: ChatMessage | undefined): string {
  const content = message?.content;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  let text = '';
  const parts: unknown[] = content;
  for (const part of parts) if (isObject(part) && typeof part['text'] === 'string') text += part['text'];
  return text;
}

function say(text: string): Said {
  return { text, words: countWords(text) };
}

function firstTool(request: ChatRequest): string | null {
  const { tools } = request;
  const [tool]: unknown[] = Array.isArray(tools) ? tools : [];
  if (!isObject(tool) || !isObject(tool['function']) || request['tool_choice'] === 'none') return null;
  return typeof tool['function']['name'] === 'string' ? tool['function']['name'] : null;
}

function callTool(request: ChatRequest): Answer {
  const last = request.messages.at(-1);
  if (last?.role === 'tool') return { thought: null, said: say(textOf(last)), call: null };
  const name = firstTool(request);
  if (name === null) return { thought: null, said: say('The request holds no tool to call.'), call: null };
  // Counted, so that each call of a conversation has an id of its own and a replay has the same.
  const id = `call_test_${request.messages.filter(({ role }) => role === 'tool').length + 1}`;
  return { thought: null, said: NOTHING, call: { id, name } };
}

function reason({ text, words }: Said): Answer {
  const thought = say(`The user wrote ${words} ${words === 1 ? 'word' : 'words'}. I shall repeat what they said.`);
  return { thought, said: { text: `You wrote: ${text}`, words: words + 2 }, call: null };
}

function answerOf(request: ChatRequest, message: Said): Answer {
  if (request.model === 'tool') return callTool(request);
  return request.model === 'reason' ? reason(message) : { thought: null, said: message, call: null };
}

function failure(status: number): Response {
  const error = { message: `The test provider fails with HTTP ${status}, as it was asked to.`, type: 'test_error' };
  // No retry-after: the router would wait for it, and this provider answers at once.
  return Response.json({ error: { ...error, param: null, code: 'test_error' } }, { status });
}

function statusIn(message: string): number {
  return Number(/\b[45]\d\d\b/.exec(message)?.[0] ?? 500);
}

/** True for about every second request, and always for the same ones. */
function failsFor(requestId: string): boolean {
  let hash = 0;
  for (const character of requestId) hash = (hash * 33 + character.charCodeAt(0)) % 65_521;
  return hash % 2 === 1;
}

function usageOf(inputWords: number, { thought, said, call }: Answer): JsonObject {
  const reasoning = thought?.words ?? 0;
  const output = said.words + reasoning + (call === null ? 0 : 1);
  return {
    prompt_tokens: inputWords,
    completion_tokens: output,
    total_tokens: inputWords + output,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}

function finishReasonOf({ call }: Answer): string {
  return call === null ? 'stop' : 'tool_calls';
}

function completionOf(envelope: JsonObject, answer: Answer, usage: JsonObject): Response {
  const { thought, said, call } = answer;
  const message: JsonObject = {
    role: 'assistant',
    content: call === null ? said.text : null,
    ...(thought === null ? {} : { reasoning_content: thought.text }),
    ...(call === null
      ? {}
      : { tool_calls: [{ id: call.id, type: 'function', function: { name: call.name, arguments: '{}' } }] }),
  };
  const choices = [{ index: 0, message, finish_reason: finishReasonOf(answer) }];
  return Response.json({ ...envelope, object: 'chat.completion', choices, usage });
}

/** Chunks as DeepSeek sends them: where it thinks, the field that is silent is null. */
function* deltasOf({ thought, said, call }: Answer): Generator<Delta> {
  for (const text of pieces(thought?.text ?? '')) yield { content: null, reasoning_content: text };
  const silent = thought === null ? {} : { reasoning_content: null };
  for (const text of pieces(said.text)) yield { content: text, ...silent };
  if (call === null) return;
  const { id, name } = call;
  yield { tool_calls: [{ index: 0, id, type: 'function', function: { name, arguments: '' } }] };
  yield { tool_calls: [{ index: 0, function: { arguments: '{}' } }] };
}

/** One by one: a long answer is never there as a whole. */
function* chunksOf(request: ChatRequest, envelope: JsonObject, answer: Answer, usage: JsonObject) {
  const shared = { ...envelope, object: 'chat.completion.chunk' };
  const chunk = (delta: Delta, finish: string | null = null): JsonObject => ({
    ...shared,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const opening = answer.thought === null ? { content: '' } : { content: null, reasoning_content: '' };
  yield chunk({ role: 'assistant', ...opening });
  for (const delta of deltasOf(answer)) yield chunk(delta);
  yield chunk({}, finishReasonOf(answer));
  if (request.stream_options?.include_usage === true) yield { ...shared, choices: [], usage };
}

/** Words of all messages: what the test provider bills as input. */
export function countInputWords({ messages }: ChatRequest): number {
  return messages.reduce((sum, message) => sum + countWords(textOf(message)), 0);
}

/** The test provider's whole backend: a chat request in, an answer as a provider would send it out. */
export async function answerTest(request: ChatRequest, signal: AbortSignal, requestId: string): Promise<Response> {
  const { messages, model, stream } = request;
  const asked = messages.findLast(({ role }) => role === 'user');
  const message = say(textOf(asked));
  if (model === 'error') return failure(statusIn(message.text));
  if (model === 'flaky' && failsFor(requestId)) return failure(503);
  const answer = answerOf(request, message);
  const others = messages.filter((other) => other !== asked);
  const inputWords = others.reduce((sum, other) => sum + countWords(textOf(other)), message.words);
  const envelope = { id: 'chatcmpl-test', created: CREATED, model };
  const usage = usageOf(inputWords, answer);
  const waitMs = model === 'slow' ? WORD_PAUSE_MS : 0;
  if (stream === true) return streamEvents(chunksOf(request, envelope, answer, usage), waitMs, signal);
  if (waitMs > 0) await pause(waitMs * [...deltasOf(answer)].length, signal);
  return completionOf(envelope, answer, usage);
}
