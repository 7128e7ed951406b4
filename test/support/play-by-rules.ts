import { playProvider, sse, streamOf } from './provider.ts';
import { refusalOf } from './provider-rules.ts';
import type { ProviderName } from './strict-provider.ts';

const HOSTS: Record<string, ProviderName> = {
  'api.deepseek.com': 'deepseek',
  'api.moonshot.cn': 'moonshot',
  'open.bigmodel.cn': 'zai',
};

const ENVELOPE = { id: 'answer', created: 1_790_000_000, model: 'm' };
const USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

/** All providers at once, each with its own rules; what they take they answer with "ok". */
export function playByRules(): ReturnType<typeof playProvider> {
  return playProvider(({ url, json }) => {
    const provider = HOSTS[new URL(url).host];
    if (provider === undefined) throw new Error(`nobody plays ${url}`);
    const wrong = refusalOf(provider, json);
    if (wrong !== null) {
      return Response.json({ error: { message: wrong, type: 'invalid_request_error' } }, { status: 400 });
    }
    if (json['stream'] === true) {
      const chunk = { ...ENVELOPE, object: 'chat.completion.chunk' };
      const said = {
        ...chunk,
        choices: [{ index: 0, delta: { role: 'assistant', content: 'ok' }, finish_reason: null }],
      };
      const end = { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: USAGE };
      return streamOf(sse([said, end]));
    }
    const choices = [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }];
    return Response.json({ ...ENVELOPE, object: 'chat.completion', choices, usage: USAGE });
  });
}
