/* What every agent is made to do: a loop of tool turns, the same for all, each step told in words of no client. */

/** One thing that an agent does. */
export type Step =
  | { do: 'write'; file: string; text: string }
  | { do: 'read'; file: string }
  | { do: 'edit'; file: string; old: string; text: string }
  | { do: 'run'; command: string };

const ROUNDS = 5;
/** The last command of the loop. */
export const LIST = 'ls';
export const FINAL_WORDS = 'All notes are written.';
export const PROMPT = `Write ${ROUNDS} notes in this folder, look at each, mend its first word, and say so when it is done.`;

function nameOf(round: number): string {
  return `note-${round}.txt`;
}

function textOf(round: number, first: string): string {
  return `${first} note ${round}: "quoted" é 世界\nand a second line\n`;
}

/** Create, read two files at once, edit, a command that fails or not; the steps of one turn side by side. */
function roundOf(round: number): Step[][] {
  const file = nameOf(round);
  return [
    [{ do: 'write', file, text: textOf(round, 'Thhe') }],
    [
      { do: 'read', file },
      { do: 'read', file: nameOf(Math.max(1, round - 1)) },
    ],
    [{ do: 'edit', file, old: 'Thhe', text: 'The' }],
    [{ do: 'run', command: round % 2 === 1 ? `cat missing-${round}.txt` : `wc -l ${file}` }],
  ];
}

/** The turns, one after the other. */
export const TURNS: readonly Step[][] = [
  ...Array.from({ length: ROUNDS }, (_, index) => roundOf(index + 1)).flat(),
  [{ do: 'run', command: LIST }],
];

export const MORE = 'Look at the first two notes once more, and say so when it is done.';

/** What is done where a conversation goes on: two files at once, and the last words. */
export const MORE_TURNS: readonly Step[][] = [
  [
    { do: 'read', file: nameOf(1) },
    { do: 'read', file: nameOf(2) },
  ],
  [],
];

/** The files as they are to be at the end. */
export const FILES: ReadonlyMap<string, string> = new Map(
  Array.from({ length: ROUNDS }, (_, index) => [nameOf(index + 1), textOf(index + 1, 'The')]),
);

/** What the model thinks in a turn: all that is easily lost on the way there and back. */
export function thoughtOf(turn: number): string {
  return `Turn ${turn}: "why" \\ not?\n\t<think>我想</think> 👩‍💻 x < y && z\u2028 ${'and so on, '.repeat(turn)}`;
}
