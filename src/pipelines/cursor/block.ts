import type { ReasoningDisplay } from '../pipeline.ts';
import { createEscaper, unescapeTags } from './escape.ts';

/** What stands around reasoning that is shown as part of the text. */
export interface Frame {
  open: string;
  close: string;
}

const THINK: Frame = { open: '<think>\n', close: '\n</think>\n\n' };
// Markdown needs the blank lines to read what is inside as Markdown.
const DETAILS: Frame = { open: '<details>\n<summary>Thinking</summary>\n\n', close: '\n\n</details>\n\n' };

/** Null where reasoning is not shown. */
export function blockFrame(display: ReasoningDisplay): Frame | null {
  switch (display) {
    case 'think':
      return THINK;
    case 'details':
      return DETAILS;
    case 'hidden':
      return null;
  }
}

/** Reasoning as a block that can stand before a text. */
export function writeBlock(frame: Frame, reasoning: string): string {
  const escaper = createEscaper();
  return frame.open + escaper.push(reasoning) + escaper.end() + frame.close;
}

/** How a block is found again, by a client that may have trimmed the white space around it. */
const BLOCKS = [
  { open: /^\s*<think>\n?/, close: '</think>', end: /\n$/ },
  {
    open: /^\s*<details>\s*<summary>\s*(?:Thinking|Thought|Reasoning)\b[^<]*<\/summary>\n{0,2}/i,
    close: '</details>',
    end: /\n{1,2}$/,
  },
];

/** A block is written with plain line ends, so a CR in its first line tells of a client that has rewritten them all. */
const REWRITTEN = /^\s*<(?:think|details)>\r\n/;

/** A text without the block it begins with. */
export interface Unfolded {
  /** Null where there was no block. */
  reasoning: string | null;
  text: string;
}

/**
 * Takes the leading block out of a text, whatever display it was written in; one that was never closed reaches to the end.
 * A tag anywhere else is text of the model and stays.
 */
export function takeBlock(shown: string): Unfolded {
  const text = REWRITTEN.test(shown) ? shown.replaceAll('\r\n', '\n') : shown;
  for (const { open, close, end } of BLOCKS) {
    const start = open.exec(text)?.[0].length;
    if (start === undefined) continue;
    const stop = text.indexOf(close, start);
    if (stop < 0) return { reasoning: unescapeTags(text.slice(start)), text: '' };
    return {
      reasoning: unescapeTags(text.slice(start, stop).replace(end, '')),
      text: text.slice(stop + close.length).replace(/^\n{0,2}/, ''),
    };
  }
  return { reasoning: null, text: shown };
}
