/* What a stranger may send: bodies of ten megabytes that once took seconds, and what providers may answer. */

const PURPOSES = ['default', 'reasoning', 'cursor'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** One body, and whose keys send it. */
export interface BoundsCase {
  name: string;
  purposes: readonly Purpose[];
  /** The status that it is answered with. */
  status: number;
  body: string;
  /** Known to cost so many times what it may: it fails only beyond that, until it is brought down. */
  known?: number;
  /** What the provider sends, where that is what is measured; then the body is small. */
  answer?: { status: number; type: string; text: string };
}

/** MAX_BODY_BYTES, but for a little. */
const SIZE = 10 * 1024 * 1024 - 1024;
const DEEPSEEK = 'deepseek/deepseek-flash';
const USER = '{"role":"user","content":"Hi"}';
const CURSOR = ['cursor'] as const;
const REMEMBERED = ['reasoning', 'cursor'] as const;

/** So many pieces as fit. */
function fill(piece: string | ((position: number) => string), size = SIZE - 500): string {
  if (typeof piece === 'string')
    return Array(Math.floor(size / (piece.length + 1)))
      .fill(piece)
      .join(',');
  const pieces: string[] = [];
  for (let length = 0; length < size; ) {
    const next = piece(pieces.length);
    length += next.length + 1;
    if (length < size) pieces.push(next);
  }
  return pieces.join(',');
}

function repeated(count: number, piece: (position: number) => string): string {
  return Array.from({ length: count }, (_, position) => piece(position)).join(',');
}

function request(messages: string, more = '', model = DEEPSEEK): string {
  return `{"model":"${model}"${more},"messages":[${messages}]}`;
}

function say(text: string, role = 'user'): string {
  return JSON.stringify({ role, content: text });
}

function call(position: number, text = '{}'): string {
  const called = { name: 'f', arguments: text };
  return JSON.stringify({ id: `c${position}`, type: 'function', function: called });
}

function turn(calls: string): string {
  return `{"role":"assistant","content":"","tool_calls":[${calls}]}`;
}

const TOOL = '{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}';

/** What issue reports named: each took one to forty seconds, or ended in a 500. */
function named(): BoundsCase[] {
  const refused = { purposes: PURPOSES, status: 400 } as const;
  return [
    { name: 'ten million commas', ...refused, body: ','.repeat(SIZE) },
    { name: 'messages of zeros', ...refused, body: request(fill('0')) },
    { name: 'messages of {}', ...refused, body: request(fill('{}')) },
    { name: '770,000 members', ...refused, body: `{"model":"m",${fill((at) => `"k${at}":1`)}}` },
    { name: 'turns by the hundred thousand', ...refused, body: request(fill('{"role":"assistant","content":""}')) },
    { name: '12,000 open calls', ...refused, body: request(turn(repeated(12_000, (at) => call(at)))) },
    {
      name: '10,000 open calls',
      purposes: REMEMBERED,
      status: 200,
      body: request(
        repeated(5, (at) => turn(repeated(2_000, (each) => call(at * 2_000 + each)))),
        '',
        'test/echo',
      ),
    },
    ...['true', 'false'].flatMap((stream): BoundsCase[] => [
      {
        name: `five million words to test/echo, stream ${stream}`,
        purposes: PURPOSES,
        // More than its context.
        status: 400,
        body: request(say('a '.repeat((SIZE - 200) / 2)), `,"stream":${stream}`, 'test/echo'),
      },
      {
        name: `1.8 million words to test/echo, stream ${stream}`,
        purposes: PURPOSES,
        status: 200,
        body: request(say('a '.repeat(1_800_000)), `,"stream":${stream}`, 'test/echo'),
      },
    ]),
  ];
}

/** Texts that are hard to look through. */
function texts(): BoundsCase[] {
  const served = { purposes: PURPOSES, status: 200 } as const;
  return [
    { name: 'white space', ...served, body: request(USER) + ' '.repeat(SIZE - 200) },
    { name: 'one text', ...served, body: request(say('a'.repeat(SIZE - 200))) },
    { name: 'a text of quotes', ...served, body: request(say('"'.repeat(SIZE / 2 - 200))) },
    {
      name: 'a text of quotes apart',
      ...served,
      purposes: ['default'],
      body: request(say('word"'.repeat(SIZE / 6 - 200))),
    },
    {
      name: 'a text of halves',
      ...served,
      body: request(`{"role":"user","content":"${'\\ud83d'.repeat(SIZE / 6 - 100)}"}`),
    },
    { name: 'Chinese', ...served, body: request(say('用户请求'.repeat(SIZE / 12 - 100))) },
    {
      name: 'think tags',
      purposes: REMEMBERED,
      status: 200,
      body: request(`${say('<think>\n'.repeat(SIZE / 10), 'assistant')},${USER}`),
    },
    {
      name: 'an empty panel',
      purposes: CURSOR,
      status: 200,
      body: request(`${say(`<details><summary>Thinking${' '.repeat(SIZE - 400)}`, 'assistant')},${USER}`),
    },
    {
      name: 'a model of ten megabytes',
      purposes: PURPOSES,
      status: 404,
      body: request(USER, '', `test/${'/a'.repeat(SIZE / 2 - 200)}`),
    },
  ];
}

/** Five thousand calls with their results, a kilobyte each. */
function toolTurns(): string {
  const text = 'word '.repeat(150);
  const called = (at: number) => turn(call(at, JSON.stringify({ path: 'a.ts', text })));
  const answered = (at: number) => `{"role":"tool","tool_call_id":"c${at}","content":"${text}"}`;
  return request(
    repeated(5_000, (at) => `${called(at)},${answered(at)}`),
    `,"tools":[${TOOL}]`,
  );
}

/** Values by the million. */
function values(): BoundsCase[] {
  const served = { purposes: PURPOSES, status: 200 } as const;
  const refused = { purposes: PURPOSES, status: 400 } as const;
  const half = SIZE / 2 - 200;
  return [
    { name: 'brackets', ...refused, body: request(USER, `,"x":${'['.repeat(half)}${']'.repeat(half)}`) },
    { name: 'an unknown member of {}', ...served, body: request(USER, `,"x":[${fill('{}')}]`) },
    { name: 'tools of {}', ...refused, body: request(USER, `,"tools":[${fill('{}')}]`) },
    { name: 'calls of {}', purposes: REMEMBERED, status: 400, body: request(fill(turn(repeated(2_048, () => '{}')))) },
    {
      name: 'arguments of {}',
      ...served,
      body: request(`${turn(call(0, `[${fill('{}')}]`))},{"role":"tool","tool_call_id":"c0","content":""}`),
    },
    {
      name: 'a message of members',
      ...refused,
      body: request(`{"role":"assistant","content":"x",${fill((at) => `"k${at}":0`)}},${USER}`),
    },
    { name: 'ten thousand tool turns', purposes: ['default'], status: 200, body: toolTurns() },
    // Its 5,000 turns are each hashed, and asked for in the memory.
    { name: 'ten thousand tool turns', purposes: REMEMBERED, status: 200, known: 1.6, body: toolTurns() },
  ];
}

/** The shapes that only Cursor sends. */
function shapes(): BoundsCase[] {
  const cursor = (name: string, status: number, body: string): BoundsCase => ({ name, purposes: CURSOR, status, body });
  const input = (items: string) => `{"model":"${DEEPSEEK}","input":[${items}]}`;
  return [
    cursor('items by the hundred thousand', 400, input(fill('{"role":"user","content":"a"}'))),
    cursor('an item of parts', 200, input(`{"role":"user","content":[${fill('{"type":"input_text","text":"a"}')}]}`)),
    cursor(
      'calls in items',
      400,
      input(fill((at) => `{"type":"function_call","call_id":"c${at}","name":"f","arguments":"{}"}`)),
    ),
    cursor(
      'blocks of calls',
      400,
      request(
        `{"role":"assistant","content":[${fill((at) => `{"type":"tool_use","id":"c${at}","name":"f","input":{}}`)}]},${USER}`,
      ),
    ),
    cursor(
      'blocks of results',
      400,
      request(
        `{"role":"user","content":[${fill((at) => `{"type":"tool_result","tool_use_id":"c${at}","content":"a"}`)}]},${USER}`,
      ),
    ),
    cursor('system blocks', 200, request(USER, `,"system":[${fill('{"type":"text","text":"a"}')}]`)),
  ];
}

/** What a provider sends. */
function answers(): BoundsCase[] {
  const message = 'eyJ-'.repeat(16_384);
  const complaint = JSON.stringify({ error: { message: message.repeat(32) } });
  const ask = (stream: boolean) => request(USER, `,"stream":${stream}`);
  const called = (at: number) => ({
    tool_calls: [{ index: at, id: `c${at}`, function: { name: 'f', arguments: '{}' } }],
  });
  const chunk = (delta: unknown, finish: string | null = null) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const calls = Array.from({ length: 2_000 }, (_, at) => chunk(called(at))).join('');
  const thought = chunk({ role: 'assistant', reasoning_content: 'why' });
  const json = 'application/json';
  const events = 'text/event-stream';
  return [
    {
      name: 'a refusal of web tokens',
      purposes: PURPOSES,
      status: 400,
      body: ask(false),
      answer: { status: 400, type: json, text: JSON.stringify({ error: { message: message.slice(100) } }) },
    },
    {
      name: 'a refusal of 2 MB',
      purposes: PURPOSES,
      status: 502,
      body: ask(false),
      answer: { status: 400, type: json, text: complaint },
    },
    {
      name: 'an error of 2 MB in a 200',
      purposes: PURPOSES,
      status: 502,
      body: ask(false),
      answer: { status: 200, type: json, text: complaint },
    },
    {
      name: 'an error of 2 MB in a frame',
      purposes: PURPOSES,
      status: 502,
      body: ask(true),
      answer: { status: 200, type: events, text: `data: ${complaint}\n\n` },
    },
    {
      name: 'two thousand calls in chunks',
      purposes: REMEMBERED,
      status: 200,
      body: ask(true),
      answer: { status: 200, type: events, text: `${thought}${calls}${chunk({}, 'tool_calls')}data: [DONE]\n\n` },
    },
  ];
}

/** All cases, made one group at a time: each body is ten megabytes. */
export function* boundsCases(): Generator<BoundsCase> {
  for (const group of [named, texts, values, shapes, answers]) yield* group();
}
