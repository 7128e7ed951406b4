import * as z from 'zod/mini';

/* What is special about a provider that is only data, as the JSON of its row says it. */

const MEMBER_RULE = 'must be the name of a member: a letter, then letters, digits and _ . -, at most 64';
// A misspelled one would change requests without a word.
const member = z.string(MEMBER_RULE).check(z.regex(/^[A-Za-z][\w.-]{0,63}$/, MEMBER_RULE));

/** What makes a request one. */
const WHOLE = ['model', 'messages', 'stream'];
/** What the router itself reads of a request: under another name, tools and answers would go by unseen. */
const READ = [
  ...[...WHOLE, 'stream_options', 'tools', 'tool_choice', 'functions', 'function_call', 'n', 'best_of'],
  ...['candidate_count', 'web_search_options', 'enable_search', 'search_parameters', 'plugins', 'mcp_servers'],
];

function hasNone(names: readonly string[], fixed: readonly string[]): boolean {
  return !names.some((name) => fixed.includes(name));
}

const MOST = 64;
const MANY_RULE = `must have at most ${MOST} entries`;

function isShort(entries: object): boolean {
  return Object.keys(entries).length <= MOST;
}

/** An object by the members of a request, but for those that are fixed. */
function byMember<T extends z.ZodMiniType>(value: T, fixed: readonly string[]) {
  return z.record(member, value).check(
    z.refine(isShort, MANY_RULE),
    z.refine((entries) => hasNone(Object.keys(entries), fixed), `must not name ${fixed.join(', ')}`),
  );
}

const settings = byMember(z.unknown(), [...WHOLE, 'stream_options']);

const strip = z.array(member).check(
  z.maxLength(MOST, MANY_RULE),
  z.refine((names) => hasNone(names, WHOLE), `must not name ${WHOLE.join(', ')}`),
);

/** How the generations of OpenAI's API call the limit of an answer: three names of one thing. */
const LIMIT_NAMES = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'];

function limitsIn(rename: Readonly<Record<string, string>>): Set<string> {
  return new Set(LIMIT_NAMES.flatMap((name) => rename[name] ?? []));
}

/** Whether what is no limit gets names that nothing else has. */
function tellsApart(rename: Readonly<Record<string, string>>): boolean {
  const others = Object.entries(rename).flatMap(([from, to]) => (LIMIT_NAMES.includes(from) ? [] : [to]));
  return new Set(others).size === others.length && hasNone(others, [...LIMIT_NAMES, ...limitsIn(rename)]);
}

const rename = byMember(member, READ).check(
  z.refine((names) => hasNone(Object.values(names), READ), `must not lead to ${READ.join(', ')}`),
  z.refine((names) => limitsIn(names).size <= 1, 'must give the limit of an answer one name'),
  z.refine(tellsApart, 'must not give two members one name'),
);

const FIELD_RULE = 'must be a member of its own, such as reasoning';
const reasoningField = member.check(
  z.refine((name) => !['role', 'content', 'refusal', 'tool_calls', 'tool_call_id', 'name'].includes(name), FIELD_RULE),
);

// OpenAI's, and `error` for an answer that is a failure.
const FINISH_REASONS = ['stop', 'length', 'tool_calls', 'content_filter', 'function_call', 'error'] as const;

const FAILURES = [
  ...(['upstream_auth_error', 'upstream_insufficient_balance', 'upstream_rate_limited'] as const),
  ...(['upstream_overloaded', 'upstream_error', 'invalid_request', 'context_length_exceeded'] as const),
  ...(['content_filter', 'request_too_large'] as const),
] as const;
const FAILURES_RULE = `must name its words by ${FAILURES.join(', ')}`;

const PATH_RULE = 'must be a path such as /models';
const path = z.string(PATH_RULE).check(z.regex(/^\/(?!\/)[\w./~%?=&-]{0,200}$/, PATH_RULE));

const POINTER_RULE = 'must be a JSON pointer such as /prompt_tokens_details/cached_tokens';
const pointer = z.string(POINTER_RULE).check(z.regex(/^(?:\/(?:[^/~\s]|~[01]){1,64}){1,8}$/, POINTER_RULE));

const AUTH_RULE = 'must be bearer, or the name of a header that may hold a key';
/** A key in one of these would break the request, or show it to whoever reads cookies. */
const NOT_FOR_KEYS = /^(?:host|cookie|accept|user-agent|connection|content-.*|transfer-encoding|cf-.*)$/;
const auth = z.pipe(
  z.string(AUTH_RULE).check(z.regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, AUTH_RULE)),
  z.pipe(
    z.transform((name: string) => name.toLowerCase()),
    z.string().check(z.refine((name) => !NOT_FOR_KEYS.test(name), AUTH_RULE)),
  ),
);

const WORD_RULE = 'must be a text of 2 to 200 characters';
const word = z.string(WORD_RULE).check(z.minLength(2, WORD_RULE), z.maxLength(200, WORD_RULE));

/** The rules of a provider. Each may be left out. */
export const rulesSchema = z.strictObject({
  /** Members of a request that it does not take. One that `set` names too has that value always. */
  strip: z._default(strip, []),
  /** What it calls others: `{"max_completion_tokens": "max_tokens"}`. */
  rename: z._default(rename, {}),
  /** Members that it gets where the client sends none. */
  set: z._default(settings, {}),
  /**
   * Members that switch its thinking on and off, and what it has for an effort: a word for `reasoning_effort`, or members
   * in its place. Clients steer by `thinking` and `reasoning_effort`, which it gets only as far as these say.
   */
  thinking: z.exactOptional(
    z.strictObject({
      on: z._default(settings, {}),
      off: z._default(settings, {}),
      efforts: z._default(z.record(member, z.union([word, settings])).check(z.refine(isShort, MANY_RULE)), {}),
    }),
  ),
  /** Its name for `reasoning_content`, in its answers and in what it gets back. */
  reasoning_field: z.exactOptional(reasoningField),
  /** True where it wants earlier reasoning back, for models that do not say so themselves. */
  wants_reasoning: z._default(z.boolean(), false),
  finish_reasons: z._default(z.record(word, z.enum(FINISH_REASONS)).check(z.refine(isShort, MANY_RULE)), {}),
  /** Where in its `usage` a figure stands; `cost` is in USD, and is the bill where it is there. */
  usage: z._default(
    z.strictObject({
      cached: z.exactOptional(pointer),
      reasoning: z.exactOptional(pointer),
      cost: z.exactOptional(pointer),
    }),
    {},
  ),
  auth: z._default(auth, 'bearer'),
  /** Null where it has no list of models. */
  models_path: z._default(z.nullable(path), '/models'),
  embeddings_path: z._default(path, '/embeddings'),
  /** Our error code → its codes and types for it, or what its messages hold. */
  error_words: z._default(
    z.partialRecord(z.enum(FAILURES, FAILURES_RULE), z.array(word).check(z.maxLength(MOST, MANY_RULE)), FAILURES_RULE),
    {},
  ),
  /** Any id goes through to it, known here or not. */
  models: z.exactOptional(z.literal('*', 'must be "*"')),
});

/** What is special about a provider that is only data. */
export type ProviderRules = z.output<typeof rulesSchema>;

/** The provider's own name for the limit of an answer. */
export function limitNameOf({ rename: names }: Pick<ProviderRules, 'rename'>): string {
  const [own = 'max_tokens'] = limitsIn(names);
  return own;
}
