import { openAICompatible } from './openai-compatible.ts';
import { steerThinking } from './thinking.ts';
import { chooseByAuto } from './tool-choice.ts';
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
    // "Tool choice must be auto": https://github.com/vectorize-io/hindsight/issues/4246 (2026-09).
    chooseByAuto(draft);
    // Ranges are narrower than OpenAI's; beyond them it is error 1210: https://docs.z.ai/api-reference/llm/chat-completion
    const { temperature, top_p } = draft.request;
    if (typeof temperature === 'number' && temperature > 1) draft.set('temperature', 1, "Z.ai's highest");
    if (typeof top_p === 'number' && top_p < 0.01) draft.set('top_p', 0.01, "Z.ai's lowest");
    steerThinking(draft, model);
    const { stream, tools } = draft.request;
    if (stream === true && Array.isArray(tools) && tools.length > 0 && draft.request['tool_stream'] == null) {
      // Without it a call comes whole in one delta: https://docs.z.ai/guides/capabilities/stream-tool
      draft.set('tool_stream', true, 'else tool arguments do not stream');
    }
    draft.set('user_id', userHash, 'keeps callers apart');
  },

  // https://docs.z.ai/api-reference/llm/chat-completion
  finishReasons: {
    sensitive: 'content_filter',
    model_context_window_exceeded: 'length',
    network_error: 'error',
  },

  // https://docs.z.ai/api-reference/api-code
  errors: {
    // 1110 to 1121: the account is inactive, gone or locked; 1220: it has no right to this model.
    upstream_auth_error: ['1000', '1001', '1002', '1003', '1004', '1110', '1111', '1112', '1121', '1220'],
    // Arrears, as HTTP 429; and subscription plans that are used up, have ended, or lack the model (1311).
    upstream_insufficient_balance: ['1113', '1308', '1309', '1310', '1311', '1316', '1317'],
    invalid_request: ['1210', '1211', '1212', '1213', '1214', '1215', '1221', '1222'],
    context_length_exceeded: ['1261'],
    content_filter: ['1301'],
    // 1313: the plan's fair use.
    upstream_rate_limited: ['1302', '1303', '1304', '1313'],
    upstream_overloaded: ['1305', '1312'],
    // The provider's own trouble, whatever the status.
    upstream_error: ['1230', '1234'],
  },

  // HTTP statuses of its own: no right to this API, and a file that is too large.
  recognise: ({ status }) => (status === 434 ? 'upstream_auth_error' : status === 435 ? 'request_too_large' : null),
});
