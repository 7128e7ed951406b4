import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type ProviderDouble, startProviderDouble } from '../support/provider-double.ts';
import { type Comparison, compare, PRICES, readRows } from './kill-compare.ts';
import { type Key, randomFrom, send, startLoad } from './kill-load.ts';
import { callInternal, type Home, killRouter, makeHome, startRouter } from './kill-router.ts';

const HELP = `Kills the router under load and counts the money (I5 of the ledger's promises).

  npm run test:kill                       ten rounds
  npm run test:kill -- --rounds 100       more of them
  npm run test:kill -- --shared           the keys' user and team have budgets, too (I13)
  npm run test:kill -- --seed 7           the same choices again; round n is the first round of seed + n - 1

A round: clients stream, ask for whole answers and hang up, with keys with and without limits; at a random moment
SIGKILL ends wrangler dev and workerd; they start again on the same folder; the books are settled and compared with
what the clients were told and with what the provider served. Exit 1 when one request is missing, twice, or misbilled.
`;

const LEASE_TTL_MS = 2_500;
/** What a key has drawn from a shared budget goes back after this. */
const BLOCK_TTL_MS = 1_500;
const NAMES_A_ROUND = 800;
const LONGEST_LOAD_MS = 4_500;
/** The refusals of a minute are counted in one row, which goes to D1 when the minute is over. */
const SETTLED_WITHIN_MS = 80_000;
/** A ledger whose release failed tries again after a minute. */
const QUIET_WITHIN_MS = 75_000;
const FAULTS_SHOWN = 12;

const namesOf = (round: number) => Array.from({ length: NAMES_A_ROUND }, (_, index) => `r${round}-${index}`);

/**
 * The double stands in for DeepSeek. Each request has a model name of its own: it stands in its row however that
 * came to be written, so rows can be told apart even where the client never saw a request id.
 */
function variablesOf(provider: ProviderDouble): Record<string, string> {
  return {
    DEEPSEEK_API_KEY: 'vendor-key',
    DEEPSEEK_BASE_URL: provider.url,
    LEASE_TTL_MS: String(LEASE_TTL_MS),
    BLOCK_TTL_MS: String(BLOCK_TTL_MS),
    DRAIN_MS: '10000',
  };
}

/** The double's one model, and the names by which it is asked for. */
async function setCatalog(port: number): Promise<void> {
  const model = { provider: 'deepseek', id: 'double', context_length: 1_000_000, max_output: 8_192 };
  const price = { provider: 'deepseek', model: 'double', valid_from: '2026-01-01', revision: 'kill-test', ...PRICES };
  const route = { name: 'r*', targets: [{ model: 'deepseek/double' }] };
  await callInternal(port, 'PUT', '/internal/catalog', { models: [model], prices: [price], routes: [route] });
}

/** Budgets of the user and of a team, so large that nothing is refused, and so small that ledgers draw all the time. */
async function setShared(port: number): Promise<void> {
  await callInternal(port, 'POST', '/internal/teams', { name: 'killers', budget_month_usd: 30, budget_total_usd: 40 });
  await callInternal(port, 'PATCH', '/internal/users/kill', { team: 'killers', budget_day_usd: 20 });
}

async function makeKeys(port: number, isShared: boolean): Promise<Key[]> {
  const kinds = [{}, { budget_day_usd: 1000, rpm: 1_000_000, tpm: 1_000_000_000 }, { max_concurrent: 4 }];
  return await Promise.all(
    kinds.map(async (limits) => {
      const { key } = await callInternal(port, 'POST', '/internal/keys', { username: 'kill', ...limits });
      return { secret: key, limited: isShared || Object.keys(limits).length > 0 };
    }),
  );
}

/** Settles until nothing is under way. Throws when that takes too long. */
async function settleAll(port: number): Promise<void> {
  const deadline = Date.now() + SETTLED_WITHIN_MS;
  for (;;) {
    const { pending } = await callInternal(port, 'POST', '/worker/settle');
    if (pending === 0) return;
    if (Date.now() > deadline) throw new Error(`${pending} leases and rows are still under way.`);
    await sleep(200);
  }
}

type SharedRow = Record<'shared_nano_usd' | 'daily_nano_usd' | 'reserved_nano_usd', number>;

const isQuiet = (row: SharedRow) => row.reserved_nano_usd === 0 && row.shared_nano_usd === row.daily_nano_usd;

/** What is left in shared budgets once every ledger has given back what it does not use. */
async function sharedFaults(port: number, isShared: boolean): Promise<string[]> {
  const deadline = Date.now() + QUIET_WITHIN_MS;
  for (;;) {
    const { shared } = await callInternal(port, 'GET', '/internal/ledger/check');
    if (isShared && shared.length < 2) return [`There are ${shared.length} shared budgets in place of 2.`];
    const loud = shared.filter((row: SharedRow) => !isQuiet(row));
    if (loud.length === 0) return [];
    if (Date.now() > deadline)
      return loud.map((row: SharedRow) => `A shared budget is not quiet: ${JSON.stringify(row)}`);
    await sleep(500);
  }
}

/** What the router itself says of its books. */
async function checkFaults(port: number): Promise<string[]> {
  const { ok, data } = await callInternal(port, 'GET', '/internal/ledger/check');
  const restless = data.filter(
    (row: Record<string, unknown>) => row['held_nano_usd'] !== 0 || row['open_leases'] !== 0 || row['outbox'] !== 0,
  );
  const faults = restless.map((row: object) => `A ledger is not quiet: ${JSON.stringify(row)}`);
  return ok ? faults : [...faults, `The sums differ: ${JSON.stringify(data)}`];
}

async function playRound(
  home: Home,
  provider: ProviderDouble,
  keys: Key[],
  round: number,
  seed: number,
  isShared: boolean,
): Promise<Comparison> {
  const random = randomFrom(seed);
  const load = startLoad(home.port, namesOf(round), keys, random);
  const moment = sleep(200 + random() * LONGEST_LOAD_MS);
  // Half of the rounds kill with an acknowledgement: what was promised an instant ago must have been written before.
  await (random() < 0.5 ? moment : Promise.race([moment, load.acknowledgements(1 + Math.floor(random() * 60))]));
  // In one step: nothing is sent to a router that is known to be dead.
  const stopping = load.stop();
  const killedAt = await killRouter();
  const sent = await stopping;
  await startRouter(home, variablesOf(provider));
  await settleAll(home.port);
  const { faults, figures } = compare(sent, provider.served, readRows(home.folder), killedAt);
  faults.push(...(await sharedFaults(home.port, isShared)), ...(await checkFaults(home.port)));
  return { faults, figures };
}

/** A round that breaks off has failed; the next one begins with a router that runs. Throws where none can be started. */
async function tryRound(
  home: Home,
  provider: ProviderDouble,
  keys: Key[],
  round: number,
  seed: number,
  isShared: boolean,
): Promise<Comparison> {
  try {
    return await playRound(home, provider, keys, round, seed, isShared);
  } catch (cause) {
    await killRouter().catch(() => {});
    await startRouter(home, variablesOf(provider));
    return { faults: [`The round broke off: ${cause instanceof Error ? cause.message : String(cause)}`], figures: {} };
  }
}

/** Each key works after the last kill as before the first: no slot, hold or lease is left behind. */
async function tryKeys(home: Home, keys: Key[], round: number): Promise<string[]> {
  const order = { words: 3, pauseMs: 0 };
  const answers = await Promise.all(
    keys.map((key, index) => {
      const name = `r${round}-${index}`;
      return send(home.port, { name, key, stream: true, order: { name, ...order }, leavesAfterMs: null });
    }),
  );
  return answers
    .filter(({ end }) => end !== 'acknowledged')
    .map(({ end, name }) => `After all rounds ${name} is ${end}`);
}

function report(round: number, seed: number, { faults, figures }: Comparison, seconds: number): void {
  const text = Object.entries(figures).map(([name, count]) => `${name} ${count}`);
  const verdict = `${faults.length === 0 ? 'ok' : 'FAILED'} in ${seconds.toFixed(1)} s`;
  process.stdout.write(`round ${round}, seed ${seed}: ${text.join(', ')}: ${verdict}\n`);
  for (const fault of faults.slice(0, FAULTS_SHOWN)) process.stdout.write(`  ${fault}\n`);
  if (faults.length > FAULTS_SHOWN) process.stdout.write(`  and ${faults.length - FAULTS_SHOWN} more\n`);
}

async function main(): Promise<number> {
  const options = {
    rounds: { type: 'string' },
    seed: { type: 'string' },
    shared: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  const { values } = parseArgs({ options });
  const rounds = Number(values.rounds ?? 10);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
  if (values.help || !Number.isSafeInteger(rounds) || rounds < 1 || !Number.isSafeInteger(seed)) {
    process.stdout.write(HELP);
    return values.help ? 0 : 1;
  }
  const startedAt = Date.now();
  const provider = await startProviderDouble();
  const home = await makeHome();
  await startRouter(home, variablesOf(provider));
  await setCatalog(home.port);
  const isShared = values.shared ?? false;
  const keys = await makeKeys(home.port, isShared);
  if (isShared) await setShared(home.port);
  const failed: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const began = Date.now();
    const comparison = await tryRound(home, provider, keys, round, seed + round - 1, isShared);
    if (round === rounds) comparison.faults.push(...(await tryKeys(home, keys, round + 1)));
    report(round, seed + round - 1, comparison, (Date.now() - began) / 1_000);
    if (comparison.faults.length > 0) failed.push(seed + round - 1);
  }
  await killRouter();
  provider.close();
  const took = Math.round((Date.now() - startedAt) / 1_000);
  process.stdout.write(
    `${rounds - failed.length} of ${rounds} rounds passed in ${took} s${isShared ? ', with shared budgets' : ''}.\n`,
  );
  if (failed.length > 0)
    process.stdout.write(`Again: ${failed.map((each) => `--seed ${each} --rounds 1`).join('; ')}\n`);
  return failed.length === 0 ? 0 : 1;
}

process.exit(await main());
