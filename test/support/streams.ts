/* Streams made by hand after the shapes providers send. Each is the whole body, as it comes over the wire. */

export interface HandMadeStream {
  name: string;
  body: string;
}

function chunk(choices: unknown[], more: Record<string, unknown> = {}): string {
  return JSON.stringify({
    id: 'c-1',
    object: 'chat.completion.chunk',
    created: 1764661832,
    model: 'm',
    choices,
    ...more,
  });
}

function delta(value: Record<string, unknown>, finish: string | null = null, index = 0): unknown {
  return { index, delta: value, logprobs: null, finish_reason: finish };
}

const usage = {
  prompt_tokens: 11,
  completion_tokens: 7,
  total_tokens: 18,
  prompt_tokens_details: { cached_tokens: 4 },
};

const plain = [
  chunk([delta({ role: 'assistant', content: null, reasoning_content: '' })], { usage: null }),
  chunk([delta({ content: null, reasoning_content: 'We' })], { usage: null }),
  chunk([delta({ content: null, reasoning_content: ' need "quotes" \\ and\nlines' })], { usage: null }),
  chunk([delta({ content: null, reasoning_content: ' 你好 🙂 \u2028' })], { usage: null }),
  chunk([delta({ content: 'Hello', reasoning_content: null })], { usage: null }),
  chunk([delta({ content: ' world', reasoning_content: null })], { usage: null }),
  chunk([delta({ content: ' \ud83d\ude00é', reasoning_content: null })], { usage: null }),
  chunk([delta({ content: '', reasoning_content: null }, 'stop')], { usage }),
];

const tools = [
  chunk([delta({ role: 'assistant', content: '', reasoning_content: 'Look' })]),
  chunk([
    delta({ tool_calls: [{ index: 0, id: 'call_a', type: 'function', function: { name: 'f', arguments: '' } }] }),
  ]),
  chunk([delta({ tool_calls: [{ index: 0, function: { arguments: '{"a' } }] })]),
  chunk([delta({ tool_calls: [{ index: 0, function: { arguments: '":1}' } }] })]),
  chunk([
    delta({ tool_calls: [{ index: 1, id: 'call_b', type: 'function', function: { name: 'g', arguments: '{}' } }] }),
  ]),
  chunk([delta({}, 'tool_calls')]),
  chunk([], { usage }),
];

const twoChoices = [
  chunk([delta({ role: 'assistant', content: 'a' }), delta({ role: 'assistant', content: 'b' }, null, 1)]),
  chunk([delta({ content: 'A' })]),
  chunk([delta({ content: 'B' }, null, 1)]),
  chunk([delta({}, 'stop'), delta({}, 'length', 1)], { usage }),
];

const poor = [
  '{"id":"x","model":"kimi","choices":[{"delta":{"role":"assistant","content":"Hi"}}]}',
  '{"id":"x","model":"kimi","choices":[{"delta":{"content":" there"}}]}',
  '{"id":"x","model":"kimi","choices":[{"delta":{"tool_calls":[{"id":"t1","function":{"name":"f","arguments":"{}"}}]}}]}',
  '{"id":"x","model":"kimi","choices":[{"delta":{},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":11,"completion_tokens":7}}',
];

function frames(chunks: string[], lineEnd = '\n'): string {
  return chunks.map((data) => `data: ${data}${lineEnd}${lineEnd}`).join('');
}

export const HAND_MADE_STREAMS: readonly HandMadeStream[] = [
  { name: 'plain', body: `${frames(plain)}data: [DONE]\n\n` },
  { name: 'CRLF', body: `${frames(plain, '\r\n')}data: [DONE]\r\n\r\n` },
  { name: 'CR', body: `${frames(plain, '\r')}data: [DONE]\r\r` },
  {
    name: 'BOM and comments',
    body: `\ufeff: hello\n\n: keep-alive\n\n${frames(plain).replaceAll('\n\n', '\n: note\n\n')}data: [DONE]\n\n`,
  },
  {
    name: 'other fields, no space',
    body: `${plain.map((data) => `event: message\nid: 7\nretry: 10\ndata:${data}\n\n`).join('')}data:[DONE]\n\n`,
  },
  {
    name: 'several data lines',
    body: `${plain.map((data) => `data: ${data.replace(',"choices"', '\ndata: ,"choices"')}\n\n`).join('')}data: [DONE]\n\n`,
  },
  { name: 'tools', body: `${frames(tools)}data: [DONE]\n\n` },
  { name: 'two choices', body: `${frames(twoChoices)}data: [DONE]\n\n` },
  { name: 'missing members', body: `${frames(poor)}data: [DONE]\n\n` },
  { name: 'no [DONE], no last blank line', body: frames(plain).slice(0, -2) },
  { name: 'bytes after [DONE]', body: `${frames(plain)}data: [DONE]\n\ndata: {"id":"late","choices":[]}\n\n` },
];
