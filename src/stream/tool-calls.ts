import type { ToolCallDelta } from '../protocol/chat.ts';
import { createJsonProgress, type JsonProgress } from '../protocol/json-progress.ts';

/*
 * Which call a piece of a streamed call belongs to. By the book `index` tells. Providers leave it out or let two calls
 * share it, repeat id and name on every piece, give each piece an id of its own (poolsideai/pool issue 9), or say a
 * call again as a whole. Clients go by `index` alone, but for the AI SDK (@ai-sdk/provider-utils 4, StreamingToolCallTracker),
 * which these rules follow where it reads a stream right. So each call leaves here with an index of its own.
 */

/** One call of a choice. */
export interface ToolCall {
  /** As the client sees it: its place, since openai-node's helper fails over a gap (7.57.0). */
  readonly index: number;
  /** The id that the client knows; null until there is one. */
  id: string | null;
  name: string | null;
  /** Which of id, type and name have gone out. */
  readonly sent: Set<string>;
}

interface TrackedCall extends ToolCall {
  /** All that the provider called it. */
  readonly ids: Set<string>;
  readonly indexes: Set<number>;
  readonly json: JsonProgress;
  said: string;
}

/** Where a piece belongs. */
interface Placed {
  call: ToolCall;
  /** True where it says no more than the call has said as a whole already. */
  isRepeat: boolean;
}

/** The calls of one choice. */
export interface ToolCalls {
  place(delta: ToolCallDelta): Placed;
  readonly calls: readonly ToolCall[];
}

const STRUCTURE_START = /^\s*[{[]/;

interface Piece {
  index: number | null;
  id: string | null;
  name: string | null;
  text: string;
}

function wordOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

function pieceOf({ index, id, function: called }: ToolCallDelta): Piece {
  // Some write the number as text.
  const position = typeof index === 'string' && index !== '' ? Number(index) : index;
  return {
    index: Number.isSafeInteger(position) ? position : null,
    id: wordOf(id),
    name: wordOf(called?.name),
    text: typeof called?.arguments === 'string' ? called.arguments : '',
  };
}

/** True where the piece begins another call than the one that its index, its id or its place points to. */
function begins({ id, index, name, text }: Piece, known: TrackedCall): boolean {
  if (name === null || known.name === null) return false;
  if (name !== known.name) return true;
  const isKnown = id !== null && known.ids.has(id);
  const isOther = index === null ? id === null : !known.indexes.has(index);
  const isFresh = isOther || (id !== null && !isKnown);
  if (!STRUCTURE_START.test(text)) return isFresh && text === '' && known.ids.size < 2;
  if (known.json.isComplete()) return isFresh || !isKnown || text !== known.said;
  // Nobody calls one function twice, once without arguments and once with.
  if (!isFresh || (index !== null && known.said.trim() === '')) return false;
  // A provider that gave the call's pieces ids of their own does so again.
  return known.ids.size < 2 || !known.json.takes(text);
}

/** Follows the calls of one choice. */
export function trackToolCalls(): ToolCalls {
  const calls: TrackedCall[] = [];
  const byIndex = new Map<number, TrackedCall>();
  const byId = new Map<string, TrackedCall>();

  /** The call that the piece points to: by its id where that is known, else by its index, else the newest. */
  function find({ index, id, name }: Piece): TrackedCall | undefined {
    const there = index === null ? calls.at(-1) : byIndex.get(index);
    if (id === null || there?.ids.has(id)) return there;
    return byId.get(id) ?? (index === null && name !== null ? undefined : there);
  }

  function add(): TrackedCall {
    const call: TrackedCall = {
      ...{ index: calls.length, id: null, name: null, said: '' },
      ...{ sent: new Set(), ids: new Set(), indexes: new Set(), json: createJsonProgress() },
    };
    calls.push(call);
    return call;
  }

  return {
    calls,
    place(delta) {
      const piece = pieceOf(delta);
      const { id, index, name, text } = piece;
      const known = find(piece);
      const call = known === undefined || begins(piece, known) ? add() : known;
      if (index !== null) {
        call.indexes.add(index);
        byIndex.set(index, call);
      }
      if (id !== null) {
        call.ids.add(id);
        byId.set(id, call);
      }
      call.name ??= name;
      if (text === '') return { call, isRepeat: false };
      if (call.json.isComplete() && text === call.said) return { call, isRepeat: true };
      call.said += text;
      call.json.push(text);
      return { call, isRepeat: false };
    },
  };
}
