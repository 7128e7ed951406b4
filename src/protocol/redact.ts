const REDACTED = '[redacted]';

/**
 * What a secret or an account looks like, whoever it belongs to. Each shape is tried once a word at most,
 * so that the work grows with the text and not with its square.
 */
const SECRET_SHAPES: readonly RegExp[] = [
  // `Authorization: Bearer …`, as providers echo it.
  /\bBearer\s+[^\s"',;]+/gi,
  // OpenAI-like keys, and this router's own: prefix, hyphen, 49 characters.
  /\bsk-[A-Za-z0-9_*.-]{6,}/g,
  /\b[a-z][a-z0-9]{0,9}-[A-Za-z0-9]{49}\b/g,
  // Zhipu's keys are `id.secret`.
  /\b[0-9a-f]{32}\.[A-Za-z0-9]{8,}\b/g,
  // Moonshot names the account and the organisation in its rate limit messages.
  /\b(?:org|ak|proj)-[A-Za-z0-9]{6,}\b/g,
];

/**
 * A JSON web token, as older clients of Zhipu send one. Looked for from the start of a word up to the first `eyJ` in it:
 * where that begins none, no later one of the same word does.
 */
const WEB_TOKEN = /(?<![\w-])((?:(?!\beyJ)[\w-])*)\beyJ[\w-]+\.[\w-]+\.[\w-]+/g;

/** Takes secrets out of a text: the given ones, and whatever looks like a key, a bearer token or an account id. */
export function redact(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length >= 4) clean = clean.replaceAll(secret, REDACTED);
  }
  for (const shape of SECRET_SHAPES) clean = clean.replace(shape, REDACTED);
  return clean.replace(WEB_TOKEN, `$1${REDACTED}`);
}

/**
 * A body without secrets. JSON is looked at text by text: an escape hides nothing, and what is cut out
 * never takes a quote along, so that the body can still be read. It comes back printed anew.
 */
export function redactBody(body: string, secrets: readonly string[]): string {
  try {
    return JSON.stringify(
      JSON.parse(body, (_, value: unknown) => (typeof value === 'string' ? redact(value, secrets) : value)),
    );
  } catch {
    return redact(body, secrets);
  }
}

const HTML_TAG =
  /<(?:!doctype|!--|\/?(?:html|head|body|title|meta|link|script|style|iframe|svg|img|h[1-6]|p|div|span|a|br|hr|center|pre|table|t[hrd]|[uo]l|li|b|i|em|strong|form|input|button)\b)[^>]*>?/gi;

const MESSAGE_LIMIT = 1000;

/** A provider's words, fit to be shown to a client: no secrets, no HTML, one line, at most 1,000 characters. */
export function safeMessage(text: string, secrets: readonly string[] = []): string {
  const plain = redact(text, secrets).replace(HTML_TAG, ' ');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must go.
  const line = plain.replace(/[\s\u0000-\u001f\u007f]+/g, ' ').trim();
  return line.length > MESSAGE_LIMIT ? `${line.slice(0, MESSAGE_LIMIT)}…` : line;
}
