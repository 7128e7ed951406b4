import type { JsonObject } from '../protocol/json.ts';

// The names under which clients send their session, the plainest first: Claude Code's, Codex's, opencode's.
const SESSION_HEADERS = ['x-claude-code-session-id', 'session_id', 'session-id', 'x-session-affinity'];
const LONGEST_SESSION = 100;

/** What a client calls its session, or null. It is for the log, and never reaches a provider. */
export function sessionOf(headers: Headers, body: JsonObject): string | null {
  const cacheKey = body['prompt_cache_key'];
  const named = [
    headers.get('x-session-id'),
    typeof cacheKey === 'string' ? cacheKey : null,
    ...SESSION_HEADERS.map((name) => headers.get(name)),
  ];
  const session = named.find((name) => name !== null && name.trim() !== '');
  return session === undefined || session === null ? null : session.trim().slice(0, LONGEST_SESSION);
}

const TAG = /^([A-Za-z0-9._-]{1,40})=([A-Za-z0-9._-]{1,40})$/;
const MOST_TAGS = 5;
// More text than any five tags have, however they are spaced.
const LONGEST_HEADER = 4_096;

/** The first five good pairs of `x-llm-tags: project=web,feature=search`; what is wrong is left out. Null for none. */
export function tagsOf(headers: Headers): Record<string, string> | null {
  const pairs = (headers.get('x-llm-tags') ?? '').slice(0, LONGEST_HEADER).split(',');
  const tags = new Map<string, string>();
  for (const pair of pairs) {
    const [, name, value] = TAG.exec(pair.trim()) ?? [];
    if (name === undefined || value === undefined || tags.has(name)) continue;
    tags.set(name, value);
    if (tags.size === MOST_TAGS) break;
  }
  return tags.size === 0 ? null : Object.fromEntries(tags);
}
