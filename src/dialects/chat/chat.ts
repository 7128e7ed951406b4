import { errorBody } from '../../protocol/errors.ts';
import type { Dialect, WholeAnswer } from '../dialect.ts';
import { openChatPrinter } from './printer.ts';
import { checkRequest } from './read-request.ts';

/** What nobody changed goes out as the provider wrote it. */
function printWhole({ completion, text }: WholeAnswer): string {
  return text ?? JSON.stringify(completion);
}

/** OpenAI's Chat Completions: the language inside, so that all but what is wrong passes as it is. */
export const chatDialect: Dialect = {
  endpoint: 'chat',
  read: (_document, value) => ({
    request: checkRequest(value),
    wantsNothing: false,
    changes: [],
    openPrinter: openChatPrinter,
    printWhole,
  }),
  tellsInStream: () => false,
  headers: () => ({}),
  error: (error) => ({ status: error.status, headers: {}, body: errorBody(error) }),
};
