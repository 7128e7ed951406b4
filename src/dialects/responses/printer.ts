import type { JsonObject } from '../../protocol/json.ts';
import { DONE_FRAME, KEEP_ALIVE_FRAME } from '../../protocol/sse.ts';
import type { AnswerFacts, Printer } from '../dialect.ts';
import { sequenceItems } from '../shared/item-sequence.ts';
import { failureOf } from './error.ts';
import { numberEvents } from './event-numbers.ts';
import { openItemPrinter } from './item-printer.ts';
import type { ResponseForm } from './read-request.ts';
import { printEnd, printResponse } from './response.ts';

/** Prints a stream of Responses: created, the items one after the other, one last event with the whole response. */
export function openResponsesPrinter(facts: AnswerFacts, form: ResponseForm): Printer {
  const numbers = numberEvents();
  let items = openItemPrinter(facts, form, numbers, '');
  let sequence = sequenceItems(items.printer);
  let hasBegun = false;

  function response(members: JsonObject): JsonObject {
    return { response: printResponse(facts, form.echo, { output: items.output, ...members }) };
  }

  return {
    begin() {
      hasBegun = true;
      const begin =
        numbers.event('response.created', response({})) + numbers.event('response.in_progress', response({}));
      numbers.keep();
      return begin;
    },
    leg(served) {
      numbers.rewind();
      items = openItemPrinter(facts, form, numbers, `${served.provider}/${served.model}`);
      sequence = sequenceItems(items.printer);
    },
    event({ chunk }) {
      const [choice] = chunk.choices;
      return choice === undefined || choice.index !== 0 ? '' : sequence.add(choice.delta);
    },
    repeat(_event, { field }) {
      const active = sequence.active();
      return active?.kind === (field === 'content' ? 'text' : 'reasoning') ? items.printTexts(active) : null;
    },
    // Codex waits for events; comments do not count. The SDK knows no event before `created`.
    keepAlive() {
      if (!hasBegun) return KEEP_ALIVE_FRAME;
      const sign = numbers.event('keepalive', {});
      numbers.keep();
      return sign;
    },
    end(ending) {
      const end = printEnd(ending, facts.created);
      const rest = sequence.finish(end['status'] === 'incomplete');
      return `${rest}${numbers.event(`response.${String(end['status'])}`, response(end))}${DONE_FRAME}`;
    },
    fail(error) {
      items.breakOff(sequence.active());
      return numbers.event('response.failed', response({ status: 'failed', error: failureOf(error) })) + DONE_FRAME;
    },
  };
}
