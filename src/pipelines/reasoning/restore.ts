import type { ChatMessage, ChatRequest } from '../../protocol/chat.ts';
import { isObject } from '../../protocol/json.ts';
import type { Notice } from '../../protocol/notice.ts';
import { NO_REASONING, readReasoning, takeReasoning } from '../../protocol/reasoning-field.ts';
import type { PipelineContext, ReasoningMemory, TurnKey } from '../pipeline.ts';
import { conversationStart, conversationWith, type Prefix, turnKey } from './turn-key.ts';

/** A request with the reasoning of earlier turns in it again. */
export interface Restored {
  request: ChatRequest;
  /** The conversation in it, which the answer will be remembered under; null where nothing is to be remembered. */
  conversation: Prefix | null;
  /** False where the client switches thinking off. Where we do, it is for this request alone: the next one thinks again. */
  thinks: boolean;
  /** Set where a turn's reasoning was lost, and would be missed. */
  notice: Notice | null;
}

interface PastTurn {
  position: number;
  key: TurnKey;
  /** What the client sent in the field. */
  sent: string | null;
  /** What the client sent in another form: the text of a think block. */
  shown: string | null;
}

function readConversation(messages: readonly ChatMessage[], shown: readonly (string | null)[], start: Prefix) {
  const turns: PastTurn[] = [];
  let conversation = start;
  for (const [position, message] of messages.entries()) {
    if (message.role === 'assistant') {
      const { key, conversation: after } = turnKey(conversation, message);
      turns.push({ position, key, sent: readReasoning(message), shown: shown[position] ?? null });
      conversation = after;
    } else {
      conversation = conversationWith(conversation, message);
    }
  }
  return { turns, conversation };
}

function withoutSpace(text: string): string {
  return text.replace(/\s+/g, '');
}

/** The block is the client's word, unless it is a part of what we know the provider said: then it was cut, or its space rewritten. */
function choose(shown: string, remembered: string | null): string {
  if (remembered === null) return shown;
  if (remembered.includes(shown.trim())) return remembered;
  return withoutSpace(remembered).includes(withoutSpace(shown)) ? remembered : shown;
}

/** Blank text tells nothing: opencode sends an empty field on every turn for which it has none (1.18.33, 2026-11-28). */
function says(text: string | null): text is string {
  return text !== null && text.trim() !== '';
}

/** The memory alone may say that a turn's reasoning was empty. Of what the client sent blank, an empty text is as good as none. */
function recoverTurn({ sent, shown }: PastTurn, remembered: string | null): string | null {
  if (says(sent)) return sent;
  if (says(shown)) return choose(shown, remembered);
  return remembered ?? (sent || shown || null);
}

async function recover(turns: readonly PastTurn[], memory: ReasoningMemory | null): Promise<(string | null)[]> {
  const asked = turns.filter((turn) => !says(turn.sent));
  const answers = memory === null || asked.length === 0 ? [] : await memory.recall(asked.map((turn) => turn.key));
  // A model may cut a character in two, and no request may hold half of one.
  const remembered = new Map(asked.map((turn, index) => [turn, answers[index]?.toWellFormed() ?? null]));
  return turns.map((turn) => recoverTurn(turn, remembered.get(turn) ?? null));
}

function isThinkingOff({ thinking }: ChatRequest): boolean {
  return isObject(thinking) && thinking['type'] === 'disabled';
}

/** Providers ask for earlier reasoning where tools are at play, and take no notice of it elsewhere. */
function usesTools({ tools, messages }: ChatRequest): boolean {
  return (Array.isArray(tools) && tools.length > 0) || messages.some((message) => Array.isArray(message.tool_calls));
}

/** The field stands last in its message wherever the text came from: equal conversations make equal bytes. */
function withReasoning(message: ChatMessage, reasoning: string | null): ChatMessage {
  const copy = { ...message };
  takeReasoning(copy);
  if (reasoning !== null) copy.reasoning_content = reasoning;
  return copy;
}

function withoutReasoning(request: ChatRequest): ChatRequest {
  const hasReasoning = (message: ChatMessage) => message.role === 'assistant' && readReasoning(message) !== null;
  if (!request.messages.some(hasReasoning)) return request;
  const messages = request.messages.map((message) => (hasReasoning(message) ? withReasoning(message, null) : message));
  return { ...request, messages };
}

function switchThinkingOff(request: ChatRequest): ChatRequest {
  // An effort beside a thinking switch is refused by Kimi: HKUDS/nanobot issue 3939.
  const { reasoning_effort: _effort, ...rest } = request;
  return { ...rest, thinking: { type: 'disabled' } } as ChatRequest; // only one optional member was taken out
}

/**
 * Gives each assistant turn its reasoning back: the field the client sent, what it showed, what is remembered, one space.
 * Where not one turn could be recovered and the model allows it, thinking is switched off instead.
 * `shown` holds, by position, what the client sent back in another form. Models that do not want it get none.
 */
export async function restoreReasoning(
  request: ChatRequest,
  shown: readonly (string | null)[],
  exchange: PipelineContext,
): Promise<Restored> {
  const thinks = exchange.thinks && !isThinkingOff(request);
  if (!exchange.wantsReasoning) return { request: withoutReasoning(request), conversation: null, thinks, notice: null };
  const start = conversationStart(`${exchange.provider}/${exchange.model}`);
  const { turns, conversation } = readConversation(request.messages, shown, start);
  const recovered = await recover(turns, exchange.memory);
  const isLost = turns.length > 0 && recovered.every((reasoning) => reasoning === null);
  const isMissed = thinks && usesTools(request);
  const switchesOff = isLost && isMissed && exchange.canDisableThinking;
  const placeholder = thinks && !switchesOff ? NO_REASONING : null;

  const messages = [...request.messages];
  for (const [index, { position }] of turns.entries()) {
    const message = messages[position];
    if (message !== undefined) messages[position] = withReasoning(message, recovered[index] ?? placeholder);
  }
  const restored = { ...request, messages };
  return {
    request: switchesOff ? switchThinkingOff(restored) : restored,
    conversation,
    thinks,
    notice: isMissed && recovered.includes(null) ? 'reasoning_lost' : null,
  };
}
