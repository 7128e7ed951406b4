import type { Context } from 'hono';
import { dialectAt } from '../dialects/registry.ts';
import { logFault, logLine } from '../log-line.ts';
import { causeOf } from '../protocol/cause-of.ts';
import { RouterError } from '../protocol/errors.ts';
import type { AppEnv } from './app-env.ts';

/** Headers that tell OpenAI's clients where they stand, and when and whether to come back. */
function errorHeaders(error: RouterError): Record<string, string> {
  return {
    ...error.headers,
    ...(error.retryAfter === null ? {} : { 'retry-after': String(error.retryAfter) }),
    // Read by OpenAI's and Anthropic's clients before the status: `shouldRetry` in openai-node, `_should_retry` in openai-python.
    ...(error.passes ? {} : { 'x-should-retry': 'false' }),
  };
}

/** The answer to an error, as the clients of its path read it. */
function errorResponse<E extends AppEnv>(
  c: Context<E>,
  error: RouterError,
  headers: Record<string, string> = {},
): Response {
  const printed = dialectAt(c.req.path, c.req.raw.headers).error(error, c.get('requestId'));
  return Response.json(printed.body, {
    status: printed.status,
    headers: { ...errorHeaders(error), ...printed.headers, ...headers },
  });
}

/** The one place where an error becomes an answer. A fault of ours is logged by kind and place, and told nobody. */
export function onError(error: unknown, c: Context<AppEnv>): Response {
  const known = causeOf(error, RouterError);
  if (known !== null) {
    if (known.code === 'invalid_configuration') logLine('error', known.code, { variable: known.param });
    return errorResponse(c, known);
  }
  const requestId = c.get('requestId');
  logFault('internal_error', error, { request_id: requestId });
  const message = `The router failed on this request. Try again; if it stays, tell the operator the request id ${requestId}.`;
  return errorResponse(c, new RouterError('internal_error', message));
}

/** For a path that is not there. */
export function onNotFound(c: Context<AppEnv>): Response {
  const message = `There is nothing at ${c.req.path}. The API is at /api/v1, for example POST /api/v1/chat/completions.`;
  return errorResponse(c, new RouterError('not_found', message));
}

/** For a path that is there, called with a method that is not. */
export function methodNotAllowed(...methods: string[]) {
  return <E extends AppEnv>(c: Context<E>): Response => {
    const allow = methods.join(', ');
    const message = `${c.req.method} does not work on ${c.req.path}. Use ${allow}.`;
    return errorResponse(c, new RouterError('method_not_allowed', message), { allow });
  };
}
