import type { ProviderRules } from '../catalog/rules.ts';
import { isObject, type JsonObject } from '../protocol/json.ts';
import { valueAt } from '../protocol/json-pointer.ts';
import { usdToNano } from '../protocol/money.ts';
import { NO_USAGE, readUsage, type Usage } from '../protocol/usage.ts';

type Pointers = ProviderRules['usage'];

/** Other names of the cached count that go before OpenAI's where a bill is made: they must not say otherwise. */
const FLAT_CACHED = ['prompt_cache_hit_tokens', 'cached_tokens', 'cache_read_input_tokens'];

/** What an answer may cost at most, USD: what is beyond it is a provider's mistake, and no bill may be made of it. */
const MOST_USD = 10_000;

function numberAt(usage: JsonObject, pointer: string | undefined): number | null {
  if (pointer === undefined) return null;
  const value = valueAt(usage, pointer);
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && number >= 0 && Number.isFinite(number) ? number : null;
}

/** Puts a count where OpenAI has it, and clients and bills look for it. */
function putDetail(usage: JsonObject, details: string, name: string, count: number): boolean {
  const known = isObject(usage[details]) ? usage[details] : {};
  if (known[name] === count) return false;
  usage[details] = { ...known, [name]: count };
  return true;
}

/** Tells the counts that the pointers lead to where OpenAI's clients read them; true where that changed something. */
export function pointUsage(usage: JsonObject, pointers: Pointers): boolean {
  const cached = numberAt(usage, pointers.cached);
  const reasoning = numberAt(usage, pointers.reasoning);
  let changed = false;
  if (reasoning !== null) changed = putDetail(usage, 'completion_tokens_details', 'reasoning_tokens', reasoning);
  if (cached === null) return changed;
  for (const name of FLAT_CACHED) {
    if (usage[name] === undefined || usage[name] === cached) continue;
    usage[name] = cached;
    changed = true;
  }
  return putDetail(usage, 'prompt_tokens_details', 'cached_tokens', cached) || changed;
}

/** Reads what an answer used, with what the provider says that it cost. */
export function readPointedUsage(value: unknown, pointers: Pointers): Usage | null {
  if (!isObject(value)) return null;
  const pointed = { ...value };
  pointUsage(pointed, pointers);
  const usage = readUsage(pointed);
  const cost = numberAt(value, pointers.cost);
  if (cost === null || cost > MOST_USD) return usage;
  return { ...(usage ?? NO_USAGE), statedNanoUsd: usdToNano(cost) };
}
