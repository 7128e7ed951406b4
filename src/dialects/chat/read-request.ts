import { checkLength, MOST_CALLS, MOST_MEMBERS, MOST_MESSAGES, MOST_TOOLS, tooMany } from '../../protocol/bounds.ts';
import { type ChatRequest, settingsSchema } from '../../protocol/chat.ts';
import { RouterError } from '../../protocol/errors.ts';
import { isObject, type JsonObject } from '../../protocol/json.ts';

const MOST_NAMES = 8;

/** A request whose list of models stands in place of a model asks for the first of them. */
function withModel(body: JsonObject): JsonObject {
  const { model, models } = body;
  if (models == null) return body;
  const names: unknown[] = Array.isArray(models) ? models : [null];
  if (!names.every((name) => typeof name === 'string' && name !== '')) {
    throw new RouterError('invalid_value', "'models' is not valid: send a list of names.", { param: 'models' });
  }
  if (names.length + (model == null ? 0 : 1) > MOST_NAMES)
    throw tooMany('this request asks for too many models', MOST_NAMES, 'models');
  return model == null && names.length > 0 ? { ...body, model: names[0] } : body;
}

/**
 * Throws RouterError for a model, a stream or a number of tokens that is none, under whichever name a door has for it. Gives
 * the body with its model, which may stand in a list.
 */
export function checkSettings(body: JsonObject): JsonObject {
  const named = withModel(body);
  const parsed = settingsSchema.safeParse(named);
  if (parsed.success) return named;
  const [issue] = parsed.error.issues;
  const param = issue?.path.join('.') ?? '';
  if (param === 'model') {
    throw new RouterError(
      'missing_model',
      "The body has no 'model'. Send one such as 'deepseek/deepseek-flash'; GET /api/v1/models lists them.",
      { param },
    );
  }
  throw new RouterError('invalid_value', `'${param}' is not valid: ${issue?.message ?? 'unexpected value'}.`, {
    param,
  });
}

function checkMessage(message: unknown, position: number): void {
  const param = `messages.${position}`;
  if (!isObject(message)) {
    throw new RouterError('invalid_value', `'${param}' is not a message. Send an object with a 'role'.`, { param });
  }
  if (typeof message['role'] !== 'string') {
    throw new RouterError('invalid_value', `'${param}' has no 'role'. Send one such as 'user'.`, {
      param: `${param}.role`,
    });
  }
  checkMembers(message, param);
  checkLength(message['tool_calls'], MOST_CALLS, `${param}.tool_calls`);
}

/** Messages are copied where something in them changes. */
function checkMembers(message: JsonObject, param: string): void {
  let members = 0;
  for (const _name in message) {
    members += 1;
    if (members > MOST_MEMBERS) throw tooMany(`'${param}' has too many members`, MOST_MEMBERS, param);
  }
}

function checkMessages(messages: unknown): void {
  const param = 'messages';
  if (!Array.isArray(messages)) {
    throw new RouterError('missing_messages', "The body has no 'messages'. Send a list with at least one message.", {
      param,
    });
  }
  if (messages.length === 0) {
    throw new RouterError('missing_messages', "'messages' is empty. Send at least one message.", { param });
  }
  for (const [position, message] of messages.entries()) checkMessage(message, position);
}

/** Throws RouterError where a list of any dialect is longer than one request may hold, before any of it is looked at. */
export function checkLists(body: JsonObject): void {
  for (const name of ['messages', 'input']) checkLength(body[name], MOST_MESSAGES, name);
  for (const name of ['tools', 'functions']) checkLength(body[name], MOST_TOOLS, name);
}

/**
 * Checks what the router reads of a request, up to the first fault; the object itself passes on as it came.
 * Throws RouterError with `param`.
 */
export function checkRequest(body: JsonObject): ChatRequest {
  checkLists(body);
  const named = checkSettings(body);
  checkMessages(named['messages']);
  return named as ChatRequest; // each member that ChatRequest names was checked
}
