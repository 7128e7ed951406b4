import { isObject, type JsonObject } from '../../protocol/json.ts';

function imageOf(part: JsonObject): unknown {
  const { source, image_url: url, detail } = part;
  if (isObject(source)) {
    return source['type'] === 'base64'
      ? { url: `data:${String(source['media_type'])};base64,${String(source['data'])}` }
      : { url: source['url'] };
  }
  return isObject(url) ? url : { url, ...(detail === undefined ? {} : { detail }) };
}

/** A part of a content, of any dialect, as Chat Completions has it. */
export function readPart(part: unknown): unknown {
  if (!isObject(part)) return part;
  const { cache_control: _mark, ...rest } = part;
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
      return { type: 'text', text: part['text'] };
    case 'refusal':
      return { type: 'text', text: part['refusal'] };
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
