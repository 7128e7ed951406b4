import { baseUrlFor, type Client } from './client.ts';
import { openCodeProvider } from './coding-agents.ts';

const cline: Client = {
  id: 'cline',
  name: 'Cline',
  endpoint: 'chat',
  purpose: 'default',
  callsFromOutside: false,
  // https://docs.cline.bot/provider-config/openai-compatible
  steps: ({ origin, key, model }) => [
    {
      kind: 'fields',
      where: { en: 'Settings → API Provider: OpenAI Compatible', zh: 'Settings → API Provider：OpenAI Compatible' },
      fields: [
        ['Base URL', baseUrlFor(cline, origin)],
        ['OpenAI Compatible API Key', key],
        ['Model ID', model],
      ],
    },
  ],
  works: {
    en: 'Tools, several at once. It keeps reasoning by itself.',
    zh: '工具（可并行）可用。它自己保留思考内容。',
  },
  limits: null,
};

const continueDev: Client = {
  id: 'continue',
  name: 'Continue',
  endpoint: 'chat',
  purpose: 'reasoning',
  callsFromOutside: false,
  // https://docs.continue.dev/customize/model-providers/top-level/openai
  steps: ({ origin, key, model }) => [
    {
      kind: 'file',
      path: '~/.continue/config.yaml',
      text: [
        'name: Router',
        'version: 0.0.1',
        'schema: v1',
        'models:',
        `  - name: ${JSON.stringify(model)}`,
        '    provider: openai',
        `    model: ${JSON.stringify(model)}`,
        `    apiBase: ${JSON.stringify(baseUrlFor(continueDev, origin))}`,
        `    apiKey: ${JSON.stringify(key)}`,
      ].join('\n'),
    },
  ],
  works: {
    en: 'Chat and Agent. It drops reasoning, and the key’s memory gives it back.',
    zh: 'Chat 与 Agent 可用。它会丢掉思考内容，由密钥的记忆还给模型。',
  },
  limits: null,
};

const kilo: Client = {
  id: 'kilo',
  name: 'Kilo',
  endpoint: 'chat',
  purpose: 'default',
  callsFromOutside: false,
  // Since version 7 the extension and the command line are made from opencode and read one file (2026-11-28).
  steps: (reach) => [{ kind: 'file', path: '~/.config/kilo/kilo.json', text: openCodeProvider(reach) }],
  works: {
    en: 'Tools, several at once. It keeps reasoning by itself.',
    zh: '工具（可并行）可用。它自己保留思考内容。',
  },
  limits: null,
};

const zed: Client = {
  id: 'zed',
  name: 'Zed',
  endpoint: 'chat',
  purpose: 'reasoning',
  callsFromOutside: false,
  // https://zed.dev/docs/ai/use-api-access: the variable's name is made from the provider's.
  steps: ({ origin, key, model }) => {
    const models = [{ name: model, display_name: model, max_tokens: 200_000 }];
    const router = { api_url: baseUrlFor(zed, origin), available_models: models };
    return [
      {
        kind: 'file',
        path: '~/.config/zed/settings.json',
        text: JSON.stringify({ language_models: { openai_compatible: { router } } }, null, 2),
      },
      { kind: 'environment', variables: [['ROUTER_API_KEY', key]], run: 'zed' },
    ];
  },
  works: {
    en: 'Zed’s own agent and inline edits. Should it drop reasoning, the key’s memory gives it back.',
    zh: 'Zed 自带的 Agent 与行内编辑可用。如果它丢掉思考内容，由密钥的记忆还给模型。',
  },
  limits: {
    en: 'max_tokens is the context that Zed counts with: set it to the model’s. Edit prediction has a provider of its own.',
    zh: 'max_tokens 是 Zed 计算时使用的上下文长度，请按模型填写。编辑预测另有自己的提供方。',
  },
};

/** Editors, and agents that live in one. */
export const EDITORS: readonly Client[] = [cline, continueDev, kilo, zed];
