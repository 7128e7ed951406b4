import type { SeenRequest } from '../support/provider.ts';
import { BASE_URL } from '../support/router.ts';

/* What the tests share that ask through the public door and look at the ledger. */

const DEEPSEEK = 'deepseek/deepseek-flash';
/** Waits. */
export const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A request of a key for a chat with DeepSeek. */
export function asked(secret: string, body: object = {}, signal?: AbortSignal): [string, RequestInit] {
  const text = JSON.stringify({ model: DEEPSEEK, messages: [{ role: 'user', content: 'Hi' }], ...body });
  const init = { method: 'POST', body: text, headers: { authorization: `Bearer ${secret}` } };
  return [`${BASE_URL}/chat/completions`, signal === undefined ? init : { ...init, signal }];
}

/** What the provider says was used. */
export const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

/** A whole answer. */
export function completion(more: object = { usage }): Response {
  const message = { role: 'assistant', content: 'ok' };
  return Response.json({ id: 'v', choices: [{ index: 0, message, finish_reason: 'stop' }], ...more });
}

/** A provider that takes the request, and says nothing until it is let go. */
export async function hanging({ signal }: SeenRequest): Promise<Response> {
  await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  return new Response();
}

/** A chunk of a stream. */
export function delta(content: string, finish: string | null = null, more: object = {}): unknown {
  const choices = [{ index: 0, delta: { content }, finish_reason: finish }];
  return { id: 'v', object: 'chat.completion.chunk', created: 5, model: 'm', choices, ...more };
}
