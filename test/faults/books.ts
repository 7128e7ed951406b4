import { type Sent, wasServed } from './clients.ts';
import type { Call, FaultyProvider } from './faulty-provider.ts';
import { type House, PRICES, PROVIDER_NAMES, type ProviderName, type Row, readRows } from './house.ts';

/* The books of requests, compared with what clients were told and what the providers did. */

interface Served {
  provider: ProviderName;
  call: Call;
}

function callsByRequest(providers: Readonly<Record<ProviderName, FaultyProvider>>): Map<string, Served[]> {
  const calls = new Map<string, Served[]>();
  for (const provider of PROVIDER_NAMES) {
    for (const call of providers[provider].calls) {
      calls.set(call.request, [...(calls.get(call.request) ?? []), { provider, call }]);
    }
  }
  return calls;
}

function priceOf(provider: ProviderName, input: number, output: number): number {
  return input * PRICES[provider].input * 1_000 + output * PRICES[provider].output * 1_000;
}

/** What broke off on the way: each a few tokens of input at its own price, and only what had been accepted. */
function brokenCost(row: Row): { cost: number; fault: string | null } {
  let cost = 0;
  for (const { code, cost_nano_usd: part, provider, status } of row.tried) {
    if (part === undefined) continue;
    cost += part;
    if (code === null || status !== 200 || part % (PRICES[provider].input * 1_000) !== 0) {
      return { cost, fault: `has a strange part: ${JSON.stringify(row.tried)}` };
    }
  }
  return { cost, fault: null };
}

/** What is wrong with the bill of one request; null where nothing is. */
function billFault(row: Row, served: Served | undefined, calls: readonly Served[]): string | null {
  const broken = brokenCost(row);
  if (broken.fault !== null) return broken.fault;
  const own = row.cost_nano_usd - broken.cost;
  const parts = row.tried.filter((attempt) => attempt.cost_nano_usd !== undefined).length;
  const brokeOff = calls.filter(({ call }) => call.fate === 'breaks off before a choice').length;
  if (served === undefined) {
    // The last one that broke off stands in the row's own tokens.
    const expected = row.source === 'estimated' ? priceOf(row.provider, row.input_tokens, 0) : 0;
    if (parts + (row.source === 'estimated' ? 1 : 0) !== brokeOff) return `has ${parts} parts for ${brokeOff}`;
    return own === expected ? null : `is billed ${own} for no answer`;
  }
  const { prompt_tokens: input, completion_tokens: output } = served.call.usage;
  const expected = priceOf(served.provider, input, output);
  if (row.provider !== served.provider) return `is booked for ${row.provider}, and ${served.provider} served`;
  if (parts !== brokeOff) return `has ${parts} parts for ${brokeOff} that broke off`;
  return own === expected && row.source === 'reported' ? null : `is billed ${own}, and ${expected} is due`;
}

/** What is wrong with a request that was not served: somebody would have, or nobody said why. */
function failureFaults({ status, text, way }: Sent, made: readonly Served[], mostTried: number): string[] {
  const tried = new Set(made.map(({ call, provider }) => `${provider} ${call.credential}`));
  return [
    ...(made.some(({ call }) => call.fate === 'serves') ? [`failed, though one served it: ${text.slice(-200)}`] : []),
    ...(tried.size < mostTried ? [`failed after ${[...tried].join(', ')}: not all were asked`] : []),
    ...(way.isError(text) ? [] : [`has no clear error: ${status} ${text.slice(0, 200)}`]),
  ];
}

export interface Books {
  faults: string[];
  served: number;
  /** Those that no provider would serve, each key of each asked. */
  failed: number;
  attempts: number;
  brokeOff: number;
  nanoUsd: number;
}

/** Compares what was sent with what the providers did and the log says. `mostTried` is how many tries a route has. */
export function compareBooks(house: House, sent: readonly Sent[], mostTried: number): Books {
  const rows = readRows(house);
  const calls = callsByRequest(house.providers);
  const books: Books = { faults: [], served: 0, failed: 0, attempts: 0, brokeOff: 0, nanoUsd: 0 };
  for (const one of sent) {
    const made = calls.get(one.name) ?? [];
    const answers = made.filter(({ call }) => call.fate === 'serves');
    const own = rows.get(one.requestId) ?? [];
    const [row] = own;
    const fault = (what: string) => books.faults.push(`${one.name} (${one.way.name}) ${what}`);
    if (answers.length > 1) fault(`was served ${answers.length} times`);
    if (wasServed(one)) books.served += 1;
    else {
      books.failed += 1;
      for (const what of failureFaults(one, made, mostTried)) fault(what);
    }
    if (row === undefined || own.length > 1) {
      fault(`has ${own.length} rows`);
      continue;
    }
    if (row.attempts !== made.length) fault(`has ${row.attempts} attempts, and ${made.length} calls were made`);
    const bill = billFault(row, answers[0], made);
    if (bill !== null) fault(bill);
    books.attempts += row.attempts;
    books.brokeOff += row.tried.filter((attempt) => attempt.cost_nano_usd !== undefined).length;
    books.nanoUsd += row.cost_nano_usd;
  }
  return books;
}
