import { isObject, type JsonObject } from '../../protocol/json.ts';
import { openEnvelope } from '../shared/envelope.ts';

function textsOf(parts: unknown): string | null {
  if (!Array.isArray(parts)) return null;
  const texts = parts.map((part: unknown) => (isObject(part) ? part['text'] : null));
  const said = texts.filter((text) => typeof text === 'string' && text !== '');
  return said.length === 0 ? null : said.join('');
}

/**
 * The reasoning that an item of the history carries: our own envelope, else its text, else its summary. Codex keeps the
 * first word for word and may drop the second; what others have encrypted is no use to anybody here.
 */
export function readThoughts({ content, encrypted_content: sealed, summary }: JsonObject): string | null {
  return openEnvelope(sealed)?.text ?? textsOf(content) ?? textsOf(summary);
}
