import type { ChatMessage, ChatRequest } from '../../protocol/chat.ts';
import { isObject, type JsonObject, mapList } from '../../protocol/json.ts';
import { type JsonJudge, judgeJson } from '../../protocol/json-text.ts';
import { textOf } from '../../protocol/text.ts';
import { argumentsText, mendCalls } from './call-text.ts';
import { writeInput } from './custom-input.ts';
import { functionTool } from './function-tool.ts';

/** A request in which every tool is a function, and the names of those that were not. */
export interface Lowered {
  request: ChatRequest;
  customTools: ReadonlySet<string>;
}

/** A custom tool stands flat, as Cursor sends it, or with its own object, as OpenAI documents it. */
function customToolOf(tool: unknown): JsonObject | null {
  if (!isObject(tool) || tool['type'] !== 'custom') return null;
  return isObject(tool['custom']) ? tool['custom'] : tool;
}

/** The grammar is told in words: it is all that a model knows of the form that the client will accept. */
function describeInput({ format }: JsonObject): string {
  const grammar = isObject(format) && isObject(format['grammar']) ? format['grammar'] : format;
  if (!isObject(grammar) || typeof grammar['definition'] !== 'string') return 'The whole input, as plain text.';
  return `The whole input, as plain text that follows this ${textOf(grammar['syntax']) ?? ''} grammar:\n${grammar['definition']}`;
}

/** What a custom tool takes once it is a function: one text. */
export function inputParameters(custom: JsonObject): JsonObject {
  return {
    type: 'object',
    properties: { input: { type: 'string', description: describeInput(custom) } },
    required: ['input'],
    additionalProperties: false,
  };
}

function lowerTool(tool: unknown): unknown {
  const custom = customToolOf(tool);
  if (custom === null) return tool;
  const { name, description } = custom;
  return functionTool(name, description, inputParameters(custom));
}

function lowerChoice(choice: unknown): unknown {
  const custom = customToolOf(choice);
  return custom === null ? choice : { type: 'function', function: { name: custom['name'] } };
}

function lowerCall(call: unknown, customTools: ReadonlySet<string>, isJson: JsonJudge): unknown {
  if (!isObject(call)) return call;
  const custom = customToolOf(call);
  if (custom !== null) {
    const input = argumentsText(custom['input']);
    return { id: call['id'], type: 'function', function: { name: custom['name'], arguments: writeInput(input) } };
  }
  const called = call['function'];
  if (!isObject(called)) return call;
  const text = argumentsText(called['arguments']);
  // A chat outlives its tools: in Ask mode ApplyPatch is gone from the list, and its calls are still there.
  const isBare = customTools.has(textOf(called['name']) ?? '') || (text !== '' && !isJson(text));
  return isBare ? { ...call, function: { ...called, arguments: writeInput(text) } } : call;
}

function lowerMessage(message: ChatMessage, customTools: ReadonlySet<string>, isJson: JsonJudge): ChatMessage {
  if (!Array.isArray(message.tool_calls)) return mendCalls(message);
  const calls: unknown[] = message.tool_calls;
  const lowered = mapList(calls, (call) => lowerCall(call, customTools, isJson));
  return mendCalls(lowered === calls ? message : { ...message, tool_calls: lowered });
}

/** Makes functions of custom tools, in the list of tools and in the calls of earlier turns. */
export function lowerCustomTools(request: ChatRequest): Lowered {
  const tools: unknown[] = Array.isArray(request['tools']) ? request['tools'] : [];
  const names = tools.map((tool) => customToolOf(tool)?.['name']).filter((name) => typeof name === 'string');
  const customTools = new Set(names);
  const isJson = judgeJson();
  const messages = request.messages.map((message) => lowerMessage(message, customTools, isJson));
  if (customTools.size === 0) return { request: { ...request, messages }, customTools };
  const lowered = { ...request, messages, tools: tools.map(lowerTool) };
  return {
    request: 'tool_choice' in request ? { ...lowered, tool_choice: lowerChoice(request['tool_choice']) } : lowered,
    customTools,
  };
}
