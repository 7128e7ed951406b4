import { baseUrlFor, type Client, type Reach } from './client.ts';

/** The part of a configuration that opencode and Kilo, which is made from it, share. */
export function openCodeProvider({ origin, key, model, smallModel }: Reach): string {
  const models = [...new Set([model, smallModel])].map((name) => [name, { reasoning: true, tool_call: true }]);
  const provider = {
    npm: '@ai-sdk/openai-compatible',
    name: 'Router',
    options: { baseURL: baseUrlFor({ endpoint: 'chat' }, origin), apiKey: key },
    models: Object.fromEntries(models),
  };
  return JSON.stringify({ model: `router/${model}`, provider: { router: provider } }, null, 2);
}

const claudeCode: Client = {
  id: 'claude-code',
  name: 'Claude Code',
  endpoint: 'messages',
  purpose: 'default',
  callsFromOutside: false,
  steps: ({ origin, key, model, smallModel }) => [
    {
      kind: 'environment',
      variables: [
        ['ANTHROPIC_BASE_URL', baseUrlFor(claudeCode, origin)],
        ['ANTHROPIC_AUTH_TOKEN', key],
        ['ANTHROPIC_MODEL', model],
        ['ANTHROPIC_DEFAULT_OPUS_MODEL', model],
        ['ANTHROPIC_DEFAULT_SONNET_MODEL', model],
        ['ANTHROPIC_DEFAULT_FABLE_MODEL', model],
        ['ANTHROPIC_DEFAULT_HAIKU_MODEL', smallModel],
        ['CLAUDE_CODE_SUBAGENT_MODEL', smallModel],
        ['CLAUDE_CODE_ATTRIBUTION_HEADER', '0'],
        ['CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC', '1'],
      ],
      run: 'claude',
    },
  ],
  works: {
    en: 'Tools, several at once, sub-agents, /compact and resume. Its own history carries the reasoning.',
    zh: '工具（可并行）、子代理、/compact 和恢复会话都可用。思考内容由它自己的历史记录携带。',
  },
  limits: {
    en: 'WebSearch does not work: it runs at Anthropic. Add a search tool by MCP; WebFetch works.',
    zh: 'WebSearch 不可用：它在 Anthropic 一侧运行。可用 MCP 添加搜索工具；WebFetch 可用。',
  },
};

const codex: Client = {
  id: 'codex',
  name: 'Codex',
  endpoint: 'responses',
  purpose: 'default',
  callsFromOutside: false,
  steps: ({ origin, key, model }) => [
    {
      kind: 'file',
      path: '~/.codex/config.toml',
      text: [
        `model = ${JSON.stringify(model)}`,
        'model_provider = "router"',
        '',
        '[model_providers.router]',
        'name = "Router"',
        `base_url = ${JSON.stringify(baseUrlFor(codex, origin))}`,
        'env_key = "ROUTER_KEY"',
        'wire_api = "responses"',
      ].join('\n'),
    },
    { kind: 'environment', variables: [['ROUTER_KEY', key]], run: 'codex' },
  ],
  works: {
    en: 'Shell, apply_patch, tools in parallel, compaction and resume. Its own history carries the reasoning.',
    zh: 'Shell、apply_patch、并行工具、压缩和恢复会话都可用。思考内容由它自己的历史记录携带。',
  },
  limits: {
    en: 'Tools that run at OpenAI, such as web search, are left out.',
    zh: '在 OpenAI 一侧运行的工具（如网页搜索）会被略去。',
  },
};

const opencode: Client = {
  id: 'opencode',
  name: 'opencode',
  endpoint: 'chat',
  purpose: 'default',
  callsFromOutside: false,
  steps: (reach) => [{ kind: 'file', path: '~/.config/opencode/opencode.json', text: openCodeProvider(reach) }],
  works: {
    en: 'Tools, several at once. It keeps reasoning by itself.',
    zh: '工具（可并行）可用。它自己保留思考内容。',
  },
  limits: null,
};

const qwenCode: Client = {
  id: 'qwen-code',
  name: 'Qwen Code',
  endpoint: 'chat',
  purpose: 'default',
  callsFromOutside: false,
  steps: ({ origin, key, model }) => [
    {
      kind: 'environment',
      variables: [
        ['OPENAI_BASE_URL', baseUrlFor(qwenCode, origin)],
        ['OPENAI_API_KEY', key],
        ['OPENAI_MODEL', model],
      ],
      run: 'qwen --auth-type openai',
    },
  ],
  works: {
    en: 'Tools, several at once. It keeps reasoning by itself.',
    zh: '工具（可并行）可用。它自己保留思考内容。',
  },
  limits: {
    en: 'It asks for 64,000 tokens of answer: a key with a budget sets aside what those may cost while it runs.',
    zh: '它每次请求最多 64,000 个输出 token：有预算的密钥会在运行期间预留相应的费用。',
  },
};

/** Agents that run in a terminal. */
export const CODING_AGENTS: readonly Client[] = [claudeCode, codex, opencode, qwenCode];
