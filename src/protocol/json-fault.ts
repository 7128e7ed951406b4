/** Where a text stops being JSON; both count from 1. */
export interface JsonFault {
  line: number;
  column: number;
}

type State = 'value' | 'value or ]' | 'name' | 'name or }' | ':' | 'end of value';

const VALUE: Readonly<Record<string, State>> = {
  '{': 'name or }',
  '[': 'value or ]',
  text: 'end of value',
  word: 'end of value',
};

/** What may stand in a state, and the state that it leads to. */
const STATES: Readonly<Record<State, Readonly<Record<string, State>>>> = {
  value: VALUE,
  'value or ]': { ...VALUE, ']': 'end of value' },
  name: { text: ':' },
  'name or }': { text: ':', '}': 'end of value' },
  ':': { ':': 'value' },
  // The comma's next state is the bracket's around it.
  'end of value': { ']': 'end of value', '}': 'end of value', ',': 'value' },
};

const PAIRS = new Map([
  [']', '['],
  ['}', '{'],
]);

const TOKEN =
  /([{}[\],:])|("(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/uy;

/** The state behind a token; null where the token may not stand here. `open` are the brackets that wait for their end. */
function follow(state: State, kind: string, open: string[]): State | null {
  const next = STATES[state][kind];
  if (next === undefined) return null;
  if (kind === '{' || kind === '[') open.push(kind);
  if (kind === ',' && open.length === 0) return null;
  if (kind === ',' && open.at(-1) === '{') return 'name';
  return PAIRS.has(kind) && open.pop() !== PAIRS.get(kind) ? null : next;
}

/**
 * Where a text stops being JSON, null where it is all JSON. The platform's own message quotes the text, which may be
 * a secret, and often leaves the position out.
 */
export function findJsonFault(text: string): JsonFault | null {
  const open: string[] = [];
  let state: State | null = 'value';
  let at = 0;
  while (state !== null) {
    while (' \t\n\r'.includes(text[at] ?? 'none')) at += 1;
    if (at === text.length && state === 'end of value' && open.length === 0) return null;
    TOKEN.lastIndex = at;
    const [token, mark, string] = TOKEN.exec(text) ?? [];
    state = token === undefined ? null : follow(state, mark ?? (string === undefined ? 'word' : 'text'), open);
    if (state !== null) at += token?.length ?? 0;
  }
  const lines = text.slice(0, at).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
