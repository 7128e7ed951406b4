import { type ChatRequest, chatRequestSchema } from '../../protocol/chat.ts';
import { RouterError } from '../../protocol/errors.ts';
import type { JsonObject } from '../../protocol/json.ts';

function isChatRequest(body: JsonObject): body is ChatRequest {
  const parsed = chatRequestSchema.safeParse(body);
  if (parsed.success) return true;
  const [issue] = parsed.error.issues;
  const param = issue?.path.join('.') ?? '';
  if (param === 'messages' && !Array.isArray(body['messages'])) {
    throw new RouterError('missing_messages', "The body has no 'messages'. Send a list with at least one message.", {
      param,
    });
  }
  if (param === 'messages') {
    throw new RouterError('missing_messages', "'messages' is empty. Send at least one message.", { param });
  }
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

/** Checks what the router reads of a request; the object itself passes on as it came. Throws RouterError with `param`. */
export function checkRequest(body: JsonObject): ChatRequest {
  if (isChatRequest(body)) return body;
  throw new RouterError('invalid_request', 'The body is not a chat request.');
}
