import type { JsonObject } from './json.ts';

/**
 * What a turn without any reasoning is sent back with. DeepSeek's V4 Pro and Kimi K2.6 refuse an empty text
 * and take one space: NousResearch/hermes-agent PR 17341, earendil-works/pi PR 4178, 2026-05.
 */
export const NO_REASONING = ' ';

/** Reasoning as it is called on the wire: `reasoning_content`, or `reasoning` with some hosts. Null where there is none. */
export function readReasoning(holder: JsonObject): string | null {
  const { reasoning_content: named, reasoning: alias } = holder;
  if (typeof named === 'string' && named !== '') return named;
  if (typeof alias === 'string') return alias;
  return typeof named === 'string' ? named : null;
}

/** Takes the reasoning out of a delta or a message, under both names. Null where there was none. */
export function takeReasoning(holder: JsonObject): string | null {
  const reasoning = readReasoning(holder);
  if ('reasoning_content' in holder) delete holder['reasoning_content'];
  // An object under this name is another dialect's setting, and not text.
  if (typeof holder['reasoning'] === 'string' || holder['reasoning'] === null) delete holder['reasoning'];
  return reasoning;
}
