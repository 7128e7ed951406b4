import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ChatChunk } from '../../src/protocol/chat.ts';
import { isObject, type JsonObject } from '../../src/protocol/json.ts';
import {
  completionOfTurn,
  createStrictProvider,
  type ProviderName,
  type ProviderTurn,
} from '../support/strict-provider.ts';

/** The double's side of one request's bill. */
export interface Charge {
  input: number;
  cached: number;
  output: number;
  reasoning: number;
}

/** One client's conversation, over one run or several. */
interface Script {
  provider: ProviderName;
  /** What the model says where it has said so many turns. */
  turn(position: number): ProviderTurn;
  /** A tool that every request of the loop offers; one without it is an aside, such as the wish for a title. */
  mainTool: string;
}

/** What the double has seen of a run. */
export interface Seen {
  charges: Charge[];
  refusals: string[];
  /** The loop's turns that were said. */
  turns: number;
  /** Earlier turns in all requests, and in those before a summary of the conversation was asked for; null where none was. */
  sent: number;
  sentBySummary: number | null;
  /** Messages in the longest request of the loop, and in the last one. */
  longest: number;
  last: number;
  /** How often earlier reasoning came back as it was, and how often only its placeholder. */
  readonly returned: number;
  readonly lost: number;
}

export interface AgentDouble {
  url: string;
  /** From here on requests belong to this run. */
  begin(script: Script): Seen;
  close(): void;
}

/** The numbers differ from request to request, so that no bill passes for another's. */
function chargeOf(serial: number): Charge {
  return {
    input: 2_000 + serial,
    cached: serial % 3 === 0 ? 0 : 128 * (1 + (serial % 7)),
    output: 40 + serial,
    reasoning: 9,
  };
}

function usageOf(provider: ProviderName, { cached, input, output, reasoning }: Charge): JsonObject {
  const both = {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
  return provider === 'deepseek'
    ? { ...both, prompt_cache_hit_tokens: cached, prompt_cache_miss_tokens: input - cached }
    : { ...both, cached_tokens: cached };
}

const ASIDE: ProviderTurn = { reasoning: 'A short thought.', text: '{"title": "Notes"}', calls: [] };

function toolNames(body: JsonObject): unknown[] {
  const tools: unknown[] = Array.isArray(body['tools']) ? body['tools'] : [];
  return tools.map((tool) => (isObject(tool) && isObject(tool['function']) ? tool['function']['name'] : null));
}

/** How Claude Code and Codex ask for a summary of what they then leave out. */
const SUMMARY_ASKED = /create a detailed summary of the conversation|CONTEXT CHECKPOINT COMPACTION/;
const SUMMARY: ProviderTurn = {
  reasoning: 'What matters?',
  text: '<analysis>All is said.</analysis>\n<summary>\nThe notes are written.\n</summary>',
  calls: [],
};

function messagesOf(body: JsonObject): JsonObject[] {
  return Array.isArray(body['messages']) ? body['messages'].filter(isObject) : [];
}

function turnsIn(body: JsonObject): number {
  return messagesOf(body).filter(({ role }) => role === 'assistant').length;
}

function kindOf(body: JsonObject, mainTool: string): 'loop' | 'summary' | 'aside' {
  if (SUMMARY_ASKED.test(JSON.stringify(messagesOf(body).at(-1)))) return 'summary';
  return toolNames(body).includes(mainTool) ? 'loop' : 'aside';
}

/**
 * A conversation in play. An aside is no part of it, and is judged by itself; what was summarised is shorter from then on,
 * and all that is left of it must be as it was said.
 */
function play({ mainTool, provider, turn }: Script) {
  const loop = createStrictProvider(provider, () => turn(seen.turns));
  let serial = 0;
  const seen: Seen = {
    ...{ charges: [], refusals: [], turns: 0, sent: 0, sentBySummary: null, longest: 0, last: 0 },
    get returned() {
      return loop.returned;
    },
    get lost() {
      return loop.lost;
    },
  };
  function judge(body: JsonObject) {
    switch (kindOf(body, mainTool)) {
      case 'aside':
        return createStrictProvider(provider, () => ASIDE).answer(body);
      case 'summary': {
        const answered = loop.aside(body, SUMMARY);
        seen.sentBySummary ??= seen.sent;
        seen.sent += turnsIn(body);
        loop.expectShortened();
        return answered;
      }
      case 'loop': {
        const answered = loop.answer(body);
        if (answered.kind === 'chunks') seen.turns += 1;
        seen.sent += turnsIn(body);
        seen.last = messagesOf(body).length;
        seen.longest = Math.max(seen.longest, seen.last);
        return answered;
      }
    }
  }
  function answer(body: JsonObject) {
    const answered = judge(body);
    if (answered.kind === 'refused') {
      seen.refusals.push(JSON.stringify(answered.body));
      return answered;
    }
    serial += 1;
    const charge = chargeOf(serial);
    seen.charges.push(charge);
    return { ...answered, usage: usageOf(provider, charge) };
  }
  return { seen, answer };
}

function writeStream(response: ServerResponse, chunks: ChatChunk[], usage: JsonObject): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  for (const { usage: _played, ...chunk } of chunks) {
    const isLast = chunk.choices[0]?.finish_reason != null;
    response.write(`data: ${JSON.stringify(isLast ? { ...chunk, usage } : chunk)}\n\n`);
  }
  response.end('data: [DONE]\n\n');
}

function writeWhole(response: ServerResponse, turn: ProviderTurn, usage: JsonObject): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(completionOfTurn(turn, usage)));
}

async function readBody(request: IncomingMessage): Promise<JsonObject> {
  let text = '';
  // A letter may stand over the edge of two pieces.
  request.setEncoding('utf8');
  for await (const piece of request) text += piece;
  const body: unknown = JSON.parse(text);
  if (!isObject(body)) throw new Error('The router sent no object.');
  return body;
}

/** Providers on a real socket of this machine, as strict as the true ones, that say what a script wants. */
export async function startAgentDouble(): Promise<AgentDouble> {
  let running: ReturnType<typeof play> | null = null;
  const server = createServer(async (request, response) => {
    const body = await readBody(request);
    const answered = running?.answer(body) ?? { kind: 'refused' as const, status: 400, body: { error: 'no run' } };
    if (answered.kind === 'refused') {
      response.writeHead(answered.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answered.body));
    } else if (body['stream'] === true) writeStream(response, answered.chunks, answered.usage);
    else writeWhole(response, answered.turn, answered.usage);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    url: `http://127.0.0.1:${port}`,
    begin(script) {
      running = play(script);
      return running.seen;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
