import type { ChatChunk, ToolCallDelta } from '../../src/protocol/chat.ts';
import { isObject, type JsonObject } from '../../src/protocol/json.ts';
import { refusalOf } from './provider-rules.ts';

/** The providers whose rules are played. */
export type ProviderName = 'deepseek' | 'moonshot' | 'zai';

/** What the provider says in one turn. */
export interface ProviderTurn {
  /** Null where thinking is off. */
  reasoning: string | null;
  text: string;
  calls: { id: string; name: string; arguments: string }[];
}

type ProviderAnswer =
  | { kind: 'refused'; status: number; body: JsonObject }
  | { kind: 'chunks'; chunks: ChatChunk[]; turn: ProviderTurn };

export interface StrictProvider {
  answer(body: JsonObject): ProviderAnswer;
  /** Answers outside of the conversation, such as with a summary of it: what is asked may begin like it and go another way. */
  aside(body: JsonObject, turn: ProviderTurn): ProviderAnswer;
  /** Tells that the client has made the conversation shorter: what is left of it must have been said, wherever it stood. */
  expectShortened(): void;
  /** Tells that the client changed the conversation from this message on; the prefix before it must still stand. */
  expectChange(chat: string, fromMessage: number): void;
  /** Turns whose reasoning came back as it was said. */
  readonly returned: number;
  /** Turns for which only the placeholder came back. */
  readonly lost: number;
}

// Only what the providers' own references name; anything else is refused, more strictly than they do.
const KNOWN_KEYS: ReadonlySet<string> = new Set(
  `model messages tools tool_choice parallel_tool_calls stream stream_options max_tokens max_completion_tokens temperature top_p
  stop response_format thinking reasoning_effort user user_id prompt_cache_key tool_stream do_sample request_id`.split(
    /\s+/,
  ),
);

function refusal(message: string): ProviderAnswer {
  return {
    kind: 'refused',
    status: 400,
    body: { error: { message, type: 'invalid_request_error', param: null, code: 'invalid_request_error' } },
  };
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function thinks(body: JsonObject): boolean {
  return !(isObject(body['thinking']) && body['thinking']['type'] === 'disabled');
}

/** An id stands for one call of the whole conversation: craft-ai-agents/craft-agents-oss issue 630. */
function checkIds(messages: JsonObject[]): string | null {
  const ids = messages.flatMap((message) => listOf(message['tool_calls']).map((call) => call['id']));
  if (ids.some((id) => typeof id !== 'string' || id === '')) return 'messages: missing field `id`';
  const again = ids.find((id, index) => ids.indexOf(id) !== index);
  return again === undefined ? null : `Duplicate value for 'tool_call_id' of ${String(again)} in messages`;
}

/** DeepSeek, as reported in September 2026: with tools, every earlier assistant message needs its reasoning. */
function checkDeepSeek(body: JsonObject): string | null {
  const wrongIds = checkIds(listOf(body['messages']));
  if (wrongIds !== null) return wrongIds;
  if (!thinks(body) || listOf(body['tools']).length === 0) return null;
  const missing = listOf(body['messages']).some(
    (message) => message['role'] === 'assistant' && typeof message['reasoning_content'] !== 'string',
  );
  return missing ? 'The `reasoning_content` in the thinking mode must be passed back to the API.' : null;
}

function checkMoonshot(body: JsonObject): string | null {
  for (const [index, message] of listOf(body['messages']).entries()) {
    if (message['role'] !== 'assistant') continue;
    const calls = listOf(message['tool_calls']);
    if (message['content'] === '' && calls.length === 0) {
      return `Invalid request: the message at position ${index} with role 'assistant' must not be empty`;
    }
    // An empty text is a value: MoonshotAI/kimi-code PR 1773.
    if (calls.length > 0 && thinks(body) && typeof message['reasoning_content'] !== 'string') {
      return `thinking is enabled but reasoning_content is missing in assistant tool call message at index ${index}`;
    }
  }
  return null;
}

function checkContent(message: JsonObject): string | null {
  const { role, content } = message;
  if (message['tool_calls'] !== undefined && listOf(message['tool_calls']).length === 0)
    return 'tool_calls: empty array';
  if (typeof content === 'string') return null;
  // OpenAI's form of a turn that only calls, which all take: https://api-docs.deepseek.com/api/create-chat-completion
  if (content === null && listOf(message['tool_calls']).length > 0) return null;
  if (!Array.isArray(content) || content.length === 0) return `invalid content in a message of role ${String(role)}`;
  const parts = listOf(content);
  if (parts.some((part) => part['type'] === 'text' && part['text'] === '')) return 'text content is empty';
  // Gitlawb/openclaude issue 774.
  const isOnlyText = parts.every((part) => part['type'] === 'text');
  return isOnlyText && (role === 'assistant' || role === 'tool') ? 'invalid type: sequence, expected a string' : null;
}

/** Every call is answered right behind the turn that made it, once; in one turn no two calls have one id. */
export function checkResults(messages: JsonObject[]): string | null {
  let open: unknown[] = [];
  for (const message of messages) {
    if (message['role'] === 'tool') {
      if (!open.includes(message['tool_call_id']))
        return `tool_call_id ${String(message['tool_call_id'])} is not found`;
      open = open.filter((id) => id !== message['tool_call_id']);
      continue;
    }
    if (open.length > 0) return 'An assistant message with tool_calls must be followed by tool messages';
    open = listOf(message['tool_calls']).map((call) => call['id']);
    if (new Set(open).size < open.length) return 'Duplicate tool_call_id in one message';
  }
  return open.length > 0 ? 'An assistant message with tool_calls must be followed by tool messages' : null;
}

function checkShape(body: JsonObject): string | null {
  const unknownKey = Object.keys(body).find((key) => !KNOWN_KEYS.has(key));
  if (unknownKey !== undefined) return `Unrecognized request argument supplied: ${unknownKey}`;
  if (body['tools'] !== undefined && listOf(body['tools']).length === 0) return "Invalid 'tools': empty array";
  if (listOf(body['tools']).some((tool) => tool['type'] !== 'function' || !isObject(tool['function']))) {
    return 'tools: only functions are supported';
  }
  if (JSON.stringify(body).includes('"cache_control"')) return 'cache_control is not supported';
  const messages = listOf(body['messages']);
  for (const message of messages) {
    const wrong = checkContent(message);
    if (wrong !== null) return wrong;
    for (const { function: called } of listOf(message['tool_calls'])) {
      if (!isObject(called) || typeof called['arguments'] !== 'string') return 'tool_calls: arguments must be a string';
      try {
        JSON.parse(called['arguments']);
      } catch {
        return 'tool_calls: arguments must be JSON';
      }
    }
  }
  return checkResults(messages);
}

/** What each refuses of earlier turns. */
export const CHECKS: Record<ProviderName, (body: JsonObject) => string | null> = {
  deepseek: checkDeepSeek,
  moonshot: checkMoonshot,
  zai: () => null,
};

function pieces(text: string, size: number): string[] {
  const cut: string[] = [];
  for (let at = 0; at < text.length; at += size) cut.push(text.slice(at, at + size));
  return cut;
}

/** A turn as the chunks of that provider; shapes after recordings. `size` is the length of one text piece. */
export function chunksOf(provider: ProviderName, turn: ProviderTurn, size = 7): ChatChunk[] {
  const envelope = {
    id: 'answer',
    object: 'chat.completion.chunk',
    created: 1_790_000_000,
    model: `${provider}-model`,
  };
  const chunk = (delta: JsonObject, finish: string | null = null): ChatChunk => ({
    ...envelope,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const pairs = provider === 'deepseek';
  const first = { role: 'assistant', content: pairs ? null : '' };
  const namesReasoning = turn.reasoning !== null && provider !== 'zai';
  const chunks = [chunk(namesReasoning ? { ...first, reasoning_content: '' } : first)];
  for (const piece of pieces(turn.reasoning ?? '', size)) {
    chunks.push(chunk(pairs ? { content: null, reasoning_content: piece } : { reasoning_content: piece }));
  }
  for (const piece of pieces(turn.text, size)) {
    chunks.push(chunk(pairs ? { content: piece, reasoning_content: null } : { content: piece }));
  }
  for (const [index, call] of turn.calls.entries()) {
    const first: ToolCallDelta = { index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } };
    chunks.push(chunk({ tool_calls: [first] }));
    for (const piece of pieces(call.arguments, size))
      chunks.push(chunk({ tool_calls: [{ index, function: { arguments: piece } }] }));
  }
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
  chunks.push({ ...chunk({ content: '' }, turn.calls.length > 0 ? 'tool_calls' : 'stop'), usage });
  return chunks;
}

/** A turn as a whole answer. */
export function completionOfTurn({ calls, reasoning, text }: ProviderTurn, usage: JsonObject): JsonObject {
  const called = calls.map(({ id, name, arguments: said }) => ({
    id,
    type: 'function',
    function: { name, arguments: said },
  }));
  const message = {
    role: 'assistant',
    content: text,
    ...(reasoning === null ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: called }),
  };
  const choices = [{ index: 0, message, finish_reason: calls.length > 0 ? 'tool_calls' : 'stop' }];
  return { id: 'answer', object: 'chat.completion', created: 1_790_000_000, model: 'provider-model', choices, usage };
}

/** Chats are told apart by their first message. */
function chatOf(messages: JsonObject[]): string {
  return JSON.stringify(messages[0]?.['content']);
}

/**
 * A provider that refuses what the true ones refuse, with their words, and complains of more:
 * a prefix that is not byte-equal to that of the request before, reasoning that is not byte-equal to what it said.
 */
export function createStrictProvider(
  provider: ProviderName,
  nextTurn: (chat: string, position: number) => ProviderTurn,
  pieceSize = 7,
): StrictProvider {
  const sent = new Map<string, string[]>();
  const said = new Map<string, string>();
  let returned = 0;
  let lost = 0;
  let isShortened = false;
  const texts = new Set<unknown>();

  /** What was said where a turn stands, or anywhere once its place tells nothing any more. */
  function expectedAt(chat: string, position: number, text: unknown): string {
    if (isShortened) return typeof text === 'string' && texts.has(text) ? text : '';
    return said.get(`${chat} ${position}`) ?? '';
  }

  function checkRules(body: JsonObject): string | null {
    return checkShape(body) ?? refusalOf(provider, body) ?? CHECKS[provider](body);
  }

  function checkPrefix(chat: string, messages: JsonObject[]): string | null {
    const before = sent.get(chat) ?? [];
    const now = messages.map((message) => JSON.stringify(message));
    sent.set(chat, now);
    const changed = before.findIndex((message, index) => message !== now[index]);
    return changed < 0 ? null : `the prefix changed at message ${changed}: ${before[changed]} is now ${now[changed]}`;
  }

  function checkReasoning(chat: string, turns: JsonObject[]): string | null {
    for (const [position, turn] of turns.entries()) {
      const text = turn['reasoning_content'];
      const expected = expectedAt(chat, position, text);
      // A turn that was stopped has less; Z.ai leaves the field out where it did not think.
      if (
        typeof text === 'string' &&
        (text !== '' || expected === '') &&
        (expected.startsWith(text.replace(/\ufffd$/, '')) || (provider === 'zai' && expected === '' && text === ' '))
      )
        returned += 1;
      else if (text === ' ' || (text === '' && expected !== '')) lost += 1;
      else if (text !== undefined)
        return `turn ${position} came back with ${JSON.stringify(text)}, not ${JSON.stringify(expected)}`;
    }
    return null;
  }

  return {
    get returned() {
      return returned;
    },
    get lost() {
      return lost;
    },
    expectShortened() {
      sent.clear();
      isShortened = true;
    },
    aside(body, turn) {
      const messages = listOf(body['messages']);
      const turns = messages.filter((message) => message['role'] === 'assistant');
      const wrong = checkRules(body) ?? checkReasoning(chatOf(messages), turns);
      return wrong === null ? { kind: 'chunks', chunks: chunksOf(provider, turn, pieceSize), turn } : refusal(wrong);
    },
    expectChange(chat, fromMessage) {
      const key = [...sent.keys()].find((name) => name.includes(chat)) ?? chat;
      sent.set(key, (sent.get(key) ?? []).slice(0, fromMessage));
    },
    answer(body) {
      const messages = listOf(body['messages']);
      const chat = chatOf(messages);
      const turns = messages.filter((message) => message['role'] === 'assistant');
      const wrong = checkRules(body) ?? checkPrefix(chat, messages) ?? checkReasoning(chat, turns);
      if (wrong !== null) return refusal(wrong);
      const turn = nextTurn(chat, turns.length);
      const spoken = thinks(body) ? turn : { ...turn, reasoning: null };
      // Half a surrogate pair cannot come back: no request may hold one.
      const thought = spoken.reasoning?.toWellFormed() ?? '';
      said.set(`${chat} ${turns.length}`, thought);
      texts.add(thought);
      return { kind: 'chunks', chunks: chunksOf(provider, spoken, pieceSize), turn: spoken };
    },
  };
}
