import type { ChatChunk } from '../../src/protocol/chat.ts';
import type { JsonObject } from '../../src/protocol/json.ts';

/** What the client does to the think text when it sends a turn back. */
export type Echo = 'whole' | 'trimmed' | 'cut' | 'dropped';

interface Call {
  id: string;
  name: string;
  arguments: string;
}

/** Cursor's side of one chat, as its captured requests show it. */
export interface CursorClient {
  /** The next request's body. */
  body(): JsonObject;
  read(chunk: ChatChunk): void;
  /** The turn is over: it goes into the history, with a result for each call or the next question. */
  finish(): void;
  /** The person pressed Stop and asks something else: what came so far stays, and now and then calls without results. */
  stop(): void;
  /** Changes a question and forgets all that followed. Returns the message's position. */
  edit(question: number, text: string): number;
  /** Forgets the last turn and asks for it again. */
  regenerate(): void;
  /** Text and calls of the turn that is being read. */
  readonly text: string;
  readonly calls: readonly Call[];
  readonly messages: readonly JsonObject[];
  echo: Echo;
}

const BLOCK = /^\s*(<think>|<details>\s*<summary>Thinking<\/summary>)([\s\S]*?)(<\/think>|<\/details>|$)/;

function treat(text: string, echo: Echo): string {
  switch (echo) {
    case 'whole':
      return text;
    case 'trimmed':
      return text.trim();
    case 'cut':
      return text.replace(
        BLOCK,
        (_all, open: string, inner: string, close: string) => open + inner.slice(0, inner.length / 2) + close,
      );
    case 'dropped':
      return text.replace(BLOCK, '').trim();
  }
}

/** `chat` names the conversation in its first message, so that no two of them are alike. */
export function createCursorClient(
  chat: string,
  model: string,
  tools: readonly JsonObject[],
  echo: Echo = 'whole',
): CursorClient {
  let messages: JsonObject[] = [
    { role: 'system', content: `You are a coding agent. ${chat}` },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Question 0' },
        { type: 'text', text: '' },
      ],
    },
  ];
  let questions = 1;
  let text = '';
  let calls: Call[] = [];

  function ask(): void {
    messages.push({ role: 'user', content: `Question ${questions}` });
    questions += 1;
  }

  function keepTurn(): void {
    const content = treat(text, client.echo);
    const kept = calls.map((call) => ({
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: call.arguments },
    }));
    // Cursor's dirty spots: an empty list of calls, an empty list or null for a content.
    const empty = messages.length % 2 === 0 ? [] : null;
    messages.push({
      role: 'assistant',
      content: content === '' && kept.length > 0 ? empty : content,
      tool_calls: kept,
    });
  }

  const client: CursorClient = {
    echo,
    get text() {
      return text;
    },
    get calls() {
      return calls;
    },
    get messages() {
      return messages;
    },
    body() {
      text = '';
      calls = [];
      return {
        model,
        messages: structuredClone(messages),
        tools: structuredClone([...tools]),
        stream: true,
        stream_options: { include_usage: true },
        user: 'cursor-user',
      };
    },
    read(chunk) {
      for (const { delta } of chunk.choices) {
        if ('reasoning_content' in delta || 'reasoning' in delta)
          throw new Error('Cursor was shown a field that it does not know.');
        text += delta.content ?? '';
        for (const { index, id, function: called } of delta.tool_calls ?? []) {
          const call = calls[index] ?? { id: '', name: '', arguments: '' };
          calls[index] = call;
          call.id += id ?? '';
          call.name += called?.name ?? '';
          call.arguments += called?.arguments ?? '';
        }
      }
    },
    finish() {
      keepTurn();
      for (const [index, call] of calls.entries()) {
        const result = `Result of ${call.name}`;
        const content = index === 0 ? result : [{ type: 'text', text: result }];
        messages.push({ role: 'tool', tool_call_id: call.id, content });
      }
      if (calls.length === 0) ask();
    },
    stop() {
      if (questions % 2 === 0) calls = [];
      if (text !== '' || calls.length > 0) keepTurn();
      ask();
    },
    edit(question, changed) {
      const position = messages.findIndex(
        (message) => message['role'] === 'user' && message['content'] === `Question ${question}`,
      );
      messages = [...messages.slice(0, position), { role: 'user', content: changed }];
      return position;
    },
    regenerate() {
      const last = messages.findLastIndex((message) => message['role'] === 'assistant');
      messages = messages.slice(0, last);
    },
  };
  return client;
}
