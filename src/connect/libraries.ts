import { baseUrlFor, type Client } from './client.ts';

const openai: Client = {
  id: 'openai',
  name: 'OpenAI SDK',
  endpoint: 'chat',
  purpose: 'default',
  callsFromOutside: false,
  steps: ({ origin, key, model }) => [
    {
      kind: 'code',
      language: 'Python',
      text: `from openai import OpenAI

client = OpenAI(base_url="${baseUrlFor(openai, origin)}", api_key="${key}")
answer = client.chat.completions.create(model="${model}", messages=[{"role": "user", "content": "Hello"}])
print(answer.choices[0].message.content)`,
    },
    {
      kind: 'code',
      language: 'JavaScript',
      text: `import OpenAI from 'openai';

const client = new OpenAI({ baseURL: '${baseUrlFor(openai, origin)}', apiKey: '${key}' });
const answer = await client.chat.completions.create({ model: '${model}', messages: [{ role: 'user', content: 'Hello' }] });
console.log(answer.choices[0].message.content);`,
    },
  ],
  works: {
    en: 'Chat, responses and embeddings, streamed or whole.',
    zh: 'chat、responses 与 embeddings，流式或整体。',
  },
  limits: {
    en: 'In a loop of tools on chat (your own, runTools, @openai/agents) it drops reasoning: take a key with the purpose reasoning there. Responses are not stored: send the whole input.',
    zh: '在 chat 上循环调用工具（自写循环、runTools、@openai/agents）会丢掉思考内容：请使用用途为 reasoning 的密钥。Responses 不会保存：每次都要发送完整输入。',
  },
};

const anthropic: Client = {
  id: 'anthropic',
  name: 'Anthropic SDK',
  endpoint: 'messages',
  purpose: 'default',
  callsFromOutside: false,
  steps: ({ origin, key, model }) => [
    {
      kind: 'code',
      language: 'Python',
      text: `from anthropic import Anthropic

client = Anthropic(base_url="${baseUrlFor(anthropic, origin)}", api_key="${key}")
answer = client.messages.create(model="${model}", max_tokens=1000, messages=[{"role": "user", "content": "Hello"}])
print(answer.content)`,
    },
    {
      kind: 'code',
      language: 'JavaScript',
      text: `import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({ baseURL: '${baseUrlFor(anthropic, origin)}', apiKey: '${key}' });
const messages = [{ role: 'user', content: 'Hello' }];
const answer = await client.messages.create({ model: '${model}', max_tokens: 1000, messages });
console.log(answer.content);`,
    },
  ],
  works: {
    en: 'Messages, streamed or whole, tools, thinking, count_tokens and the list of models.',
    zh: 'Messages（流式或整体）、工具、思考、count_tokens 与模型列表。',
  },
  limits: { en: 'Tools that run at Anthropic are left out.', zh: '在 Anthropic 一侧运行的工具会被略去。' },
};

const aiSdk: Client = {
  id: 'ai-sdk',
  name: 'AI SDK',
  endpoint: 'chat',
  purpose: 'default',
  callsFromOutside: false,
  steps: ({ origin, key, model }) => [
    {
      kind: 'code',
      language: 'JavaScript',
      text: [
        "import { createOpenAICompatible } from '@ai-sdk/openai-compatible';",
        "import { generateText } from 'ai';",
        '',
        `const router = createOpenAICompatible({ name: 'router', baseURL: '${baseUrlFor(aiSdk, origin)}', apiKey: '${key}' });`,
        `const { text } = await generateText({ model: router('${model}'), prompt: 'Hello' });`,
        'console.log(text);',
      ].join('\n'),
    },
  ],
  works: {
    en: 'Text, tools and reasoning, which it keeps by itself.',
    zh: '文本、工具与思考内容，思考内容由它自己保留。',
  },
  limits: {
    en: 'The chat() of @ai-sdk/openai drops reasoning: take openai-compatible, or a key with the purpose reasoning.',
    zh: '@ai-sdk/openai 的 chat() 会丢掉思考内容：请用 openai-compatible，或用途为 reasoning 的密钥。',
  },
};

const langchain: Client = {
  id: 'langchain',
  name: 'LangChain',
  endpoint: 'chat',
  purpose: 'reasoning',
  callsFromOutside: false,
  steps: ({ origin, key, model }) => [
    {
      kind: 'code',
      language: 'Python',
      text: `from langchain_openai import ChatOpenAI

model = ChatOpenAI(base_url="${baseUrlFor(langchain, origin)}", api_key="${key}", model="${model}")
print(model.invoke("Hello").content)`,
    },
  ],
  works: {
    en: 'Chat and tools. It drops reasoning, and the key’s memory gives it back.',
    zh: '对话与工具可用。它会丢掉思考内容，由密钥的记忆还给模型。',
  },
  limits: null,
};

const curl: Client = {
  id: 'curl',
  name: 'curl',
  endpoint: 'chat',
  purpose: 'default',
  callsFromOutside: false,
  steps: ({ origin, key, model }) => [
    {
      kind: 'code',
      language: 'Shell',
      text: `curl ${baseUrlFor(curl, origin)}/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '{"model":"${model}","messages":[{"role":"user","content":"Hello"}]}'`,
    },
  ],
  works: { en: 'Every endpoint.', zh: '所有接口。' },
  limits: null,
};

/** What programs are written with. */
export const LIBRARIES: readonly Client[] = [openai, anthropic, aiSdk, langchain, curl];
