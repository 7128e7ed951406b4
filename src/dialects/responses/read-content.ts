import { checkLength, MOST_PARTS } from '../../protocol/bounds.ts';
import { RouterError } from '../../protocol/errors.ts';
import { isObject, type JsonObject } from '../../protocol/json.ts';
import type { LeftOut } from '../shared/left-out.ts';

/** Where a content stands. */
export interface ContentPlace {
  leftOut: LeftOut;
  /** `input.3`, for errors. */
  place: string;
  /** True in what the user asks now; what is older must never end the chat. */
  isQuestion: boolean;
}

function text(value: unknown): JsonObject {
  return { type: 'text', text: typeof value === 'string' ? value : '' };
}

function notKept(what: string, place: string): RouterError {
  return new RouterError(
    'unsupported_value',
    `${place} holds ${what} by its id, and this router keeps no files. Send it as a data URL.`,
    { param: place },
  );
}

/** OpenAI's `original` is a detail that no other provider knows. */
function readImage({ detail, image_url: image, file_id: file }: JsonObject, { place }: ContentPlace): JsonObject {
  // Chat Completions keeps the URL in an object, and clients mix the two.
  const url = isObject(image) ? image['url'] : image;
  if (typeof url !== 'string') {
    throw notKept(typeof file === 'string' ? `the picture ${file.slice(0, 80)}` : 'a picture', place);
  }
  const level = detail === 'original' ? 'high' : detail;
  return { type: 'image_url', image_url: { url, ...(typeof level === 'string' ? { detail: level } : {}) } };
}

/** None of our providers reads files in a chat: one that is asked about now is refused, one further back is named. */
function readFile({ file_id: file, filename }: JsonObject, { isQuestion, place }: ContentPlace): JsonObject {
  if (file !== undefined && file !== null) throw notKept('a file', place);
  if (!isQuestion) return text(`[file${typeof filename === 'string' ? `: ${filename}` : ''}]`);
  throw new RouterError('unsupported_value', `${place} holds a file, and the models here read none. Send its text.`, {
    param: place,
  });
}

/** None of our providers hears anything in a chat. */
function readAudio({ isQuestion, place }: ContentPlace): JsonObject {
  if (!isQuestion) return text('[audio]');
  throw new RouterError('unsupported_value', `${place} holds audio, and the models here hear none. Send its text.`, {
    param: place,
  });
}

function readPart(part: unknown, at: ContentPlace): JsonObject[] {
  if (typeof part === 'string') return [text(part)];
  if (!isObject(part)) return [];
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
    case 'summary_text':
    case 'text':
      return [text(part['text'])];
    case 'refusal':
      return [text(part['refusal'])];
    case 'input_image':
      return [readImage(part, at)];
    case 'input_file':
      return [readFile(part, at)];
    case 'input_audio':
      return [readAudio(at)];
    // What Codex has another agent told, in the words of the model: nothing is encrypted here.
    case 'encrypted_content':
      return [text(part['encrypted_content'])];
    default:
      at.leftOut.note(`left out a part of type ${String(part['type']).slice(0, 64)}`);
      return [];
  }
}

/** A content of Responses as parts of Chat Completions. */
export function readContent(content: unknown, at: ContentPlace): JsonObject[] {
  if (typeof content === 'string') return [text(content)];
  checkLength(content, MOST_PARTS, at.place);
  return Array.isArray(content) ? content.flatMap((part: unknown) => readPart(part, at)) : [];
}
