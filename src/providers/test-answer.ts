import { type ChatMessage, type ChatRequest, settingsSchema } from '../protocol/chat.ts';
import { isObject, type JsonObject } from '../protocol/json.ts';
import { pause, streamEvents } from './test-stream.ts';

/** One piece of an answer: a delta as DeepSeek and OpenAI stream it. */
type Delta = JsonObject;

interface Answer {
  deltas: Delta[];
  finishReason: 'stop' | 'tool_calls';
}

const WORD_PAUSE_MS = 200;
const CREATED = Date.parse('2026-01-01') / 1000;

/** The text of a message: a string, or the text parts of an array, one after the other. */
function textOf(message: ChatMessage | undefined): string {
  const content = message?.content;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  const parts: unknown[] = content;
  return parts.map((part) => (isObject(part) && typeof part['text'] === 'string' ? part['text'] : '')).join('');
}

/** Cut after each word; the pieces joined are the text exactly. */
function words(text: string): string[] {
  return text.match(/\s*\S+\s*|\s+/g) ?? [];
}

function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

function contentDeltas(text: string): Delta[] {
  return words(text).map((content) => ({ content }));
}

function firstTool(request: ChatRequest): string | null {
  const { tools } = request;
  const [tool]: unknown[] = Array.isArray(tools) ? tools : [];
  if (!isObject(tool) || !isObject(tool['function']) || request['tool_choice'] === 'none') return null;
  return typeof tool['function']['name'] === 'string' ? tool['function']['name'] : null;
}

function callTool(request: ChatRequest): Answer {
  const last = request.messages.at(-1);
  if (last?.role === 'tool') return { deltas: contentDeltas(textOf(last)), finishReason: 'stop' };
  const name = firstTool(request);
  if (name === null) return { deltas: contentDeltas('The request holds no tool to call.'), finishReason: 'stop' };
  // Counted, so that each call of a conversation has an id of its own and a replay has the same.
  const id = `call_test_${request.messages.filter(({ role }) => role === 'tool').length + 1}`;
  const calls = [
    { tool_calls: [{ index: 0, id, type: 'function', function: { name, arguments: '' } }] },
    { tool_calls: [{ index: 0, function: { arguments: '{}' } }] },
  ];
  return { deltas: calls, finishReason: 'tool_calls' };
}

/** Chunks as DeepSeek sends them: the field that is silent is null. */
function reason(message: string): Answer {
  const count = countWords(message);
  const thought = `The user wrote ${count} ${count === 1 ? 'word' : 'words'}. I shall repeat what they said.`;
  const deltas = [
    ...words(thought).map((text) => ({ content: null, reasoning_content: text })),
    ...words(`You wrote: ${message}`).map((text) => ({ content: text, reasoning_content: null })),
  ];
  return { deltas, finishReason: 'stop' };
}

function answerOf(request: ChatRequest): Answer {
  const message = textOf(request.messages.findLast(({ role }) => role === 'user'));
  if (request.model === 'tool') return callTool(request);
  if (request.model === 'reason') return reason(message);
  return { deltas: contentDeltas(message), finishReason: 'stop' };
}

function failure(status: number): Response {
  const error = { message: `The test provider fails with HTTP ${status}, as it was asked to.`, type: 'test_error' };
  // No retry-after: the router would wait for it, and this provider answers at once.
  return Response.json({ error: { ...error, param: null, code: 'test_error' } }, { status });
}

function statusIn(message: string): number {
  return Number(/\b[45]\d\d\b/.exec(message)?.[0] ?? 500);
}

function usageOf(request: ChatRequest, deltas: readonly Delta[]): JsonObject {
  const joined = (name: string) => deltas.map((delta) => delta[name] ?? '').join('');
  const input = request.messages.reduce((sum, message) => sum + countWords(textOf(message)), 0);
  const reasoning = countWords(joined('reasoning_content'));
  const calls = deltas.some((delta) => delta['tool_calls'] !== undefined) ? 1 : 0;
  const output = countWords(joined('content')) + reasoning + calls;
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}

function completionOf(envelope: JsonObject, { deltas, finishReason }: Answer, usage: JsonObject): Response {
  const joined = (name: string) => deltas.map((delta) => delta[name] ?? '').join('');
  const message: JsonObject = { role: 'assistant', content: joined('content') };
  const thought = joined('reasoning_content');
  if (thought !== '') message['reasoning_content'] = thought;
  const call = deltas.find((delta) => delta['tool_calls'] !== undefined)?.['tool_calls'];
  if (Array.isArray(call) && isObject(call[0])) {
    const { index: _, ...first } = call[0];
    const spoken = isObject(first['function']) ? first['function'] : {};
    message['content'] = null;
    message['tool_calls'] = [{ ...first, function: { ...spoken, arguments: '{}' } }];
  }
  const choices = [{ index: 0, message, finish_reason: finishReason }];
  return Response.json({ ...envelope, object: 'chat.completion', choices, usage });
}

function chunksOf(request: ChatRequest, envelope: JsonObject, answer: Answer, usage: JsonObject): JsonObject[] {
  const chunk = (delta: Delta, finish: string | null = null) => ({
    ...envelope,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const opening = request.model === 'reason' ? { content: null, reasoning_content: '' } : { content: '' };
  const chunks: JsonObject[] = [
    chunk({ role: 'assistant', ...opening }),
    ...answer.deltas.map((delta) => chunk(delta)),
  ];
  chunks.push(chunk({}, answer.finishReason));
  if (request.stream_options?.include_usage === true) {
    chunks.push({ ...envelope, object: 'chat.completion.chunk', choices: [], usage });
  }
  return chunks;
}

/** The test provider's whole backend: a chat request in, an answer as a provider would send it out. */
export async function answerTest(incoming: Request): Promise<Response> {
  const body: unknown = await incoming.json();
  if (!settingsSchema.safeParse(body).success) return failure(400);
  const request = body as ChatRequest; // the router has checked its messages
  const answer = answerOf(request);
  if (request.model === 'error') return failure(statusIn(answer.deltas.map((delta) => delta['content']).join('')));
  const envelope = { id: 'chatcmpl-test', created: CREATED, model: request.model };
  const usage = usageOf(request, answer.deltas);
  const waitMs = request.model === 'slow' ? WORD_PAUSE_MS : 0;
  if (request.stream === true) {
    return streamEvents(chunksOf(request, envelope, answer, usage), waitMs, incoming.signal);
  }
  await pause(waitMs * answer.deltas.length, incoming.signal);
  return completionOf(envelope, answer, usage);
}
