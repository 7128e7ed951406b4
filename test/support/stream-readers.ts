import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import OpenAI from 'openai';

/** What a client made of a streamed answer. */
export interface Heard {
  text: string;
  calls: { id: string; name: string; arguments: string }[];
  finishReason: string | null;
  /** Null where the client has no word for it. */
  reasoning: string | null;
  error: string | null;
}

type Fetch = typeof fetch;

const BASE_URL = 'http://router.test/api/v1';
const NOTHING: Heard = { text: '', calls: [], finishReason: null, reasoning: null, error: null };

/** The official client's stream helper. It keeps the last piece of what it does not know, so reasoning is not told. */
export async function readWithOpenAI(send: Fetch, model: string, apiKey = 'none'): Promise<Heard> {
  const client = new OpenAI({ apiKey, baseURL: BASE_URL, fetch: send, maxRetries: 0 });
  try {
    const answer = await client.chat.completions
      .stream({ model, messages: [{ role: 'user', content: 'Hi' }] })
      .finalChatCompletion();
    const [choice] = answer.choices;
    const calls = choice?.message.tool_calls ?? [];
    return {
      ...NOTHING,
      text: choice?.message.content ?? '',
      calls: calls.map((call) =>
        'function' in call ? { id: call.id, ...call.function } : { id: call.id, name: '', arguments: '' },
      ),
      finishReason: choice?.finish_reason ?? null,
    };
  } catch (cause) {
    return { ...NOTHING, error: String(cause) };
  }
}

/** The AI SDK's model for compatible providers, part by part, as its agents read it. */
export async function readWithAiSdk(send: Fetch, model: string, apiKey = 'none'): Promise<Heard> {
  const provider = createOpenAICompatible({ name: 'router', baseURL: BASE_URL, apiKey, fetch: send });
  const heard: Heard = { ...NOTHING, calls: [], reasoning: '' };
  const { stream } = await provider
    .chatModel(model)
    .doStream({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] });
  const reader = stream.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const part = read.value;
      if (part.type === 'text-delta') heard.text += part.delta;
      if (part.type === 'reasoning-delta') heard.reasoning += part.delta;
      if (part.type === 'tool-call')
        heard.calls.push({ id: part.toolCallId, name: part.toolName, arguments: part.input });
      if (part.type === 'error') heard.error ??= String(part.error);
      if (part.type === 'finish') heard.finishReason = part.finishReason.unified.replace('-', '_');
    }
  } catch (cause) {
    heard.error ??= String(cause);
  }
  return heard;
}
