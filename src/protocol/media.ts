import { isObject } from './json.ts';

/** What a part of a message may hold beside text. */
export type Media = 'image' | 'video' | 'audio' | 'file';

const PART_TYPES: ReadonlyMap<unknown, Media> = new Map<unknown, Media>([
  ['image_url', 'image'],
  ['image', 'image'],
  ['input_image', 'image'],
  ['video_url', 'video'],
  ['input_video', 'video'],
  ['input_audio', 'audio'],
  ['audio_url', 'audio'],
  ['file', 'file'],
  ['input_file', 'file'],
  // Z.ai's word.
  ['file_url', 'file'],
]);

/** What a part of a content holds, by its type; null for text and for what nobody knows. */
export function mediaOf(part: unknown): Media | null {
  return isObject(part) ? (PART_TYPES.get(part['type']) ?? null) : null;
}

interface MediaPrice {
  /** Bytes of the file for a token. */
  bytes: number;
  /** The most tokens that one file has. */
  most: number;
  /** Tokens of one that is named by an address or an id, so that nobody here knows its size. */
  unseen: number;
}

/*
 * Tokens by bytes, roughly: only the provider knows the pixels. Read 2026-11-28.
 * Images: Kimi takes 28 × 28 pixels for a token, 4,096 tokens at most with K2 and 16,384 with K3 (`patch_size` 14,
 * `merge_kernel_size` 2, `in_patch_limit` 16384 and 65536 in the models' preprocessor_config.json), and says so in words:
 * https://platform.kimi.ai/docs/guide/use-kimi-vision-model. GLM-V takes the same squares: https://huggingface.co/docs/transformers/model_doc/glm4v.
 * 28 × 28 pixels are about 80 bytes of a screenshot's PNG and 200 of a photograph's JPEG. DeepSeek makes less of a picture
 * and documents no number.
 * Video: Kimi looks at 2 frames a second, 4 of them together, 1,024 tokens at most (`sample_fps`,
 * `temporal_merge_kernel_size`, `in_patch_limit_each_frame`): 512 tokens a second, of 60 to 200 KB.
 * Audio: 32 tokens a second, of 4 to 32 KB: https://ai.google.dev/gemini-api/docs/tokens; ours take none.
 * Files: 2,300 tokens a page of PDF: https://huggingface.co/datasets/JOHNISKING/pdf-token-cost (2026-10-18); a page has 30 to 60 KB.
 */
const PRICES: Readonly<Record<Media, MediaPrice>> = {
  image: { bytes: 100, most: 16_384, unseen: 1_000 },
  video: { bytes: 120, most: 1_000_000, unseen: 15_000 },
  audio: { bytes: 250, most: 1_000_000, unseen: 2_000 },
  file: { bytes: 20, most: 1_000_000, unseen: 10_000 },
};

const DATA_URL = /^data:(?:image|video|audio|application)\/[\w.+-]{1,100}(?:;[\w=.+-]{1,100}){0,4};base64,/;
/** Members that hold a file in base64 without an address around it. */
const DATA_NAMES: ReadonlySet<string> = new Set(['data', 'file_data']);
const NO_BASE64 = /[^A-Za-z0-9+/=_\-\r\n]/g;

/** True for a member of a media part that is the file itself, and no text that anybody reads. */
export function holdsFile(name: string, value: string): boolean {
  const head = DATA_URL.exec(value.slice(0, 600))?.[0] ?? (DATA_NAMES.has(name) ? '' : null);
  if (head === null) return false;
  NO_BASE64.lastIndex = head.length;
  return !NO_BASE64.test(value);
}

/** Tokens of one file, from the base64 that holds it; null for one that is elsewhere. */
export function mediaTokens(media: Media, base64: number | null): number {
  const { bytes, most, unseen } = PRICES[media];
  return base64 === null ? unseen : Math.min(Math.ceil((base64 * 3) / 4 / bytes), most);
}
