// https://platform.openai.com/docs/api-reference/chat/streaming; strict clients fail on any other word.
const KNOWN: ReadonlySet<string> = new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call']);

/** The provider's own word for why a choice ended; null where it has not ended. Anything but text is a word nobody knows. */
export function readFinishReason(said: unknown): string | null {
  if (said === undefined || said === null || said === false || said === '' || said === 'null') return null;
  return typeof said === 'string' ? said : JSON.stringify(said);
}

/**
 * A provider's finish reason in OpenAI's words. The provider's file names its own words;
 * one that nobody has named becomes `stop`. `error` is returned where the provider says that it failed.
 */
export function mapFinishReason(reason: string, providerWords: Readonly<Record<string, string>>): string {
  if (KNOWN.has(reason)) return reason;
  return (Object.hasOwn(providerWords, reason) ? providerWords[reason] : undefined) ?? 'stop';
}
