import type { CallRaiser } from '../../dialects/shared/raise-calls.ts';
import type { Delta, ToolCallDelta } from '../../protocol/chat.ts';
import { takeReasoning } from '../../protocol/reasoning-field.ts';
import type { Frame } from './block.ts';
import { createEscaper } from './escape.ts';

/** What the next delta may hold to go the very same way as this one; null when it must be looked at. */
export type Repeats = 'content' | 'shown reasoning' | 'dropped reasoning' | null;

/** What folding did to a delta. */
interface Folded {
  /** What must go out before this delta, in a chunk of its own. */
  ahead: Delta | null;
  /** True when the delta held reasoning, and nothing of use to a client is left in it. */
  isEmpty: boolean;
  repeats: Repeats;
}

/** One choice of a streamed answer. */
export interface ChoiceFold {
  /** Changes the delta in place. */
  fold(delta: Delta, isFinish: boolean): Folded;
  /** Closes what is open: at a usage-only chunk and at the end. */
  close(): Delta | null;
}

interface Block {
  /** Reasoning as it is shown; nothing where it is not. */
  show(reasoning: string): string;
  /** The end of the block, once, if it is open. */
  close(): string;
  /** From here on reasoning is not shown: only what leads can be found again when the client sends it back. */
  seal(): void;
  /** True when reasoning is not shown, now or ever. */
  isSealed(): boolean;
  /** True when the end of the last reasoning is held back, since it may be the beginning of a tag. */
  isHolding(): boolean;
}

function openBlock(frame: Frame | null): Block {
  let state: 'idle' | 'open' | 'closed' = 'idle';
  const escaper = createEscaper();
  return {
    show(reasoning) {
      if (frame === null || state === 'closed' || reasoning === '') return '';
      const start = state === 'idle' ? frame.open : '';
      state = 'open';
      return start + escaper.push(reasoning);
    },
    close() {
      if (frame === null || state !== 'open') return '';
      state = 'closed';
      return escaper.end() + frame.close;
    },
    seal() {
      state = 'closed';
    },
    isSealed: () => frame === null || state === 'closed',
    isHolding: escaper.isHolding,
  };
}

/** What one delta says. */
interface Said {
  reasoning: string;
  content: string;
  calls: ToolCallDelta[];
  isFinish: boolean;
}

/** Takes the reasoning out of the delta. */
function takeSaid(delta: Delta, isFinish: boolean): Said {
  return {
    reasoning: takeReasoning(delta) ?? '',
    content: typeof delta.content === 'string' ? delta.content : '',
    calls: Array.isArray(delta.tool_calls) ? delta.tool_calls : [],
    isFinish,
  };
}

/** Puts the block's text into the delta, or hands it back where it must go out before the delta. */
function placeText(delta: Delta, { content, calls, isFinish }: Said, text: string): string {
  if (text === '') return '';
  if (content === '' && (calls.length > 0 || isFinish)) return text;
  delta.content = text + content;
  return '';
}

function hasNothing(delta: Delta): boolean {
  return Object.entries(delta).every(([key, value]) => key === 'content' && (value === null || value === ''));
}

/** `wasSealed` tells of the block as it was before the delta, `block` as it is now. */
function repeatsOf({ reasoning, content }: Said, text: string, wasSealed: boolean, block: Block): Repeats {
  if (content !== '') return reasoning === '' && text === '' && wasSealed ? 'content' : null;
  if (reasoning === '') return null;
  if (wasSealed) return 'dropped reasoning';
  return text === reasoning && !block.isHolding() ? 'shown reasoning' : null;
}

function deltaOf(content: string, calls: ToolCallDelta[]): Delta | null {
  if (content === '' && calls.length === 0) return null;
  return { ...(content === '' ? {} : { content }), ...(calls.length === 0 ? {} : { tool_calls: calls }) };
}

/** Folds the reasoning of one choice into its text; `frame` is null where reasoning is not shown. */
export function foldChoice(frame: Frame | null, raiser: CallRaiser): ChoiceFold {
  const block = openBlock(frame);
  return {
    fold(delta, isFinish) {
      const said = takeSaid(delta, isFinish);
      const { reasoning, content, calls } = said;
      const wasSealed = block.isSealed();
      let text = block.show(reasoning);
      if (content !== '' || calls.length > 0 || isFinish) text += block.close();
      if (content.trim() !== '' || calls.length > 0) block.seal();
      raiser.push(calls);

      const ahead = deltaOf(placeText(delta, said, text), isFinish ? raiser.end(calls) : []);
      const isPlain = calls.length === 0 && !isFinish;
      const isEmpty = isPlain && reasoning !== '' && hasNothing(delta);
      return { ahead, isEmpty, repeats: isPlain ? repeatsOf(said, text, wasSealed, block) : null };
    },
    close: () => deltaOf(block.close(), raiser.end([])),
  };
}
