// https://platform.openai.com/docs/api-reference/chat/create: names of functions are at most so long.
const LONGEST_NAME = 64;
// Codex keeps its own functions in a namespace of this name, and calls them without it.
const PLAIN_NAMESPACE = 'functions';

/** Shortens by a hash, FNV-1a, so that the same name is the same in every turn. */
function shorten(name: string): string {
  if (name.length <= LONGEST_NAME) return name;
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  const tail = (hash >>> 0).toString(36);
  return `${name.slice(0, LONGEST_NAME - tail.length - 1)}_${tail}`;
}

/** A tool's name for a provider, which knows no namespaces. */
export function namespacedName(namespace: string | null, name: string): string {
  return shorten(namespace === null || namespace === PLAIN_NAMESPACE ? name : `${namespace}__${name}`);
}
