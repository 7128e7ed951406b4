import type { DeclaredProvider } from '../catalog/build.ts';
import { limitNameOf, type ProviderRules } from '../catalog/rules.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { isObject, type JsonObject } from '../protocol/json.ts';
import { readReasoning, takeReasoning } from '../protocol/reasoning-field.ts';
import { textOf } from '../protocol/text.ts';
import { isThinkingIn, sayThinking, settleThinking, toldModel } from './declared-thinking.ts';
import { pointUsage, readPointedUsage } from './declared-usage.ts';
import type { ProviderComplaint } from './failure.ts';
import { chatProvider } from './openai-compatible.ts';
import { limitNames } from './output-limit.ts';
import type { Provider } from './provider.ts';
import type { RequestDraft } from './request-draft.ts';
import { steerThinking } from './thinking.ts';

/** Takes out what the provider does not take, and calls what is left by its names. */
function rewrite(draft: RequestDraft, rules: ProviderRules): void {
  const { rename, set, strip } = rules;
  const limit = limitNameOf(rules);
  for (const name of strip) {
    draft.remove(name, 'the provider does not take it');
    // By now it has the provider's own name.
    if (limitNames(limit).includes(name)) draft.remove(limit, 'the provider does not take it');
  }
  for (const name of strip) if (Object.hasOwn(set, name)) draft.set(name, set[name], 'always so with this provider');
  for (const [from, to] of Object.entries(rename)) draft.rename(from, to, "the provider's own name for it");
}

/** Gives reasoning back under the provider's own name. */
function renameReasoning(draft: RequestDraft, field: string): void {
  const { messages } = draft.request;
  const named = messages.map((message) => {
    if (message.role !== 'assistant' || readReasoning(message) === null) return message;
    const rest = { ...message };
    const reasoning = takeReasoning(rest);
    return { ...rest, [field]: reasoning };
  });
  if (named.some((message, position) => message !== messages[position])) {
    draft.set('messages', named, "the provider's own name for reasoning");
  }
}

/** Tells a delta's or a message's reasoning under the name that clients know; true where that changed something. */
function readOwnReasoning(holder: JsonObject, field: string): boolean {
  if (!Object.hasOwn(holder, field)) return false;
  const said = textOf(holder[field]);
  delete holder[field];
  // Where both are there they say the same.
  if (said !== null && !holder['reasoning_content']) holder['reasoning_content'] = said;
  return true;
}

interface Answer {
  choices: readonly JsonObject[];
  usage?: JsonObject | null;
}

/** Makes of an answer, or of a piece of one, what the rules say that it means. */
function mendAnswer({ choices, usage }: Answer, member: 'delta' | 'message', rules: ProviderRules): boolean {
  const { reasoning_field: field } = rules;
  let changed = isObject(usage) && pointUsage(usage, rules.usage);
  if (field === undefined || field === 'reasoning_content') return changed;
  for (const choice of choices) {
    const holder = choice[member];
    if (isObject(holder)) changed = readOwnReasoning(holder, field) || changed;
  }
  return changed;
}

/** So much of a message is looked through for words: a complaint is a few hundred characters. */
const LOOKED_AT = 4_096;

/** Knows complaints by a word in them: as their code or type, or, where it is more than a number, in their message. */
function recogniser(words: ProviderRules['error_words']): (complaint: ProviderComplaint) => ErrorCode | null {
  const entries = Object.entries(words) as [ErrorCode, readonly string[]][]; // the schema's own keys and values
  const known = entries.flatMap(([ours, texts]) => texts.map((text) => ({ ours, text, inText: text.toLowerCase() })));
  return ({ code, message, type }) => {
    const said = message?.slice(0, LOOKED_AT).toLowerCase() ?? '';
    const found = known.find(
      ({ text, inText }) => text === code || text === type || (!/^\d+$/.test(text) && said.includes(inText)),
    );
    return found?.ours ?? null;
  };
}

/** A provider that speaks OpenAI's Chat Completions, but for what its rules say. */
export function declareProvider({ baseUrl, id, keyVariable, models, name, rules }: DeclaredProvider): Provider {
  const { reasoning_field: field, thinking } = rules;
  return chatProvider({
    ...{ id, name, baseUrl, models },
    variables: { apiKey: keyVariable, baseUrl: null },
    limitName: limitNameOf(rules),
    auth: rules.auth,
    modelsPath: rules.models_path,
    embeddingsPath: rules.embeddings_path,
    finishReasons: rules.finish_reasons,
    // Of what is known of providers that want reasoning back, the least.
    reasoningRule: 'calling turns',
    defaults: Object.fromEntries(Object.entries(rules.set).filter(([member]) => !rules.strip.includes(member))),
    prepare(draft, { model }) {
      if (thinking === undefined) steerThinking(draft, model);
      else settleThinking(draft, model, thinking);
    },
    translate(draft, { model }) {
      if (thinking !== undefined) sayThinking(draft, model, thinking);
      rewrite(draft, rules);
      if (field !== undefined && field !== 'reasoning_content') renameReasoning(draft, field);
    },
    known: (model) => toldModel(model, thinking),
    isThinking: (prepared, model) => isThinkingIn(prepared, model, thinking),
    readUsage: (usage) => readPointedUsage(usage, rules.usage),
    statesCost: rules.usage.cost !== undefined,
    mendChunk: (chunk) => mendAnswer(chunk, 'delta', rules),
    mendCompletion: (completion) => mendAnswer(completion, 'message', rules),
    recognise: recogniser(rules.error_words),
  });
}
