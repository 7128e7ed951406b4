import type { Delta, ToolCallDelta } from '../../protocol/chat.ts';
import { createJsonProgress, type JsonProgress } from '../../protocol/json-progress.ts';

/*
 * Chat Completions mixes what it says: calls side by side, reasoning between the pieces of a call. Messages and Responses
 * say one thing after the other, each begun and ended once. This puts the one into the order of the other.
 */

/** One thing that an answer says: a block in Messages, an output item in Responses. */
export interface AnswerItem {
  kind: 'reasoning' | 'text' | 'call';
  /** From 0 without gaps, in the order in which items are printed. */
  index: number;
  /** A call's id at the provider and its name; empty for the others. */
  id: string;
  name: string;
}

/** Prints items. A call's pieces are its arguments. */
export interface ItemPrinter {
  open(item: AnswerItem): string;
  piece(item: AnswerItem, text: string): string;
  /** `isWhole` is false where the answer ended before the item did. */
  close(item: AnswerItem, isWhole: boolean): string;
}

/** Puts an answer's deltas in order. */
export interface ItemSequence {
  /** What a delta adds, printed; what has to wait is held back. */
  add(delta: Delta): string;
  /**
   * Prints what was held back and closes all, at the end of an answer that is complete. `isCut` is true where the model
   * had to stop: a call whose arguments are not whole by then never will be.
   */
  finish(isCut: boolean): string;
  /** Closes what is open at the end of an answer that broke off; what was held back is lost with it. */
  breakOff(): string;
  /** The item that is being printed while nothing waits behind it. */
  active(): AnswerItem | null;
  hasCalls(): boolean;
}

interface Entry {
  item: AnswerItem;
  /** Pieces that wait. */
  held: string[];
  /** A call's arguments that were not looked at yet. */
  unseen: string[];
  json: JsonProgress;
}

interface Queue {
  entries: Entry[];
  /** Calls by their place among the calls. */
  calls: Map<number, Entry>;
  /** The first entry that is not closed. */
  current: number;
  /** How many were opened. */
  opened: number;
}

function newEntry(kind: AnswerItem['kind']): Entry {
  return { item: { kind, index: -1, id: '', name: '' }, held: [], unseen: [], json: createJsonProgress() };
}

function isOpen({ item }: Entry): boolean {
  return item.index >= 0;
}

/** Arguments may still grow until they are one whole object; text and reasoning end where something else begins. */
function mayClose({ item, unseen, json }: Entry): boolean {
  if (item.kind !== 'call') return true;
  for (const piece of unseen.splice(0)) json.push(piece);
  return json.isComplete();
}

function say({ entries }: Queue, kind: 'reasoning' | 'text', piece: string): void {
  const last = entries.at(-1);
  const entry = last?.item.kind === kind ? last : newEntry(kind);
  if (entry !== last) entries.push(entry);
  entry.held.push(piece);
}

function call({ entries, calls }: Queue, { index, id, function: called }: ToolCallDelta): void {
  let entry = calls.get(index);
  if (entry === undefined) {
    entry = newEntry('call');
    calls.set(index, entry);
    entries.push(entry);
  }
  if (id && entry.item.id === '') entry.item.id = id;
  if (called?.name && entry.item.name === '') entry.item.name = called.name;
  const piece = called?.arguments;
  if (!piece) return;
  entry.held.push(piece);
  entry.unseen.push(piece);
}

/** Prints what an entry holds back, and opens it where it is not open. */
function print(queue: Queue, entry: Entry, printer: ItemPrinter): string {
  let text = '';
  if (!isOpen(entry)) {
    entry.item.index = queue.opened;
    queue.opened += 1;
    text = printer.open(entry.item);
  }
  for (const piece of entry.held.splice(0)) text += printer.piece(entry.item, piece);
  return text;
}

/** Prints on as far as the order allows. */
function advance(queue: Queue, printer: ItemPrinter): string {
  let text = '';
  for (;;) {
    const entry = queue.entries[queue.current];
    // A call is known by its name: until it comes, nothing can be said of it.
    if (entry === undefined || (entry.item.kind === 'call' && entry.item.name === '')) return text;
    text += print(queue, entry, printer);
    if (queue.current === queue.entries.length - 1 || !mayClose(entry)) return text;
    text += printer.close(entry.item, true);
    queue.current += 1;
  }
}

/** Opens the sequence of one answer. */
export function sequenceItems(printer: ItemPrinter): ItemSequence {
  const queue: Queue = { entries: [], calls: new Map(), current: 0, opened: 0 };

  return {
    add({ content, reasoning_content: reasoning, tool_calls: calls }) {
      if (reasoning) say(queue, 'reasoning', reasoning);
      if (content) say(queue, 'text', content);
      for (const each of calls ?? []) call(queue, each);
      return advance(queue, printer);
    },
    finish(isCut) {
      let text = '';
      for (const entry of queue.entries.slice(queue.current)) {
        text += print(queue, entry, printer) + printer.close(entry.item, !isCut || mayClose(entry));
      }
      queue.current = queue.entries.length;
      return text;
    },
    breakOff() {
      const entry = queue.entries[queue.current];
      queue.current = queue.entries.length;
      return entry !== undefined && isOpen(entry) ? printer.close(entry.item, false) : '';
    },
    active() {
      const entry = queue.entries[queue.current];
      return entry !== undefined && queue.current === queue.entries.length - 1 && isOpen(entry) ? entry.item : null;
    },
    hasCalls: () => queue.calls.size > 0,
  };
}
