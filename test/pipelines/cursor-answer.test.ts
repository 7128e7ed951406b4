import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { takeBlock } from '../../src/pipelines/cursor/block.ts';
import type { Conversation, PipelineContext, ReasoningDisplay, ReasoningMemory } from '../../src/pipelines/pipeline.ts';
import { findPipeline } from '../../src/pipelines/registry.ts';
import type { ChatChunk, ChatCompletion } from '../../src/protocol/chat.ts';
import type { JsonObject } from '../../src/protocol/json.ts';
import { cutEvery, translateAll } from '../support/translate-all.ts';

const CUSTOM_TOOLS = [{ type: 'custom', name: 'ApplyPatch' }];

const EXCHANGE: PipelineContext = {
  requestedModel: 'deepseek/thinker',
  display: 'think',
  provider: 'deepseek',
  model: 'thinker',
  thinks: true,
  wantsReasoning: true,
  repeatsCallIds: false,
  canDisableThinking: true,
  memory: null,
};

async function open(exchange: Partial<PipelineContext> = {}, request: JsonObject = {}): Promise<Conversation> {
  const opened = await findPipeline('cursor').open?.(
    { model: 'deepseek/thinker', messages: [{ role: 'user', content: 'Hi' }], ...request },
    { ...EXCHANGE, ...exchange },
  );
  if (opened === undefined) throw new Error('The cursor pipeline opens exchanges.');
  return opened;
}

function chunk(delta: JsonObject, finish: string | null = null, index = 0): JsonObject {
  return {
    id: 'c-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'provider-model',
    system_fingerprint: 'fp',
    choices: [{ index, delta, logprobs: null, finish_reason: finish }],
    usage: null,
  };
}

const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const USAGE_ONLY = {
  id: 'c-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'provider-model',
  choices: [],
  usage: USAGE,
};

const encoder = new TextEncoder();

/** The client's chunks for a provider's frames; strings are frames as they are. */
async function run(
  frames: readonly (JsonObject | string)[],
  exchange: Partial<PipelineContext> = {},
  request: JsonObject = {},
  size = 1_000_000,
): Promise<ChatChunk[]> {
  const { step } = await open(exchange, request);
  const body = frames.map((frame) => `data: ${typeof frame === 'string' ? frame : JSON.stringify(frame)}\n\n`).join('');
  const { text } = translateAll(cutEvery(encoder.encode(body), size), step);
  return text
    .split('\n\n')
    .filter((frame) => frame.startsWith('data: '))
    .map((frame) => JSON.parse(frame.slice(6)));
}

function textOf(chunks: readonly ChatChunk[], index = 0): string {
  const choices = chunks.flatMap((each) => each.choices).filter((choice) => choice.index === index);
  return choices.map((choice) => choice.delta.content ?? '').join('');
}

function argumentsOf(chunks: readonly ChatChunk[], index = 0): string {
  const calls = chunks.flatMap((each) => each.choices.flatMap((choice) => choice.delta.tool_calls ?? []));
  return calls
    .filter((call) => call.index === index)
    .map((call) => call.function?.arguments ?? '')
    .join('');
}

const START = chunk({ role: 'assistant', content: null, reasoning_content: '' });
const think = (text: string) => chunk({ content: null, reasoning_content: text });
const say = (text: string) => chunk({ content: text, reasoning_content: null });
const CALL = { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } };

describe('the answer that Cursor sees', () => {
  test('holds reasoning in one think block before the text, under the name that was asked for', async () => {
    const chunks = await run([
      START,
      think('We'),
      think(' see'),
      think('.'),
      say('Hello'),
      say(' you'),
      chunk({ content: '' }, 'stop'),
    ]);
    expect(textOf(chunks)).toBe('<think>\nWe see.\n</think>\n\nHello you');
    expect(chunks.every((each) => each['model'] === 'deepseek/thinker')).toBe(true);
    expect(JSON.stringify(chunks)).not.toContain('reasoning_content');
    expect(chunks[0]).toEqual({
      ...START,
      model: 'deepseek/thinker',
      choices: [{ index: 0, delta: { role: 'assistant', content: null }, logprobs: null, finish_reason: null }],
    });
  });

  test('opens no block for empty reasoning', async () => {
    const chunks = await run([START, think(''), chunk({ reasoning_content: null }), say('Hi'), chunk({}, 'stop')]);
    expect(textOf(chunks)).toBe('Hi');
  });

  test('keeps the block open over empty content and empty lists of calls', async () => {
    const empty = [chunk({ content: '' }), chunk({ tool_calls: [] }), chunk({ content: null })];
    const chunks = await run([START, think('a'), ...empty, think('b'), say('c'), chunk({}, 'stop')]);
    expect(textOf(chunks)).toBe('<think>\nab\n</think>\n\nc');
  });

  test.each([
    ['a call', [chunk({ tool_calls: [CALL] }), chunk({}, 'tool_calls')]],
    ['the finish reason', [chunk({}, 'stop')]],
    ['a usage-only chunk', [USAGE_ONLY]],
    ['an end without anything', []],
  ])('closes the block before %s', async (_name, after) => {
    const chunks = await run([START, think('a'), ...after]);
    const at = chunks.findIndex((each) => each.choices[0]?.delta.content?.includes('</think>'));
    expect(textOf(chunks)).toBe('<think>\na\n</think>\n\n');
    const behind = chunks.slice(at + 1);
    expect(
      chunks
        .slice(0, at + 1)
        .some((each) => each.usage || each.choices[0]?.finish_reason || each.choices[0]?.delta.tool_calls),
    ).toBe(false);
    expect(textOf(behind)).toBe('');
  });

  test('says nothing after the finish reason and its usage', async () => {
    const chunks = await run([START, think('a'), { ...chunk({}, 'stop'), usage: USAGE }]);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)?.usage).toEqual(USAGE);
    expect(chunks.filter((each) => each.usage)).toHaveLength(1);
  });

  test('takes reasoning and content of one chunk in their order, and the role once', async () => {
    const all = { role: 'assistant', reasoning_content: 'why', content: 'what', tool_calls: [CALL] };
    const chunks = await run([chunk(all, 'tool_calls')]);
    expect(textOf(chunks)).toBe('<think>\nwhy\n</think>\n\nwhat');
    const bare = await run([chunk({ role: 'assistant', reasoning_content: 'why', tool_calls: [CALL] }, 'tool_calls')]);
    expect(bare.map((each) => each.choices[0]?.delta.role)).toEqual(['assistant', undefined]);
    expect(textOf(bare.slice(0, 1))).toBe('<think>\nwhy\n</think>\n\n');
  });

  test('knows reasoning by its other name', async () => {
    const chunks = await run([
      chunk({ role: 'assistant', reasoning: 'a' }),
      chunk({ reasoning: 'b' }),
      say('c'),
      chunk({}, 'stop'),
    ]);
    expect(textOf(chunks)).toBe('<think>\nab\n</think>\n\nc');
    expect(JSON.stringify(chunks)).not.toContain('"reasoning"');
  });

  test('shows no reasoning after the text has begun, but remembers it', async () => {
    const remembered: string[] = [];
    const memory: ReasoningMemory = {
      recall: async (turns) => turns.map(() => null),
      remember: (_choice, _turn, reasoning) => remembered.push(reasoning),
    };
    const chunks = await run([START, think('a'), say('b'), think('c'), think('d'), say('e'), chunk({}, 'stop')], {
      memory,
    });
    expect(textOf(chunks)).toBe('<think>\na\n</think>\n\nbe');
    expect(remembered).toEqual(['acd']);
  });

  test('keeps choices apart', async () => {
    const other = (delta: JsonObject, finish: string | null = null) => chunk(delta, finish, 1);
    const both = {
      ...START,
      choices: [...(START['choices'] as unknown[]), ...(other({ role: 'assistant' })['choices'] as unknown[])],
    };
    const chunks = await run([
      both,
      think('a'),
      other({ reasoning_content: 'b' }),
      think('c'),
      say('d'),
      other({ content: 'e' }),
      chunk({}, 'stop'),
      other({}, 'stop'),
    ]);
    expect(textOf(chunks, 0)).toBe('<think>\nac\n</think>\n\nd');
    expect(textOf(chunks, 1)).toBe('<think>\nb\n</think>\n\ne');
  });

  test('leaves an answer without reasoning alone', async () => {
    const chunks = await run([START, say('Hi '), say('<think>you</think>'), chunk({}, 'stop')]);
    expect(textOf(chunks)).toBe('Hi <think>you</think>');
  });

  test('never breaks the block where reasoning speaks of think tags', async () => {
    const pieces = ['The ', '<', 'think', '> and <', '/thi', 'nk', '> tags, <', '\\/think> too, 1 < 2, <', 'b>'];
    const chunks = await run([START, ...pieces.map(think), say('Right.'), chunk({}, 'stop')]);
    const text = textOf(chunks);
    expect(text.match(/<think>/g)).toHaveLength(1);
    expect(text.match(/<\/think>/g)).toHaveLength(1);
    expect(takeBlock(text)).toEqual({ reasoning: pieces.join(''), text: 'Right.' });
  });

  test('finds a tag behind JSON escapes, on the fast path too', async () => {
    const frame = (text: string) => JSON.stringify(think('@')).replace('@', text);
    const chunks = await run([
      START,
      think('a'),
      think('b'),
      frame('\\u003c/think\\u003E'),
      frame('\\u003C'),
      think('/think>'),
      say('c'),
      chunk({}, 'stop'),
    ] as (JsonObject | string)[]);
    expect(takeBlock(textOf(chunks))).toEqual({ reasoning: 'ab</think></think>', text: 'c' });
    expect(textOf(chunks).match(/<\/think>/g)).toHaveLength(1);
  });

  test('shows reasoning as a folding panel, or not at all, as the key says', async () => {
    const frames = [START, think('a'), think('b'), say('c'), chunk({}, 'stop')];
    expect(textOf(await run(frames, { display: 'details' }))).toBe(
      '<details>\n<summary>Thinking</summary>\n\nab\n\n</details>\n\nc',
    );
    const hidden = await run(frames, { display: 'hidden' });
    expect(textOf(hidden)).toBe('c');
    expect(hidden[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(hidden).toHaveLength(3);
  });
});

describe('an answer that comes whole', () => {
  const completion = (message: JsonObject): ChatCompletion => ({
    id: 'c-1',
    model: 'provider-model',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop' }],
  });

  test('is folded the same way', async () => {
    const { completion: fold } = await open();
    const folded = fold?.(completion({ content: 'Hi', reasoning_content: 'a </think> b' }));
    expect(folded?.choices[0]?.message).toEqual({
      role: 'assistant',
      content: '<think>\na <\\/think> b\n</think>\n\nHi',
    });
    expect(folded?.['model']).toBe('deepseek/thinker');
  });

  test('is untouched without reasoning: a null stays null', async () => {
    const { completion: fold } = await open();
    const message = {
      content: null,
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
    };
    expect(fold?.(completion(structuredClone(message)))?.choices[0]?.message).toEqual({
      role: 'assistant',
      ...message,
    });
  });
});

describe('a call of a custom tool', () => {
  const patch = '*** Begin Patch\n+ "é" \\ \t👩‍💻\u2028\n*** End Patch\n';
  const wrapped = JSON.stringify({ input: patch });
  const call = (index: number, name: string): JsonObject =>
    chunk({ tool_calls: [{ ...CALL, index, id: `call_${index}`, function: { name, arguments: '' } }] });
  const part = (index: number, text: string): JsonObject =>
    chunk({ tool_calls: [{ index, function: { arguments: text } }] });
  const pieces = (text: string, size: number) => text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];

  test.each([1, 2, 3, 7, 1000])('carries its bare text, in pieces of %i characters', async (size) => {
    for (const text of [
      wrapped,
      ` { "input" :\n"${wrapped.slice(10, -2)}" } `,
      wrapped.replace('é', '\\u00e9').replace('👩', '\\ud83d\\uDC69'),
    ]) {
      const frames = [
        START,
        think('a'),
        call(0, 'ApplyPatch'),
        ...pieces(text, size).map((each) => part(0, each)),
        chunk({}, 'tool_calls'),
      ];
      const chunks = await run(frames, {}, { tools: CUSTOM_TOOLS });
      expect(argumentsOf(chunks)).toBe(patch);
      expect(chunks.flatMap((each) => each.choices[0]?.delta.tool_calls ?? [])[0]?.type).toBe('function');
    }
  });

  test('does not change calls of functions, nor arguments of another form', async () => {
    const odd = '{"patch":"x"}';
    const frames = [
      START,
      call(0, 'f'),
      part(0, wrapped),
      call(1, 'ApplyPatch'),
      part(1, odd),
      chunk({}, 'tool_calls'),
    ];
    const chunks = await run(frames, {}, { tools: CUSTOM_TOOLS });
    expect(argumentsOf(chunks, 0)).toBe(wrapped);
    expect(argumentsOf(chunks, 1)).toBe(odd);
  });

  test('carries its bare text in one chunk with everything, and in a whole answer', async () => {
    const whole = { ...CALL, function: { name: 'ApplyPatch', arguments: wrapped } };
    const chunks = await run(
      [chunk({ role: 'assistant', reasoning_content: 'a', tool_calls: [whole] }, 'tool_calls')],
      {},
      { tools: CUSTOM_TOOLS },
    );
    expect(argumentsOf(chunks)).toBe(patch);
    const { completion: fold } = await open({}, { tools: CUSTOM_TOOLS });
    const message = { role: 'assistant', content: null, tool_calls: [structuredClone(whole)] };
    const folded = fold?.({ choices: [{ index: 0, message, finish_reason: 'tool_calls' }] });
    expect(JSON.stringify(folded)).toContain(JSON.stringify({ name: 'ApplyPatch', arguments: patch }));
  });
});

describe('what is folded and unfolded', () => {
  const scraps = fc.constantFrom(
    '<think>',
    '</think>',
    '<details>',
    '</details>',
    '<summary>Thinking</summary>',
    '<',
    '\\',
    '/',
    '<\\/think>',
    '</thin',
    '\n',
    '\r\n',
    ' ',
    '\ud83d',
    '\ude00',
    '"',
    'k>',
    '\u2028',
    'è',
  );
  const reasoning = fc.array(fc.oneof({ weight: 3, arbitrary: scraps }, fc.string({ unit: 'binary', maxLength: 4 })), {
    minLength: 1,
    maxLength: 14,
  });
  const displays = fc.constantFrom<ReasoningDisplay>('think', 'details');
  /** Ways of writing the same text in JSON. */
  const escapes = fc.constantFrom<(text: string) => string>(
    (text) => text,
    (text) => text.replaceAll('<', '\\u003c'),
    (text) => text.replaceAll('/', '\\/'),
    (text) => text.replaceAll('<', '\\u003C').replaceAll('think', '\\u0074hink'),
  );

  test('comes back equal, for any text and any cuts, but for halves of surrogate pairs', async () => {
    await fc.assert(
      fc.asyncProperty(reasoning, displays, escapes, fc.string(), async (pieces, display, write, answer) => {
        const whole = pieces.join('');
        const frames = pieces.map((piece) =>
          JSON.stringify(think('@')).replace('@', () => write(JSON.stringify(piece).slice(1, -1))),
        );
        const chunks = await run([START, ...frames, say(`.${answer}`), chunk({}, 'stop')], { display });
        const unfolded = takeBlock(textOf(chunks));
        expect(unfolded).toEqual(
          whole === ''
            ? { reasoning: null, text: `.${answer}` }
            : { reasoning: whole.toWellFormed(), text: `.${answer}` },
        );
      }),
      { numRuns: 10_000 },
    );
  }, 60_000);

  test('looks the same however the stream is cut and whichever path it takes', async () => {
    await fc.assert(
      fc.asyncProperty(
        reasoning,
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom<ReasoningDisplay>('think', 'details', 'hidden'),
        async (pieces, size, display) => {
          const frames = [START, ...pieces.map(think), ...pieces.map(say), ...pieces.map(think), chunk({}, 'stop')];
          const atOnce = await run(frames, { display });
          expect(await run(frames, { display }, {}, size)).toEqual(atOnce);
          // A space behind a colon makes a frame no pattern of the one before, so each goes through the step.
          const slow = frames.map((frame, index) =>
            index % 2 === 0 ? JSON.stringify(frame) : JSON.stringify(frame).replace('"id":', '"id": '),
          );
          expect(await run(slow, { display })).toEqual(atOnce);
        },
      ),
      { numRuns: 300 },
    );
  }, 60_000);
});
