import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { queryDatabase } from '../e2e/kill-compare.ts';
import { callInternal } from '../e2e/kill-router.ts';
import { type Sent, send, WAYS, wasServed } from './clients.ts';
import { type House, PROVIDER_NAMES, settleAll } from './house.ts';
import type { Part } from './part.ts';

const EDITS = 200;
const CLIENTS = 8;
/** Every so manieth edit is plain SQL. */
const BY_SQL = 10;
/** What the requests ask for. */
const NAME = 'edited';

/**
 * An edition of the catalogue: which provider serves, what its request says (`seed`) and what it costs are set at once, in
 * three tables' rows. A request that saw half of it would be served by one edition and billed by another.
 */
function rowsOf(edition: number) {
  const provider = PROVIDER_NAMES[edition % PROVIDER_NAMES.length] ?? 'one';
  const price = { valid_from: '2026-01-01', revision: `edition-${edition}`, input: edition, output: edition };
  return {
    models: PROVIDER_NAMES.map((each) => ({ provider: each, id: NAME, max_output: 100 + edition })),
    prices: PROVIDER_NAMES.map((each) => ({ provider: each, model: NAME, ...price })),
    routes: [{ name: NAME, targets: [{ model: `${provider}/${NAME}`, parameters: { seed: edition } }] }],
  };
}

/** The same by hand, in D1's own file and one transaction; nobody tells the router. */
function editBySql({ home: { folder } }: House, edition: number): void {
  const databases = join(folder, '.wrangler/state/v3/d1/miniflare-D1DatabaseObject');
  const name = readdirSync(databases).find((file) => /^[0-9a-f]{64}\.sqlite$/.test(file)) ?? '';
  const database = new DatabaseSync(join(databases, name), { timeout: 10_000 });
  const { models, prices, routes } = rowsOf(edition);
  try {
    database.exec('BEGIN IMMEDIATE');
    for (const { id, max_output, provider } of models) {
      database.prepare('UPDATE models SET max_output = ? WHERE provider = ? AND id = ?').run(max_output, provider, id);
    }
    for (const { input, model, output, provider, revision, valid_from } of prices) {
      const columns = '(provider, model, valid_from, revision, input, output)';
      const values = [provider, model, valid_from, revision, input, output];
      database.prepare(`INSERT INTO prices ${columns} VALUES (?, ?, ?, ?, ?, ?)`).run(...values);
    }
    for (const { name: route, targets } of routes) {
      database.prepare('UPDATE routes SET targets = ? WHERE name = ?').run(JSON.stringify(targets), route);
    }
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

interface Billed {
  provider: string;
  revision: string;
  nanoUsd: number;
}

function readBills({ home: { folder } }: House): Map<string, Billed> {
  const columns = 'request_id, provider, price_revision, cost_nano_usd';
  const rows = queryDatabase(folder, `SELECT ${columns} FROM request_logs WHERE kind = 'settle' AND model = '${NAME}'`);
  return new Map(
    rows.map((row) => [
      String(row['request_id']),
      {
        provider: String(row['provider']),
        revision: String(row['price_revision']),
        nanoUsd: Number(row['cost_nano_usd']),
      },
    ]),
  );
}

/** What is wrong with one request; null where it saw one edition from its start to its end. */
function faultOf(house: House, sent: Sent, bill: Billed | undefined): string | null {
  if (!wasServed(sent)) return `was not served: ${sent.status} ${sent.text.slice(0, 200)}`;
  if (bill === undefined) return 'has no row';
  const served = PROVIDER_NAMES.flatMap((provider) =>
    house.providers[provider].calls.filter(({ request }) => request === sent.name).map((call) => ({ provider, call })),
  );
  const [only] = served;
  if (only === undefined || served.length > 1) return `was asked of a provider ${served.length} times`;
  const { call, provider } = only;
  const edition = Number(call.seed);
  const due = edition * 1_000 * call.usage.total_tokens;
  const isWhole = bill.revision === `edition-${edition}` && bill.provider === provider && bill.nanoUsd === due;
  const isRight = PROVIDER_NAMES[edition % PROVIDER_NAMES.length] === provider;
  if (isWhole && isRight) return null;
  return `saw edition ${edition} at ${provider}, and was billed ${bill.nanoUsd} by ${bill.revision} of ${bill.provider}`;
}

/** The catalogue edited 200 times under load, by the API and by plain SQL: no request sees half of a change. */
export async function editUnderLoad(house: House, random: () => number): Promise<Part> {
  const { home, keys } = house;
  await callInternal(home.port, 'PUT', '/internal/catalog', rowsOf(1));
  const ways = WAYS.filter(({ model }) => model === 'team').map((way) => ({ ...way, model: NAME }));
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T; // none is empty
  const sent: Sent[] = [];
  let isOver = false;
  let count = 0;
  const client = async () => {
    while (!isOver) {
      count += 1;
      const asking = { port: home.port, secret: pick(keys), way: pick(ways), session: null };
      sent.push(await send({ ...asking, name: `edit${count}` }));
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  const edits = async () => {
    for (let edition = 2; edition <= EDITS + 1; edition += 1) {
      if (edition % BY_SQL === 0) editBySql(house, edition);
      else await callInternal(home.port, 'PUT', '/internal/catalog', rowsOf(edition));
    }
  };
  await edits().finally(() => {
    isOver = true;
  });
  await Promise.all(clients);
  const restless = await settleAll(house);
  const bills = readBills(house);
  const faults = sent.flatMap((one) => {
    const fault = faultOf(house, one, bills.get(one.requestId));
    return fault === null ? [] : [`${one.name} (${one.way.name}) ${fault}`];
  });
  const seen = new Set([...bills.values()].map(({ revision }) => revision));
  return {
    name: `The catalogue edited ${EDITS} times under load, by the API and by plain SQL`,
    figures: [`${sent.length} requests, which saw ${seen.size} editions`],
    faults: [...restless, ...faults, ...(seen.size > EDITS / 4 ? [] : ['Too few editions were seen.'])],
  };
}
