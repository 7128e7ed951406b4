import { withExactNumbers } from '../../protocol/exact-numbers.ts';
import { checkLists } from '../chat/read-request.ts';
import type { Dialect } from '../dialect.ts';
import { answerError } from './error.ts';
import { openResponsesPrinter } from './printer.ts';
import { readResponsesRequest } from './read-request.ts';
import { printWholeResponse } from './whole-answer.ts';

/** OpenAI's Responses without kept state, as Codex and OpenAI's newer SDKs speak it. */
export const responsesDialect: Dialect = {
  endpoint: 'responses',
  read(document, value) {
    checkLists(value);
    const exact = withExactNumbers(document)['input'];
    const { changes, form, request } = readResponsesRequest({ ...value, input: exact });
    return {
      request,
      wantsNothing: false,
      changes,
      openPrinter: (facts) => openResponsesPrinter(facts, form),
      printWhole: (answer, facts) => printWholeResponse(answer, facts, form),
    };
  },
  error: answerError,
  // Codex makes its history shorter on this alone; on a 400 it gives up.
  tellsInStream: ({ code }) => code === 'context_length_exceeded',
  headers: () => ({}),
};
