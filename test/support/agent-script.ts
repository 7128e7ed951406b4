import type { JsonObject } from '../../src/protocol/json.ts';
import type { ProviderTurn } from './strict-provider.ts';

/** What an agent is offered: a function, and Cursor's custom tool. */
export const AGENT_TOOLS: JsonObject[] = [
  {
    type: 'function',
    function: { name: 'read_file', parameters: { type: 'object', properties: { path: { type: 'string' } } } },
  },
  {
    type: 'custom',
    name: 'ApplyPatch',
    description: 'Applies a patch.',
    format: { type: 'grammar', syntax: 'lark', definition: 'start: /.+/' },
  },
];

// A small generator of its own, so that every run says the same.
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * below);
  };
}

const SCRAPS = [
  '\n',
  ' ',
  '<think>',
  '</think>',
  '<\\/think>',
  '\\',
  '<',
  '</thi',
  '</details>',
  '<details>',
  'I see. ',
  '我想',
  '👩‍💻',
  '\ud83d',
  '"',
  '\t',
  'x < y',
  '</summary>',
];

/** Turns that differ between chats in what they say, but never in the ids of their calls. */
export function agentScript(seed: number): (chat: string, position: number) => ProviderTurn {
  const random = createRandom(seed);
  return (_chat, position) => {
    const reasoning = Array.from({ length: random(8) }, () => SCRAPS[random(SCRAPS.length)]).join('');
    const isAnswer = position % 5 === 4;
    if (isAnswer) return { reasoning, text: `Answer ${position}`, calls: [] };
    const count = 1 + random(3);
    const calls = Array.from({ length: count }, (_, index) =>
      index === 1
        ? {
            id: `functions.ApplyPatch:${index}`,
            name: 'ApplyPatch',
            arguments: JSON.stringify({ input: `*** Begin Patch\n"${position}" é\\n` }),
          }
        : { id: `functions.read_file:${index}`, name: 'read_file', arguments: '{"path": "a.ts"}' },
    );
    return { reasoning, text: position % 3 === 0 ? 'Let me look.' : '', calls };
  };
}
