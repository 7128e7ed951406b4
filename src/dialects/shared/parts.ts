import { isObject, type JsonObject, without } from '../../protocol/json.ts';
import { textOf } from '../../protocol/text.ts';

function imageOf(part: JsonObject): unknown {
  const { source, image_url: url, detail } = part;
  if (isObject(source)) {
    const { data, media_type: kind, type } = source;
    return type === 'base64'
      ? { url: `data:${textOf(kind) ?? ''};base64,${textOf(data) ?? ''}` }
      : { url: source['url'] };
  }
  // OpenAI's `original` is a detail that no other provider knows.
  const level = detail === 'original' ? 'high' : detail;
  return isObject(url) ? url : { url, ...(level === undefined ? {} : { detail: level }) };
}

/** A part of a content, of any dialect, as Chat Completions has it. */
export function readPart(part: unknown): unknown {
  if (!isObject(part)) return part;
  const rest = without(part, 'cache_control');
  switch (part['type']) {
    case 'text':
      return typeof part['text'] === 'string' ? rest : { ...rest, text: textOf(part['text']) ?? '' };
    case 'input_text':
    case 'output_text':
      return { type: 'text', text: textOf(part['text']) ?? '' };
    // What Codex has another agent told, in the words of the model: nothing is encrypted here.
    case 'encrypted_content':
      return { type: 'text', text: textOf(part['encrypted_content']) ?? '' };
    case 'refusal':
      return { type: 'text', text: textOf(part['refusal']) ?? '' };
    case 'image':
    case 'input_image':
      return { type: 'image_url', image_url: imageOf(part) };
    case 'document': {
      const { source } = part;
      return isObject(source) && source['type'] === 'text' ? { type: 'text', text: source['data'] } : rest;
    }
    default:
      return rest;
  }
}
