import { openAICompatible } from './openai-compatible.ts';
import { steerThinking } from './thinking.ts';
import { ZAI_ALIASES, ZAI_MODELS } from './zai-models.ts';

/**
 * Zhipu / Z.ai (智谱), https://docs.z.ai and https://docs.bigmodel.cn. What is special:
 * business codes as strings, the same HTTP 429 for limits, overload and debts, errors in a 200;
 * finish reasons of its own; tool arguments stream only when asked.
 * The coding plan is the same API at …/api/coding/paas/v4.
 */
export const zai = openAICompatible({
  id: 'zai',
  name: 'Z.ai',
  variables: { apiKey: 'ZAI_API_KEY', baseUrl: 'ZAI_BASE_URL' },
  baseUrl: 'https://open.bigmodel.cn/api/paas/v4',
  models: ZAI_MODELS,
  aliases: ZAI_ALIASES,
  // Undocumented as far as we saw (2026-11-23): the live check makes a one-token call instead.
  modelsPath: null,

  prepare(draft, { model, userHash }) {
    draft.rename('max_completion_tokens', 'max_tokens', "Z.ai's name for it");
    const { max_tokens: limit } = draft.request;
    if (typeof limit === 'number' && limit > model.maxOutput) {
      draft.set('max_tokens', model.maxOutput, 'more is refused, and never comes');
    }
    steerThinking(draft, model);
    const { stream, tools } = draft.request;
    if (stream === true && Array.isArray(tools) && tools.length > 0 && draft.request['tool_stream'] == null) {
      // Without it a call comes whole in one delta: https://docs.z.ai/guides/capabilities/stream-tool
      draft.set('tool_stream', true, 'else tool arguments do not stream');
    }
    if (draft.request['user_id'] == null) draft.set('user_id', userHash, 'keeps callers apart');
  },

  // https://docs.z.ai/api-reference/llm/chat-completion
  finishReasons: {
    sensitive: 'content_filter',
    model_context_window_exceeded: 'length',
    network_error: 'error',
  },

  // https://docs.z.ai/api-reference/api-code
  errors: {
    ...{ 1000: 'upstream_auth_error', 1001: 'upstream_auth_error', 1002: 'upstream_auth_error' },
    ...{ 1003: 'upstream_auth_error', 1004: 'upstream_auth_error', 1220: 'upstream_auth_error' },
    // The account is inactive, gone or locked; 1113 is arrears, which come as HTTP 429.
    ...{ 1110: 'upstream_auth_error', 1111: 'upstream_auth_error', 1112: 'upstream_auth_error' },
    1113: 'upstream_insufficient_balance',
    ...{ 1210: 'invalid_request', 1211: 'invalid_request', 1212: 'invalid_request', 1213: 'invalid_request' },
    ...{ 1214: 'invalid_request', 1215: 'invalid_request', 1221: 'invalid_request', 1222: 'invalid_request' },
    1261: 'context_length_exceeded',
    1301: 'content_filter',
    ...{ 1302: 'upstream_rate_limited', 1303: 'upstream_rate_limited', 1304: 'upstream_rate_limited' },
    1305: 'upstream_overloaded',
    // A subscription plan is used up or has ended.
    ...{ 1308: 'upstream_insufficient_balance', 1309: 'upstream_insufficient_balance' },
    ...{ 1310: 'upstream_insufficient_balance', 1316: 'upstream_insufficient_balance' },
    1317: 'upstream_insufficient_balance',
  },

  // HTTP statuses of its own: no right to this API, and a file that is too large.
  recognise: ({ status }) => (status === 434 ? 'upstream_auth_error' : status === 435 ? 'request_too_large' : null),
});
