import type { ChatMessage } from '../../protocol/chat.ts';
import { contentOf } from '../../protocol/content.ts';
import { RouterError } from '../../protocol/errors.ts';
import { isObject, type JsonObject } from '../../protocol/json.ts';
import { callAnswer, decodeCalls } from '../shared/call-ids.ts';
import { argumentsText, callText, jsonText, nameText } from '../shared/call-text.ts';
import { writeInput } from '../shared/custom-input.ts';
import type { LeftOut } from '../shared/left-out.ts';
import { pairCalls } from '../shared/pair-calls.ts';
import { readContent } from './read-content.ts';
import { readThoughts } from './read-thoughts.ts';
import { readTools } from './read-tools.ts';
import type { ToolNames } from './tool-names.ts';

/** What stands in an input: the conversation, and tools that came in its course. */
export interface ReadInput {
  messages: ChatMessage[];
  tools: JsonObject[];
}

/** One turn of the assistant, which this dialect spreads over several items, and the results of its calls. */
interface Turn {
  thoughts: string | null;
  texts: string[];
  calls: { call: JsonObject; answer: string | null }[];
  results: ChatMessage[];
}

interface Reader {
  names: ToolNames;
  leftOut: LeftOut;
  messages: ChatMessage[];
  tools: JsonObject[];
  turn: Turn;
}

/** Where an item stands: `input.3`, and whether it is the last. */
interface ItemPlace {
  place: string;
  isLast: boolean;
}

type ReadItem = (reader: Reader, item: JsonObject, at: ItemPlace) => void;

function newTurn(): Turn {
  return { thoughts: null, texts: [], calls: [], results: [] };
}

function messageOf({ calls, texts, thoughts }: Turn): ChatMessage {
  return {
    role: 'assistant',
    content: texts.join(''),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(({ call }) => call) }),
    ...(thoughts === null ? {} : { reasoning_content: thoughts }),
  };
}

/** A turn that only thought was stopped before it said anything: providers refuse an empty one. */
function endTurn(reader: Reader): void {
  const { turn } = reader;
  if (turn.calls.length > 0 || turn.texts.some((text) => text !== '')) reader.messages.push(messageOf(turn));
  reader.messages.push(...turn.results);
  reader.turn = newTurn();
}

/** The turn that an item of the assistant belongs to: results end it, but for calls of the same answer. */
function turnFor(reader: Reader, answer: string | null): Turn {
  const { turn } = reader;
  if (turn.results.length === 0) return turn;
  if (answer === null || !turn.calls.some((known) => known.answer === answer)) endTurn(reader);
  return reader.turn;
}

function callIdOf(item: JsonObject): string {
  return String(item['call_id'] ?? item['id'] ?? '');
}

function addCall(reader: Reader, item: JsonObject, name: string, text: string): void {
  const id = callIdOf(item);
  const answer = callAnswer(id);
  const call = { id, type: 'function', function: { name, arguments: text } };
  turnFor(reader, answer).calls.push({ call, answer });
}

function addResult(reader: Reader, item: JsonObject, content: unknown): void {
  reader.turn.results.push({ role: 'tool', tool_call_id: callIdOf(item), content });
}

function nameOf({ names }: Reader, { name, namespace }: JsonObject): string {
  return names.nameOf(namespace, nameText(name));
}

const ROLES: Readonly<Record<string, string>> = { user: 'user', system: 'system', developer: 'system' };

/** Throws RouterError for what is no content: an answer to an empty question would be paid for. A turn may have said nothing. */
function checkContent(content: unknown, role: unknown, place: string): void {
  if (typeof content === 'string' || Array.isArray(content)) return;
  if (role === 'assistant' && (content === undefined || content === null)) return;
  throw new RouterError('invalid_value', `'${place}.content' must be a text or a list of parts.`, {
    param: `${place}.content`,
  });
}

function refuseRole(place: string): RouterError {
  return new RouterError('invalid_value', `'${place}.role' must be user, assistant, system or developer.`, {
    param: `${place}.role`,
  });
}

const readMessage: ReadItem = (reader, { content, role }, { isLast, place }) => {
  const own = typeof role === 'string' && Object.hasOwn(ROLES, role) ? ROLES[role] : undefined;
  if (own === undefined && role !== 'assistant') throw refuseRole(place);
  checkContent(content, role, place);
  const parts = readContent(content, { leftOut: reader.leftOut, place, isQuestion: isLast });
  if (own === undefined) {
    turnFor(reader, null).texts.push(parts.map((part) => String(part['text'] ?? '')).join(''));
    return;
  }
  endTurn(reader);
  reader.messages.push({ role: own, content: contentOf(parts) });
};

/** Codex gives its agents their tasks so, and each other's answers: codex-cli 0.171, 2026-11. */
const readAgentMessage: ReadItem = (reader, { content }, { isLast, place }) => {
  const parts = readContent(content, { leftOut: reader.leftOut, place, isQuestion: isLast });
  endTurn(reader);
  reader.messages.push({ role: 'user', content: contentOf(parts) });
};

const readReasoning: ReadItem = (reader, item) => {
  const thoughts = readThoughts(item);
  if (thoughts === null) return;
  const turn = turnFor(reader, null);
  turn.thoughts = (turn.thoughts ?? '') + thoughts;
};

const readOutput: ReadItem = (reader, item, { place }) => {
  const { output, type } = item;
  const isContent = typeof output === 'string' || (Array.isArray(output) && type !== 'shell_call_output');
  const at = { leftOut: reader.leftOut, place, isQuestion: false };
  addResult(reader, item, isContent ? contentOf(readContent(output, at)) : jsonText(output ?? ''));
};

/** Tools that the client looked up are told by name; from here on they are on the list. */
const readFoundTools: ReadItem = (reader, item) => {
  const found = readTools(item['tools'], reader.names, reader.leftOut);
  reader.tools.push(...found);
  const listed = found.map(({ function: called }) => (isObject(called) ? String(called['name']) : ''));
  addResult(reader, item, `Found: ${listed.join(', ')}`);
};

/** What another provider has packed up only that provider can read. */
const readCompaction: ReadItem = (reader) => {
  endTurn(reader);
  reader.messages.push({ role: 'user', content: '[An earlier part of this conversation was left out here.]' });
};

const refuseReference: ReadItem = (_reader, item, { place }) => {
  throw new RouterError(
    'unsupported_value',
    `${place} refers to '${String(item['id']).slice(0, 80)}'. This router keeps no responses: send the whole input with store: false.`,
    { param: place },
  );
};

const READERS: Readonly<Record<string, ReadItem>> = {
  message: readMessage,
  agent_message: readAgentMessage,
  reasoning: readReasoning,
  function_call: (reader, item) => addCall(reader, item, nameOf(reader, item), callText(item['arguments'])),
  custom_tool_call: (reader, item) =>
    addCall(reader, item, nameOf(reader, item), writeInput(argumentsText(item['input']))),
  tool_search_call: (reader, item) => addCall(reader, item, 'tool_search', callText(item['arguments'])),
  local_shell_call: (reader, item) => addCall(reader, item, 'local_shell', jsonText(item['action'])),
  shell_call: (reader, item) => addCall(reader, item, 'shell', jsonText(item['action'])),
  apply_patch_call: (reader, item) => addCall(reader, item, 'apply_patch', jsonText(item['operation'])),
  function_call_output: readOutput,
  custom_tool_call_output: readOutput,
  local_shell_call_output: readOutput,
  shell_call_output: readOutput,
  apply_patch_call_output: readOutput,
  tool_search_output: readFoundTools,
  additional_tools: (reader, item) => void reader.tools.push(...readTools(item['tools'], reader.names, reader.leftOut)),
  compaction: readCompaction,
  compaction_summary: readCompaction,
  context_compaction: readCompaction,
  item_reference: refuseReference,
};

/** The input as messages. Items of the assistant that belong together become one turn; unknown ones are left out. */
export function readInput(input: unknown, names: ToolNames, leftOut: LeftOut): ReadInput {
  if (typeof input === 'string') return { messages: [{ role: 'user', content: input }], tools: [] };
  const items: unknown[] = Array.isArray(input) ? input : [];
  const reader: Reader = { names, leftOut, messages: [], tools: [], turn: newTurn() };
  for (const [position, item] of items.entries()) {
    const place = `input.${position}`;
    if (!isObject(item)) throw new RouterError('invalid_value', `'${place}' must be an object.`, { param: place });
    const type = String(item['type'] ?? 'message');
    const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
    if (read === undefined) leftOut.note(`left out an item of type ${type.slice(0, 64)}`);
    else read(reader, item, { place, isLast: position === items.length - 1 });
  }
  endTurn(reader);
  return { messages: decodeCalls(pairCalls(reader.messages)), tools: reader.tools };
}
