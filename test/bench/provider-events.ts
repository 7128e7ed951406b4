/*
 * A stream as DeepSeek writes it: chunks of about 300 bytes that differ in their text only, reasoning in the first
 * half, content in the second, usage on the chunk with the finish reason.
 */

const ID = '5d0c6f1e-8f37-4c40-9a52-0e6f7d1b2c34';
const ENVELOPE = `"id":"${ID}","object":"chat.completion.chunk","created":1795392000,"model":"deepseek-flash","system_fingerprint":"fp_8802369eaa_prod0820_fp8_kvcache"`;

// As tokens are: mostly words, now and then a line end, a quote, Chinese or an emoji.
const WORDS =
  'The function reads each line of the file and then checks whether it holds a value that we need to keep for later use'
    .split(' ')
    .map((word) => ` ${word}`)
    .concat(['.', ',', '\n\n', ' "', '"', '()', ' {', '}', ' =>', '   ', '用户', '请求', ' 🙂', ' 42', ':', ' `x`']);

function chunk(delta: Record<string, unknown>, finishReason: string | null, usage: unknown): string {
  const choice = JSON.stringify({ index: 0, delta, logprobs: null, finish_reason: finishReason });
  return `data: {${ENVELOPE},"choices":[${choice}],"usage":${JSON.stringify(usage)}}\n\n`;
}

export const FIRST = chunk({ role: 'assistant', content: null, reasoning_content: '' }, null, null);

const USAGE = {
  prompt_tokens: 1_200,
  completion_tokens: 400,
  total_tokens: 1_600,
  prompt_tokens_details: { cached_tokens: 1_024 },
  completion_tokens_details: { reasoning_tokens: 200 },
  prompt_cache_hit_tokens: 1_024,
  prompt_cache_miss_tokens: 176,
};

export const LAST = `${chunk({ content: '', reasoning_content: null }, 'stop', USAGE)}data: [DONE]\n\n`;

// A prime, so that words and positions do not run in step.
const DIFFERENT = 997;

function texts(write: (text: string) => Record<string, unknown>): string[] {
  return Array.from({ length: DIFFERENT }, (_, index) =>
    chunk(write(WORDS[(index * 7) % WORDS.length] ?? ''), null, null),
  );
}

const REASONING = texts((text) => ({ content: null, reasoning_content: text }));
const CONTENT = texts((text) => ({ content: text, reasoning_content: null }));

/** The event at a place in a stream of `events`. */
export function eventAt(index: number, events: number): string {
  return (index < events / 2 ? REASONING : CONTENT)[index % DIFFERENT] ?? '';
}

/** A whole answer of about 2 KB. */
export const COMPLETION = JSON.stringify({
  id: ID,
  object: 'chat.completion',
  created: 1_795_392_000,
  model: 'deepseek-flash',
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: WORDS.join('').repeat(5),
        reasoning_content: WORDS.join('').repeat(4),
      },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: USAGE,
  system_fingerprint: 'fp_8802369eaa_prod0820_fp8_kvcache',
});
