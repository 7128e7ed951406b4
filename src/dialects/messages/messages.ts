import { withExactNumbers } from '../../protocol/exact-numbers.ts';
import { checkLists } from '../chat/read-request.ts';
import type { Dialect } from '../dialect.ts';
import { answerError } from './error.ts';
import { openMessagesPrinter } from './printer.ts';
import { readMessagesRequest } from './read-request.ts';
import { printWholeMessage } from './whole-answer.ts';

/** Anthropic's Messages, as Claude Code and Anthropic's SDKs speak it. */
export const messagesDialect: Dialect = {
  endpoint: 'messages',
  read(document, value) {
    checkLists(value);
    const exact = withExactNumbers(document)['messages'];
    const { changes, display, request, wantsNothing } = readMessagesRequest({ ...value, messages: exact });
    return {
      request,
      wantsNothing,
      changes,
      openPrinter: (facts) => openMessagesPrinter(facts, display),
      printWhole: (answer, facts) => printWholeMessage(answer, facts, display),
    };
  },
  error: answerError,
  tellsInStream: () => false,
  headers: (requestId) => ({ 'request-id': requestId }),
};
