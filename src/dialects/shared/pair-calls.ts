import { MOST_MESSAGES, tooMany } from '../../protocol/bounds.ts';
import { type ChatMessage, callsOf } from '../../protocol/chat.ts';
import { distinctIds } from '../../protocol/distinct-ids.ts';
import type { JsonObject } from '../../protocol/json.ts';

/*
 * Providers want each call's result right behind the turn that made it, one a call, and refuse the whole conversation
 * in every later request where it is not so: "insufficient tool messages following tool_calls message",
 * "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'" (NousResearch/hermes-agent
 * issue 58327), "Duplicate value for 'tool_call_id'" (craft-ai-agents/craft-agents-oss issues 621 and 630).
 * Histories that were summarised, cut or stopped break all of that. Each message is judged by what stands before it, so
 * that the same history makes the same bytes in every turn.
 */

/** A call that waits for its result. */
interface Slot {
  id: unknown;
  result: ChatMessage | null;
}

/** Slots of one id, the oldest first; those before `next` are answered. */
interface Queue {
  slots: Slot[];
  next: number;
}

/** What stands behind a turn with calls. */
interface Results {
  slots: Slot[];
  byId: Map<string, Queue>;
  /** Results that came where they belong, in the order in which they came. */
  direct: Set<Slot>;
  /** What else stood between them. */
  after: ChatMessage[];
}

/** Ids as text; '' for what is none: such calls and results belong together by their order. */
function idText(id: unknown): string {
  return typeof id === 'string' || typeof id === 'number' ? String(id) : '';
}

function join(queues: Map<string, Queue>, slot: Slot): void {
  const id = idText(slot.id);
  const queue = queues.get(id);
  if (queue === undefined) queues.set(id, { slots: [slot], next: 0 });
  else queue.slots.push(slot);
}

function takeSlot(queues: ReadonlyMap<string, Queue>, id: string): Slot | null {
  const queue = queues.get(id);
  while (queue !== undefined && queue.next < queue.slots.length) {
    const slot = queue.slots[queue.next];
    queue.next += 1;
    if (slot !== undefined && slot.result === null) return slot;
  }
  return null;
}

/** A result that answers no call, in words that the model can read. */
function asText({ content, name }: ChatMessage, isAnswered: boolean): ChatMessage {
  const call = `a tool call${typeof name === 'string' ? ` of ${name}` : ''}`;
  const head = isAnswered
    ? `[One more result of ${call} that has one already]`
    : `[The result of ${call} that is not part of this conversation]`;
  if (Array.isArray(content)) return { role: 'user', content: [{ type: 'text', text: head }, ...content] };
  const text = typeof content === 'string' ? content : JSON.stringify(content ?? '');
  return { role: 'user', content: `${head}\n${text}` };
}

function resultsOf(message: ChatMessage, waiting: Map<string, Queue>): Results | null {
  const slots = callsOf(message).map(({ id }): Slot => ({ id, result: null }));
  if (message.role !== 'assistant' || slots.length === 0) return null;
  const byId = new Map<string, Queue>();
  for (const slot of slots) {
    join(byId, slot);
    join(waiting, slot);
  }
  return { slots, byId, direct: new Set(), after: [] };
}

/** A call without any result gets an empty one, as after Stop while the tool ran. */
function printResults({ slots, direct, after }: Results): ChatMessage[] {
  const late = slots.filter((slot) => !direct.has(slot));
  const printed = [...direct, ...late].map(
    ({ id, result }): ChatMessage => result ?? { role: 'tool', tool_call_id: id, content: '' },
  );
  return [...printed, ...after];
}

/** Throws where a conversation has more calls than messages that could answer them. To be asked before calls are mended. */
export function checkCalls(messages: readonly ChatMessage[]): void {
  const calls = messages.reduce((sum, { tool_calls: said }) => sum + (Array.isArray(said) ? said.length : 0), 0);
  if (calls > MOST_MESSAGES) throw tooMany('The messages hold too many tool calls', MOST_MESSAGES, 'messages');
}

/**
 * Puts each tool result behind the turn that asked for it, where it came late too. One that answers no call becomes
 * text in its place; a call without a result gets an empty one.
 */
export function pairCalls(messages: readonly ChatMessage[]): ChatMessage[] {
  checkCalls(messages);
  const others: ChatMessage[] = [];
  const behind = new Map<number, Results>();
  const waiting = new Map<string, Queue>();
  let current: Results | null = null;
  for (const message of messages) {
    if (message.role !== 'tool') {
      current = resultsOf(message, waiting);
      if (current !== null) behind.set(others.length, current);
      others.push(message);
      continue;
    }
    const id = idText(message.tool_call_id);
    const own = current === null ? null : takeSlot(current.byId, id);
    const slot = own ?? takeSlot(waiting, id);
    if (slot === null) (current?.after ?? others).push(asText(message, waiting.has(id)));
    else slot.result = message;
    if (own !== null) current?.direct.add(own);
  }
  return others.flatMap((message, position) => {
    const results = behind.get(position);
    return results === undefined ? [message] : [message, ...printResults(results)];
  });
}

function nameCalls(calls: readonly JsonObject[], tellApart: (id: string) => string) {
  const named: JsonObject[] = [];
  const names = new Map<string, { list: string[]; next: number }>();
  for (const call of calls) {
    const said = idText(call['id']);
    const id = tellApart(said === '' ? 'call' : said);
    named.push(id === call['id'] ? call : { ...call, id });
    const known = names.get(said);
    if (known === undefined) names.set(said, { list: [id], next: 0 });
    else known.list.push(id);
  }
  return { named, names };
}

/**
 * Gives each call an id that stands nowhere else in the conversation, or in its turn where the provider itself begins
 * anew in each, and its result the same one: the second of two equal ones gets another, and so does a call without any.
 * Results stand where `pairCalls` puts them.
 */
export function tellCallsApart(messages: readonly ChatMessage[], beginsAnew: boolean): ChatMessage[] {
  let tellApart = distinctIds();
  let names: ReturnType<typeof nameCalls>['names'] = new Map();
  return messages.map((message) => {
    if (message.role === 'tool') {
      const known = names.get(idText(message.tool_call_id));
      const id = known?.list[known.next];
      if (known === undefined || id === undefined) return message;
      known.next += 1;
      return id === message.tool_call_id ? message : { ...message, tool_call_id: id };
    }
    const calls = message.role === 'assistant' ? callsOf(message) : [];
    if (beginsAnew) tellApart = distinctIds();
    const { named, names: own } = nameCalls(calls, tellApart);
    names = own;
    return named.every((call, index) => call === calls[index]) ? message : { ...message, tool_calls: named };
  });
}
