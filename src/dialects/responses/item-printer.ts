import type { PrintTexts } from '../../protocol/event.ts';
import { type GatheredText, gatherText } from '../../protocol/gathered-text.ts';
import type { JsonObject } from '../../protocol/json.ts';
import type { AnswerFacts } from '../dialect.ts';
import { createInputReader, type InputReader, readInput } from '../shared/custom-input.ts';
import type { AnswerItem, ItemPrinter } from '../shared/item-sequence.ts';
import type { EventNumbers } from './event-numbers.ts';
import { callItem, messageItem, reasoningItem, textPart } from './items.ts';
import type { ResponseForm } from './read-request.ts';
import type { ClientTool } from './tool-names.ts';

/** Prints the items of one answer, and keeps those that are done. */
export interface ResponseItems {
  printer: ItemPrinter;
  /** How more text of the item that is being printed looks. */
  printTexts(item: AnswerItem): PrintTexts | null;
  /** Keeps what there is of an item that was broken off. */
  breakOff(item: AnswerItem | null): void;
  readonly output: readonly JsonObject[];
}

interface Printing {
  facts: AnswerFacts;
  form: ResponseForm;
  numbers: EventNumbers;
  /** Who thinks: `provider/model`. */
  model: string;
  output: JsonObject[];
  /** All that the current item has said. */
  text: GatheredText;
  /** Reads the input of a custom tool out of its arguments; null for any other item. */
  input: InputReader | null;
}

/** What differs between text and the two ways to tell reasoning. */
interface TextWords {
  part: 'content_part' | 'reasoning_summary_part';
  place: 'content_index' | 'summary_index';
  delta: string;
}

const TEXT: TextWords = { part: 'content_part', place: 'content_index', delta: 'output_text' };
const THOUGHT: TextWords = { part: 'content_part', place: 'content_index', delta: 'reasoning_text' };
const SUMMARY: TextWords = { part: 'reasoning_summary_part', place: 'summary_index', delta: 'reasoning_summary_text' };

function wordsOf({ form }: Printing, { kind }: AnswerItem): TextWords {
  if (kind === 'text') return TEXT;
  return form.wantsSummary ? SUMMARY : THOUGHT;
}

/** What only texts carry. */
function logprobs({ kind }: AnswerItem): JsonObject {
  return kind === 'text' ? { logprobs: [] } : {};
}

function toolOf({ form }: Printing, { name }: AnswerItem): ClientTool {
  return form.names.find(name);
}

/** The item as it stands; `text` is null until it is whole. */
function itemOf(printing: Printing, item: AnswerItem, text: string | null): JsonObject {
  const { facts, form, model } = printing;
  const { id, index, kind } = item;
  if (kind === 'text') return messageItem(facts, index, text);
  if (kind === 'call') return callItem(facts, { id, index, tool: toolOf(printing, item) }, text);
  return reasoningItem(facts, form, index, text === null ? null : { text, model });
}

function partOf({ form }: Printing, { kind }: AnswerItem, text: string): JsonObject {
  if (kind === 'text') return textPart(text);
  return { type: form.wantsSummary ? 'summary_text' : 'reasoning_text', text };
}

function placeOf(printing: Printing, item: AnswerItem): JsonObject {
  return { item_id: itemOf(printing, item, null)['id'], output_index: item.index };
}

/** The place of an item's one part. */
function partPlace(printing: Printing, item: AnswerItem): JsonObject {
  return { ...placeOf(printing, item), [wordsOf(printing, item).place]: 0 };
}

function added(printing: Printing, item: AnswerItem): string {
  const members = { output_index: item.index, item: itemOf(printing, item, null) };
  return printing.numbers.event('response.output_item.added', members);
}

function done(printing: Printing, item: AnswerItem, text: string): string {
  const whole = itemOf(printing, item, text);
  printing.output.push(whole);
  return printing.numbers.event('response.output_item.done', { output_index: item.index, item: whole });
}

function openText(printing: Printing, item: AnswerItem): string {
  const part = { ...partPlace(printing, item), part: partOf(printing, item, '') };
  return added(printing, item) + printing.numbers.event(`response.${wordsOf(printing, item).part}.added`, part);
}

function addText(printing: Printing, item: AnswerItem, delta: string): string {
  printing.text.add(delta);
  const members = { ...partPlace(printing, item), delta, ...logprobs(item) };
  return printing.numbers.event(`response.${wordsOf(printing, item).delta}.delta`, members);
}

function closeText(printing: Printing, item: AnswerItem): string {
  const text = printing.text.read();
  const { delta, part } = wordsOf(printing, item);
  const at = partPlace(printing, item);
  const { event } = printing.numbers;
  return (
    event(`response.${delta}.done`, { ...at, text, ...logprobs(item) }) +
    event(`response.${part}.done`, { ...at, part: partOf(printing, item, text) }) +
    done(printing, item, text)
  );
}

function openCall(printing: Printing, item: AnswerItem): string {
  if (toolOf(printing, item).kind === 'custom') printing.input = createInputReader();
  return added(printing, item);
}

function inputDelta(printing: Printing, item: AnswerItem, delta: string): string {
  if (delta === '') return '';
  return printing.numbers.event('response.custom_tool_call_input.delta', { ...placeOf(printing, item), delta });
}

/** A function's arguments and a custom tool's input stream; what is an object for the client comes whole. */
function addArguments(printing: Printing, item: AnswerItem, delta: string): string {
  printing.text.add(delta);
  if (printing.input !== null) return inputDelta(printing, item, printing.input.push(delta));
  if (toolOf(printing, item).kind !== 'function') return '';
  return printing.numbers.event('response.function_call_arguments.delta', { ...placeOf(printing, item), delta });
}

function closeCall(printing: Printing, item: AnswerItem): string {
  const text = printing.text.read();
  const { event } = printing.numbers;
  let last = '';
  if (printing.input !== null) {
    last = inputDelta(printing, item, printing.input.end());
    last += event('response.custom_tool_call_input.done', { ...placeOf(printing, item), input: readInput(text) });
  } else if (toolOf(printing, item).kind === 'function') {
    last = event('response.function_call_arguments.done', { ...placeOf(printing, item), arguments: text || '{}' });
  }
  return last + done(printing, item, text);
}

/** Keeps what there is of an item that never becomes whole. */
function keepCut(printing: Printing, item: AnswerItem): string {
  printing.output.push({ ...itemOf(printing, item, printing.text.read()), status: 'incomplete' });
  return '';
}

/** Copies texts as they stand between their quotes, each under a number of its own. */
function printTexts(printing: Printing, item: AnswerItem): PrintTexts | null {
  if (item.kind === 'call') return null;
  const at = JSON.stringify(partPlace(printing, item)).slice(1, -1);
  const type = `response.${wordsOf(printing, item).delta}.delta`;
  const before = `event: ${type}\ndata: {"type":"${type}","sequence_number":`;
  const between = `,${at},"delta":"`;
  const after = item.kind === 'text' ? '","logprobs":[]}\n\n' : '"}\n\n';
  return (escaped) => {
    let text = '';
    for (const body of escaped) {
      printing.text.addEscaped(body);
      text += before + printing.numbers.next() + between + body + after;
    }
    return text;
  };
}

/** Opens the items of one answer. `model` names who thinks. */
export function openItemPrinter(
  facts: AnswerFacts,
  form: ResponseForm,
  numbers: EventNumbers,
  model: string,
): ResponseItems {
  const printing: Printing = { facts, form, numbers, model, output: [], text: gatherText(), input: null };
  return {
    output: printing.output,
    printTexts: (item) => printTexts(printing, item),
    printer: {
      open(item) {
        printing.text = gatherText();
        printing.input = null;
        return item.kind === 'call' ? openCall(printing, item) : openText(printing, item);
      },
      piece: (item, text) =>
        item.kind === 'call' ? addArguments(printing, item, text) : addText(printing, item, text),
      close(item, isWhole) {
        if (item.kind !== 'call') return closeText(printing, item);
        // Codex runs a call as soon as it is done; one that is cut stands in the response alone.
        return isWhole ? closeCall(printing, item) : keepCut(printing, item);
      },
    },
    breakOff(item) {
      if (item !== null) keepCut(printing, item);
    },
  };
}
