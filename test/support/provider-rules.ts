import { isObject, type JsonObject } from '../../src/protocol/json.ts';
import { parametersComplaint, schemaComplaint } from './moonshot-schema.ts';
import type { ProviderName } from './strict-provider.ts';

/* What each provider refuses about a request by itself, whatever was said before. Public reports name each rule. */

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Types of all parts in the contents of the messages. */
function partTypes(body: JsonObject): unknown[] {
  return listOf(body['messages']).flatMap(({ content }) => listOf(content).map(({ type }) => type));
}

function formatOf(body: JsonObject): unknown {
  return isObject(body['response_format']) ? body['response_format']['type'] : undefined;
}

const DEEPSEEK_ROLES = ['system', 'user', 'assistant', 'tool', 'latest_reminder'];

function refuseDeepSeek(body: JsonObject): string | null {
  const messages = listOf(body['messages']);
  const stranger = messages.find(({ role }) => !DEEPSEEK_ROLES.includes(String(role)));
  if (stranger !== undefined) return `messages: unknown variant \`${String(stranger['role'])}\`, expected one of …`;
  // https://github.com/BerriAI/litellm/pull/42245
  if (formatOf(body) === 'json_schema') return 'This response_format type is unavailable now';
  if (formatOf(body) === 'json_object' && !/json/i.test(JSON.stringify(messages))) {
    return "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.";
  }
  const types = partTypes(body);
  const readable = body['model'] === 'deepseek-flash' ? ['text', 'image_url'] : ['text'];
  const unread = types.find((type) => !readable.includes(String(type)));
  return unread === undefined ? null : `messages: unknown variant \`${String(unread)}\`, expected \`text\``;
}

const GLM_PARTS = new Map([
  ['glm-5.3-flash', ['text', 'image_url', 'video_url', 'file_url']],
  ['glm-5v-turbo', ['text', 'image_url', 'video_url', 'file_url']],
]);

function refuseZai(body: JsonObject): string | null {
  // https://github.com/vectorize-io/hindsight/issues/4246
  if (body['tool_choice'] != null && body['tool_choice'] !== 'auto') return 'Tool choice must be auto';
  if (listOf(body['messages']).some(({ role }) => role === 'developer')) return 'messages: role developer is not known';
  if (formatOf(body) === 'json_schema') return 'response_format.type must be text or json_object';
  const readable = GLM_PARTS.get(String(body['model'])) ?? ['text'];
  const unread = partTypes(body).find((type) => !readable.includes(String(type)));
  return unread === undefined ? null : `messages.content.type ${String(unread)} is not supported`;
}

function refuseMoonshot(body: JsonObject): string | null {
  if (listOf(body['messages']).some(({ role }) => role === 'developer')) return 'invalid role developer';
  for (const { function: called } of listOf(body['tools'])) {
    const wrong = isObject(called) && isObject(called['parameters']) ? parametersComplaint(called['parameters']) : null;
    if (wrong !== null) return `tools.function.parameters is not a valid moonshot flavored json schema: ${wrong}`;
  }
  const { response_format: format } = body;
  const schema = isObject(format) && isObject(format['json_schema']) ? format['json_schema']['schema'] : undefined;
  const wrong = schema === undefined ? null : schemaComplaint(schema);
  return wrong === null ? null : `response_format.json_schema is not a valid moonshot flavored json schema: ${wrong}`;
}

const RULES: Record<ProviderName, (body: JsonObject) => string | null> = {
  deepseek: refuseDeepSeek,
  moonshot: refuseMoonshot,
  zai: refuseZai,
};

/** Why a provider would answer 400 to this request; null where it would serve it. */
export function refusalOf(provider: ProviderName, body: JsonObject): string | null {
  return RULES[provider](body);
}
