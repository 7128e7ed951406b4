import { RouterError } from '../protocol/errors.ts';
import { DEEPSEEK_ALIASES, DEEPSEEK_MODELS } from './deepseek-models.ts';
import { openAICompatible } from './openai-compatible.ts';
import { readBalances } from './read-balance.ts';
import { isThinking, steerThinking, stopThinking } from './thinking.ts';
import { forcesTool } from './tool-choice.ts';

/**
 * DeepSeek, https://api-docs.deepseek.com. What is special:
 * prices by the hour (deepseek-models.ts); earlier reasoning has to come back; while waiting it sends blank lines
 * or comments; a finish reason for "out of resources"; errors at times as octet-stream or plain text.
 * A message with `prefix: true` and strict tools are for …/beta: set DEEPSEEK_BASE_URL to it.
 */
export const deepseek = openAICompatible({
  id: 'deepseek',
  name: 'DeepSeek',
  variables: { apiKey: 'DEEPSEEK_API_KEY', baseUrl: 'DEEPSEEK_BASE_URL' },
  baseUrl: 'https://api.deepseek.com',
  models: DEEPSEEK_MODELS,
  aliases: DEEPSEEK_ALIASES,
  balance: { path: '/user/balance', read: readBalances },

  // "The `reasoning_content` in the thinking mode must be passed back to the API", since September 2026 for every turn
  // where there are tools: https://api-docs.deepseek.com/guides/thinking_mode, CommandCodeAI/command-code issue 840.
  reasoningRule: 'all with tools',

  prepare(draft, { model, userHash }) {
    steerThinking(draft, model);
    // "Thinking mode does not support this tool_choice", https://github.com/deepseek-ai/DeepSeek-V3/issues/1376.
    if (forcesTool(draft.request) && isThinking(draft.request, model)) {
      if (!stopThinking(draft, model, 'a forced tool and thinking exclude each other')) {
        throw new RouterError(
          'unsupported_value',
          `DeepSeek cannot think and be forced to call a tool. Send tool_choice 'auto', or "thinking": {"type": "disabled"}.`,
          { param: 'tool_choice' },
        );
      }
    }
    // In caching, scheduling and safety (https://api-docs.deepseek.com). A client's own value is hashed into ours.
    draft.set('user_id', userHash, 'keeps callers apart');
  },

  // The provider ran out of capacity in the middle of an answer.
  finishReasons: { insufficient_system_resource: 'error' },
  errors: { upstream_overloaded: ['insufficient_system_resource'] },

  // The filter's complaint has the type and code of any bad request.
  recognise: ({ message }) => (message?.includes('Content Exists Risk') ? 'content_filter' : null),
});
