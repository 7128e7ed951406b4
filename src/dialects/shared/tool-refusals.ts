import { RouterError } from '../../protocol/errors.ts';

/** A tool that nobody could call. */
export function namelessTool(): RouterError {
  return new RouterError('invalid_value', "One of the tools has no 'name'. Give each a name of its own.", {
    param: 'tools',
  });
}

/** A choice of a tool that is not offered, or that nobody could run here. */
export function notOffered(what: string): RouterError {
  return new RouterError(
    'unsupported_tool',
    `'tool_choice' asks for ${what}, which is not among the tools that can be used here.`,
    { param: 'tool_choice' },
  );
}
