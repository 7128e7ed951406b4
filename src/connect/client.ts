/** A text in each language of the console. */
type Said = Readonly<Record<'en' | 'zh', string>>;

/** What a set-up is filled in with. */
export interface Reach {
  /** The router's address without a path. */
  origin: string;
  key: string;
  model: string;
  /** For small work: titles, summaries, sub-agents. */
  smallModel: string;
}

/** One thing to do in the client. */
export type Step =
  /** Fields of a form, by the client's own labels. */
  | { kind: 'fields'; where: Said; fields: readonly (readonly [label: string, value: string])[] }
  | { kind: 'environment'; variables: readonly (readonly [name: string, value: string])[]; run: string | null }
  | { kind: 'file'; path: string; text: string }
  | { kind: 'code'; language: string; text: string };

/** How one client is pointed at this router: the home page, a new key's page, `npm start` and the README print it. */
export interface Client {
  /** Part of ids in pages. */
  id: string;
  name: string;
  /** Which endpoint it speaks to. */
  endpoint: 'chat' | 'messages' | 'responses';
  /** The purpose that its key should have. */
  purpose: 'default' | 'cursor' | 'reasoning';
  /** Whether it calls from servers of its own, and so cannot reach this machine. */
  callsFromOutside: boolean;
  steps(reach: Reach): readonly Step[];
  works: Said;
  /** What does not, or what to mind. */
  limits: Said | null;
}

/** The base URL as the client wants it: Anthropic's clients put `/v1` before each path themselves. */
export function baseUrlFor({ endpoint }: Pick<Client, 'endpoint'>, origin: string): string {
  return endpoint === 'messages' ? origin : `${origin}/api/v1`;
}

/** Whether a client works with a key of a purpose as well as it can. A memory that it does not need does no harm. */
export function suits({ purpose }: Client, keyPurpose: string): boolean {
  return purpose === keyPurpose || (purpose === 'default' && keyPurpose === 'reasoning');
}

/** How its key shows the model's reasoning, where the purpose shows any: Cursor folds a block and prints tags as text. */
export function displayFor({ purpose }: Pick<Client, 'purpose'>): 'think' | 'details' {
  return purpose === 'cursor' ? 'details' : 'think';
}

function forShell(value: string): string {
  return /^[\w./:@%+-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

/** A step that is one text to paste; fields are pasted one by one. */
export function textOf(step: Exclude<Step, { kind: 'fields' }>): string {
  if (step.kind !== 'environment') return step.text;
  const lines = step.variables.map(([name, value]) => `export ${name}=${forShell(value)}`);
  return [...lines, ...(step.run === null ? [] : [step.run])].join('\n');
}
