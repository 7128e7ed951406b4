import type { ChatChunk, ChatCompletion } from './chat.ts';
import { isObject } from './json.ts';

/** How often a provider's own tools ran, by name. */
export type ToolUses = Readonly<Record<string, number>>;

export const NO_USES: ToolUses = {};

/** Counts how often a provider's own tools ran, as its answer tells. */
export interface ToolUseCounter {
  /** Takes a chunk, or a whole answer. */
  see(answer: ChatChunk | ChatCompletion): void;
  uses(): ToolUses;
}

// What is beyond it is a provider's mistake, and no bill may be made of it.
const MOST_USES = 1_000;

/** What a usage object says: `server_tool_use.web_search_requests`, as Anthropic and OpenRouter have it, or the same at its top. */
function reported(usage: unknown, name: string): number {
  if (!isObject(usage)) return 0;
  const places = [usage, usage['server_tool_use']].filter(isObject);
  const counts = places.map((place) => place[`${name}_requests`]);
  return Math.max(0, ...counts.filter((count) => typeof count === 'number').map(Math.trunc));
}

/**
 * A counter for these tools. A tool ran once for each call of its name (Moonshot bills `$web_search` so:
 * https://platform.kimi.ai/docs/pricing/tools), once where the answer brings its findings (Z.ai's `web_search`), or as
 * often as the usage says: the largest of these counts, since they tell of the same.
 */
export function countToolUses(names: readonly string[]): ToolUseCounter {
  const tools = names.map((name) => ({ name, calls: new Set<string>(), told: 0 }));

  function seeCalls(choice: number, calls: unknown): void {
    if (!Array.isArray(calls)) return;
    for (const [position, call] of calls.entries()) {
      const called: unknown = isObject(call) ? call['function'] : null;
      if (!isObject(called)) continue;
      // The pieces of a streamed call have one index; whole calls have a place in their list.
      tools.find(({ name }) => name === called['name'])?.calls.add(`${choice}/${call['index'] ?? position}`);
    }
  }

  return {
    see(answer) {
      for (const choice of answer.choices) {
        const said = choice['delta'] ?? choice['message'];
        if (isObject(said)) seeCalls(choice.index, said['tool_calls']);
      }
      for (const tool of tools) {
        const findings = answer[tool.name];
        const hasFindings = Array.isArray(findings) && findings.length > 0;
        tool.told = Math.max(tool.told, hasFindings ? 1 : 0, reported(answer.usage, tool.name));
      }
    },
    uses: () =>
      Object.fromEntries(tools.map(({ name, calls, told }) => [name, Math.min(MOST_USES, Math.max(calls.size, told))])),
  };
}
