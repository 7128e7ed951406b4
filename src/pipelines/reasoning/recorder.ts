import type { ChatChunk, ChatCompletion, ChatMessage, ChunkChoice, ToolCallDelta } from '../../protocol/chat.ts';
import type { TextField } from '../../protocol/event.ts';
import { type GatheredText, gatherText } from '../../protocol/gathered-text.ts';
import { NO_REASONING, readReasoning } from '../../protocol/reasoning-field.ts';
import type { ReasoningMemory } from '../pipeline.ts';
import { type Prefix, turnKey } from './turn-key.ts';

/** Listens to an answer and has its reasoning remembered. Changes nothing. */
export interface Recorder {
  observe(chunk: ChatChunk): void;
  /** Chunks that differ from the last one in their text only; it is JSON-escaped, and of all in one. */
  repeat(field: TextField, text: string): void;
  observeCompletion(completion: ChatCompletion): void;
  /** At every end: what was said until then is remembered, of a turn that was stopped too. */
  end(): void;
}

interface Call {
  id: string | null;
  name: string;
  arguments: string;
}

interface Turn {
  /** Null until the provider names the field: a turn without any is not the same as one whose text is empty. */
  reasoning: GatheredText | null;
  text: GatheredText;
  calls: Map<number, Call>;
  /** True when something was said that is not remembered yet. */
  isNews: boolean;
  /** How many calls have no id yet. */
  nameless: number;
  /** So many calls with ids make it worth remembering again. */
  nextCount: number;
}

/** Each call is remembered as it comes, up to so many; then whenever there are a quarter more: all of the turn is written each time. */
const CALLS_ONE_BY_ONE = 32;

function newTurn(): Turn {
  return { reasoning: null, text: gatherText(), calls: new Map(), isNews: false, nameless: 0, nextCount: 1 };
}

function addCall(turn: Turn, { index, id, function: called }: ToolCallDelta): void {
  let call = turn.calls.get(index);
  if (call === undefined) {
    call = { id: null, name: '', arguments: '' };
    turn.calls.set(index, call);
    turn.nameless += 1;
  }
  if (id && call.id === null) {
    call.id = id;
    turn.nameless -= 1;
  }
  call.name += called?.name ?? '';
  call.arguments += called?.arguments ?? '';
  turn.isNews = true;
}

function addDelta(turn: Turn, { delta }: ChunkChoice): void {
  const reasoning = readReasoning(delta);
  if (reasoning !== null) {
    turn.reasoning ??= gatherText();
    turn.reasoning.add(reasoning);
    turn.isNews = true;
  }
  if (typeof delta.content === 'string' && delta.content !== '') {
    turn.text.add(delta.content);
    turn.isNews = true;
  }
  for (const call of delta.tool_calls ?? []) addCall(turn, call);
}

function messageOf(turn: Turn): ChatMessage {
  const calls = [...turn.calls.values()].map(({ id, ...called }) => ({ id, function: called }));
  return { role: 'assistant', content: turn.text.read(), tool_calls: calls };
}

/** Every call that has begun has its id, and there are new ones. More may come: then the turn is remembered again. */
function hasNewCalls({ calls, nameless, nextCount }: Turn): boolean {
  return nameless === 0 && calls.size >= nextCount;
}

/**
 * `before` is the conversation that was sent to the provider. Where the client lets the model think, a turn
 * that it said without reasoning is remembered as just that, so that it is not taken for one whose reasoning was lost.
 */
export function recordReasoning(before: Prefix, thinks: boolean, memory: ReasoningMemory): Recorder {
  const turns = new Map<number, Turn>();
  const unsaid = thinks ? NO_REASONING : null;
  let latest: Turn | null = null;

  function turnOf(index: number): Turn {
    const turn = turns.get(index) ?? newTurn();
    turns.set(index, turn);
    return turn;
  }

  function remember(index: number, turn: Turn): void {
    const reasoning = turn.reasoning?.read() ?? unsaid;
    if (reasoning === null || !turn.isNews) return;
    turn.isNews = false;
    const { size } = turn.calls;
    turn.nextCount = size < CALLS_ONE_BY_ONE ? size + 1 : Math.ceil(size * 1.25);
    memory.remember(index, turnKey(before, messageOf(turn)).key, reasoning);
  }

  return {
    observe(chunk) {
      latest = null;
      for (const choice of chunk.choices) {
        const turn = turnOf(choice.index);
        latest = turn;
        addDelta(turn, choice);
        // A client can ask again before the finish reason comes: it needs no more than its calls.
        if (choice.finish_reason || hasNewCalls(turn)) remember(choice.index, turn);
      }
    },
    repeat(field, text) {
      if (latest === null) return;
      latest.isNews = true;
      if (field === 'content') latest.text.addEscaped(text);
      else latest.reasoning?.addEscaped(text);
    },
    observeCompletion(completion) {
      for (const { index, message } of completion.choices) {
        const reasoning = readReasoning(message) ?? unsaid;
        if (reasoning !== null) memory.remember(index, turnKey(before, message).key, reasoning);
      }
    },
    end() {
      for (const [index, turn] of turns) remember(index, turn);
    },
  };
}
