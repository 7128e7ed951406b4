import { setTimeout as sleep } from 'node:timers/promises';
import { queryDatabase } from '../e2e/kill-compare.ts';
import { callInternal, type Home, killRouter, makeHome, startRouter } from '../e2e/kill-router.ts';
import { type FaultyProvider, startFaultyProvider } from './faulty-provider.ts';

/** USD a million tokens: whole nano-dollars a token, so that a bill is a plain sum. */
export const PRICES = { one: { input: 1, output: 2 }, two: { input: 3, output: 5 } } as const;
export type ProviderName = keyof typeof PRICES;
export const PROVIDER_NAMES: readonly ProviderName[] = ['one', 'two'];

/** The router as people run it, with two providers that are only data, one of them with two keys. */
export interface House {
  home: Home;
  providers: Readonly<Record<ProviderName, FaultyProvider>>;
  /** A client's keys: without and with limits, and one of each other purpose. */
  keys: readonly string[];
}

const VARIABLES = { ONE_API_KEY: 'a=key-of-one-a b=key-of-one-b', TWO_API_KEY: 'key-of-two' };

async function setCatalog(port: number, providers: House['providers']): Promise<void> {
  const each = <T>(rowOf: (name: ProviderName) => T) => PROVIDER_NAMES.map(rowOf);
  const targets = (model: string) => each((provider) => ({ model: `${provider}/${model}` }));
  await callInternal(port, 'PUT', '/internal/catalog', {
    providers: each((id) => ({
      ...{ id, name: `Provider ${id}`, base_url: `${providers[id].url}/v1` },
      key_variable: `${id.toUpperCase()}_API_KEY`,
    })),
    models: each((provider) => [
      { provider, id: 'chat', context_length: 100_000, max_output: 4_096 },
      { provider, id: 'embed', kind: 'embedding', context_length: 100_000 },
    ]).flat(),
    prices: each((provider) =>
      ['chat', 'embed'].map((model) => ({ provider, model, valid_from: '2026-01-01', ...PRICES[provider] })),
    ).flat(),
    routes: [
      { name: 'team', targets: targets('chat') },
      { name: 'team-embed', targets: targets('embed') },
    ],
  });
}

async function makeKeys(port: number): Promise<string[]> {
  const kinds = [
    { purpose: 'default' },
    { purpose: 'default', budget_day_usd: 1_000, rpm: 1_000_000 },
    { purpose: 'reasoning' },
    { purpose: 'cursor' },
  ];
  return Promise.all(
    kinds.map(async (settings) => {
      const { key } = await callInternal(port, 'POST', '/internal/keys', { username: 'faults', ...settings });
      return String(key);
    }),
  );
}

export async function openHouse(): Promise<House> {
  const providers = { one: await startFaultyProvider(), two: await startFaultyProvider() };
  const home = await makeHome();
  await startRouter(home, VARIABLES);
  await setCatalog(home.port, providers);
  return { home, providers, keys: await makeKeys(home.port) };
}

/** A new router on the same folder: it knows nothing of anybody's health. */
export async function restart({ home }: House, variables: Record<string, string> = {}): Promise<void> {
  await killRouter();
  await startRouter(home, { ...VARIABLES, ...variables });
}

export async function closeHouse({ providers }: House): Promise<void> {
  await killRouter();
  for (const name of PROVIDER_NAMES) providers[name].close();
}

const SETTLED_WITHIN_MS = 60_000;

/** Settles until nothing is under way; what the router itself then finds wrong with its books. */
export async function settleAll({ home: { port } }: House): Promise<string[]> {
  const deadline = Date.now() + SETTLED_WITHIN_MS;
  for (;;) {
    const { pending } = await callInternal(port, 'POST', '/worker/settle');
    if (pending === 0) break;
    if (Date.now() > deadline) return [`${pending} leases and rows are still under way`];
    await sleep(200);
  }
  const { ok, data } = await callInternal(port, 'GET', '/internal/ledger/check');
  const held = data.filter((row: Record<string, unknown>) => row['held_nano_usd'] !== 0 || row['open_leases'] !== 0);
  return [
    ...(ok === true ? [] : [`the sums differ: ${JSON.stringify(data)}`]),
    ...held.map((row: object) => `something is held: ${JSON.stringify(row)}`),
  ];
}

/** One try, as the row tells it. */
interface RowAttempt {
  provider: ProviderName;
  credential: string;
  status: number | null;
  code: string | null;
  cost_nano_usd?: number;
}

/** A log row, as far as it matters here. */
export interface Row {
  request_id: string;
  provider: ProviderName;
  end: string;
  source: string;
  input_tokens: number;
  output_tokens: number;
  cost_nano_usd: number;
  attempts: number;
  tried: readonly RowAttempt[];
}

const COLUMNS =
  'request_id, provider, "end", source, input_tokens, output_tokens, cost_nano_usd, attempts, attempt_details';

/** All settle rows by request, read from the file itself and not through the router. */
export function readRows({ home }: House): ReadonlyMap<string, readonly Row[]> {
  const rows = new Map<string, Row[]>();
  const stored = queryDatabase(home.folder, `SELECT ${COLUMNS} FROM request_logs WHERE kind = 'settle'`);
  for (const { attempt_details: details, ...row } of stored) {
    const id = String(row['request_id']);
    const tried = details === null ? [] : JSON.parse(String(details));
    rows.set(id, [...(rows.get(id) ?? []), { ...row, tried } as unknown as Row]); // the columns are those of Row
  }
  return rows;
}
