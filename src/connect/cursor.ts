import { baseUrlFor, type Client } from './client.ts';

/** Cursor, whose three fields `npm start` prints too. */
export const cursor: Client = {
  id: 'cursor',
  name: 'Cursor',
  endpoint: 'chat',
  purpose: 'cursor',
  callsFromOutside: true,
  steps: ({ origin, key, model }) => [
    {
      kind: 'fields',
      where: {
        en: 'Settings → Models → API Keys: switch both on, then add the model',
        zh: 'Settings → Models → API Keys：打开这两项，再添加模型',
      },
      fields: [
        ['OpenAI API Key', key],
        ['Override OpenAI Base URL', baseUrlFor(cursor, origin)],
        ['Add a custom model', model],
      ],
    },
  ],
  works: {
    en: 'Ask and Agent, tools, ApplyPatch, and pictures where the model reads them.',
    zh: 'Ask 与 Agent、工具、ApplyPatch 可用；模型能读图时图片也可用。',
  },
  limits: {
    en: 'Tab completion, Auto and Composer stay with Cursor’s own models.',
    zh: 'Tab 补全、Auto 和 Composer 始终使用 Cursor 自己的模型。',
  },
};
