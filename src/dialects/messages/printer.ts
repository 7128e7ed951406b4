import type { RouterError } from '../../protocol/errors.ts';
import type { PrintTexts, Surroundings } from '../../protocol/event.ts';
import { type GatheredText, gatherText } from '../../protocol/gathered-text.ts';
import type { JsonObject } from '../../protocol/json.ts';
import { NO_USAGE } from '../../protocol/usage.ts';
import type { AnswerFacts, Printer, Served } from '../dialect.ts';
import { encodeCallId } from '../shared/call-ids.ts';
import { sealEnvelope } from '../shared/envelope.ts';
import { type AnswerItem, type ItemPrinter, sequenceItems } from '../shared/item-sequence.ts';
import { printError } from './error.ts';
import { printMessage, type ThinkingDisplay } from './message.ts';
import { printStop } from './stop-reason.ts';
import { printUsage } from './usage.ts';

/** Anthropic's clients skip frames without an `event:` line. */
function frame(type: string, members: JsonObject): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`;
}

function delta(index: number, of: JsonObject): string {
  return frame('content_block_delta', { index, delta: of });
}

function start(index: number, block: JsonObject): string {
  return frame('content_block_start', { index, content_block: block });
}

/** Prints blocks, one after the other. */
function printBlocks(facts: AnswerFacts, display: ThinkingDisplay, model: () => string) {
  let thoughts: GatheredText = gatherText();

  const blocks: ItemPrinter = {
    open({ id, index, kind, name }) {
      switch (kind) {
        case 'reasoning':
          thoughts = gatherText();
          return start(index, { type: 'thinking', thinking: '', signature: '' });
        case 'text':
          return start(index, { type: 'text', text: '' });
        case 'call':
          return start(index, {
            type: 'tool_use',
            id: encodeCallId('toolu', facts.requestId, index, id),
            name,
            input: {},
          });
      }
    },
    piece({ index, kind }, text) {
      switch (kind) {
        case 'reasoning':
          if (display === 'shown') return delta(index, { type: 'thinking_delta', thinking: text });
          thoughts.add(text);
          return '';
        case 'text':
          return delta(index, { type: 'text_delta', text });
        case 'call':
          return delta(index, { type: 'input_json_delta', partial_json: text });
      }
    },
    close({ index, kind }) {
      const stop = frame('content_block_stop', { index });
      if (kind !== 'reasoning') return stop;
      const signature = sealEnvelope({ model: model(), text: display === 'shown' ? null : thoughts.read() });
      return delta(index, { type: 'signature_delta', signature }) + stop;
    },
  };

  /** How more text of the item that is being printed looks. */
  function printTexts({ index, kind }: AnswerItem): PrintTexts | Surroundings | null {
    if (kind === 'call') return null;
    if (kind === 'reasoning' && display === 'omitted') {
      return (escaped) => {
        for (const text of escaped) thoughts.addEscaped(text);
        return '';
      };
    }
    const [type, member] = kind === 'text' ? ['text_delta', 'text'] : ['thinking_delta', 'thinking'];
    const before = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{"type":"${type}","${member}":"`;
    return { before, after: '"}}\n\n' };
  }

  return { blocks, printTexts };
}

/** Prints a stream of Anthropic's events: a message's start, its blocks one after the other, its end. */
export function openMessagesPrinter(facts: AnswerFacts, display: ThinkingDisplay): Printer {
  let model = '';
  const { blocks, printTexts } = printBlocks(facts, display, () => model);
  let sequence = sequenceItems(blocks);

  return {
    begin: () =>
      frame('message_start', {
        message: printMessage(facts, { usage: printUsage({ ...NO_USAGE, inputTokens: facts.inputEstimate }) }),
      }),
    leg(served: Served) {
      model = `${served.provider}/${served.model}`;
      sequence = sequenceItems(blocks);
    },
    event({ chunk }) {
      const [choice] = chunk.choices;
      if (choice === undefined || choice.index !== 0) return '';
      const said = display === 'hidden' ? { ...choice.delta, reasoning_content: null } : choice.delta;
      return sequence.add(said);
    },
    repeat(_event, { field }) {
      if (field === 'reasoning_content' && display === 'hidden') return () => '';
      const active = sequence.active();
      if (active?.kind !== (field === 'content' ? 'text' : 'reasoning')) return null;
      return printTexts(active);
    },
    keepAlive: () => frame('ping', {}),
    end(ending) {
      // Anthropic closes a block that ran out of tokens too, and tells so by the stop reason.
      const rest = sequence.finish(false);
      const last = { delta: printStop(ending, sequence.hasCalls()), usage: printUsage(ending.usage) };
      return rest + frame('message_delta', last) + frame('message_stop', {});
    },
    // No block is closed that may still grow: clients run the tools of closed ones.
    fail: (error: RouterError) => frame('error', printError(error, facts.requestId)),
  };
}
