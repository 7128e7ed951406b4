import { parseArgs } from 'node:util';
import { callInternal, type Home, killRouter, makeHome, startRouter } from '../e2e/kill-router.ts';
import type { ProviderName } from '../support/strict-provider.ts';
import { checkBooks } from './books.ts';
import type { Client } from './client.ts';
import { CLIENTS } from './clients.ts';
import { type AgentDouble, type Seen, startAgentDouble } from './double.ts';
import { install } from './install.ts';
import { checkFiles, makePlace, runClient, turnAt, turnsOf } from './run-client.ts';
import { MORE_TURNS, type Step, TURNS } from './task.ts';

const HELP = `Lets real agents work through the router, against providers as strict as the true ones.

  npm run test:agents                               every client, provider and purpose
  npm run test:agents -- --client codex             clients whose name holds this
  npm run test:agents -- --provider deepseek        or moonshot
  npm run test:agents -- --purpose default          or reasoning, or cursor

Each client is installed from npm into a folder outside of the project, and does a loop of ${TURNS.length} tool turns. Claude
Code and Codex then resume, make their history shorter and go on behind that. Exit 1 where a request was refused, reasoning did not come back letter by letter, a file is not what it should be, or a row of
the log is not what the provider said.
`;

const MODELS: Partial<Record<ProviderName, string>> = { deepseek: 'deepseek-flash', moonshot: 'kimi-k3' };
const PROVIDERS: readonly ProviderName[] = ['deepseek', 'moonshot'];
const PURPOSES = ['default', 'reasoning'];

/** One cell of the table. */
interface Case {
  client: Client;
  provider: ProviderName;
  purpose: string;
}

interface Router {
  home: Home;
  double: AgentDouble;
}

/**
 * What the provider saw: nothing to refuse, every turn, and all earlier turns in each request, up to a summary; the
 * reasoning of each turn that was sent, before and behind one.
 */
function checkSeen(seen: Seen, turns: readonly Step[][], hasSequels: boolean): string[] {
  const { last, longest, lost, refusals, returned, sent, sentBySummary } = seen;
  const faults = refusals.map((refusal) => `The provider refused: ${refusal}`);
  if (seen.turns !== turns.length) faults.push(`The model was asked ${seen.turns} times, not ${turns.length}.`);
  const asked = hasSequels ? TURNS.length + 1 + MORE_TURNS.length : turns.length;
  const wanted = (asked * (asked - 1)) / 2;
  const got = hasSequels ? sentBySummary : sent;
  if (got !== wanted) faults.push(`Earlier turns came ${got} times of ${wanted}.`);
  if (lost > 0 || returned !== sent)
    faults.push(`Reasoning came back ${returned} times of ${sent}, and was lost ${lost} times.`);
  if (hasSequels && last >= longest / 2) faults.push(`Behind the summary it sent ${last} messages of ${longest}.`);
  return faults;
}

async function play({ double, home }: Router, { client, provider, purpose }: Case, program: string): Promise<string[]> {
  const made = await callInternal(home.port, 'POST', '/internal/keys', { username: 'agent', purpose });
  const place = await makePlace();
  const model = MODELS[provider] ?? '';
  const reach = { ...place, origin: `http://127.0.0.1:${home.port}`, secret: made.key, model };
  const mainTool = client.call({ do: 'run', command: '' }, reach).name;
  const turn = (position: number) => turnAt(provider, client, reach, position);
  const seen = double.begin({ provider, turn, mainTool });
  try {
    const faults = await runClient(client, program, reach);
    return [
      ...faults,
      ...(await checkFiles(place.work)),
      ...checkSeen(seen, turnsOf(client, reach), client.sequels !== null),
      ...(await checkBooks(home.port, made.id, client.endpoint, seen.charges)),
    ];
  } finally {
    await place.remove();
  }
}

function variablesOf(url: string): Record<string, string> {
  return {
    DEEPSEEK_API_KEY: 'provider-key',
    DEEPSEEK_BASE_URL: url,
    MOONSHOT_API_KEY: 'provider-key',
    MOONSHOT_BASE_URL: url,
  };
}

/** Names of the GPT family, by which Codex chooses its tools, are the provider's model. */
async function nameModels(port: number, provider: ProviderName): Promise<void> {
  const targets = [{ model: `${provider}/${MODELS[provider]}` }];
  const routes = ['gpt-5.5', 'gpt-6.2-sol'].map((name) => ({ name, targets }));
  await callInternal(port, 'PUT', '/internal/catalog', { routes });
}

function choose(): { clients: Client[]; providers: ProviderName[]; purposes: string[] } | null {
  const text = { type: 'string' } as const;
  const options = { client: text, provider: text, purpose: text, help: { type: 'boolean', short: 'h' } } as const;
  const { values } = parseArgs({ options });
  if (values.help) return null;
  return {
    clients: CLIENTS.filter(({ name }) => name.toLowerCase().includes((values.client ?? '').toLowerCase())),
    providers: PROVIDERS.filter((provider) => provider.includes(values.provider ?? '')),
    purposes: values.purpose === undefined ? PURPOSES : [values.purpose],
  };
}

async function playOne(router: Router, one: Case): Promise<string> {
  const from = performance.now();
  const installed = await install(one.client);
  const { client, provider, purpose } = one;
  const place = `${`${client.name} ${client.version}`.padEnd(34)} ${provider.padEnd(9)} ${purpose.padEnd(10)}`;
  if (installed.kind === 'missing') return `skipped  ${place} ${installed.why}`;
  const faults = await play(router, one, installed.program);
  for (const fault of faults.slice(0, 8)) process.stdout.write(`  ${client.name}, ${provider}: ${fault}\n`);
  const seconds = Math.round((performance.now() - from) / 1_000);
  return `${faults.length === 0 ? 'ok     ' : 'FAILED '}  ${place} ${seconds} s`;
}

async function main(): Promise<number> {
  const chosen = choose();
  if (chosen === null) {
    process.stdout.write(HELP);
    return 0;
  }
  const double = await startAgentDouble();
  const home = await makeHome();
  const lines: string[] = [];
  for (const provider of chosen.providers) {
    await startRouter(home, variablesOf(double.url));
    await nameModels(home.port, provider);
    for (const client of chosen.clients) {
      for (const purpose of chosen.purposes) {
        lines.push(await playOne({ home, double }, { client, provider, purpose }));
        process.stdout.write(`${lines.at(-1)}\n`);
      }
    }
    await killRouter();
  }
  double.close();
  process.stdout.write(`\n${lines.join('\n')}\n`);
  return lines.length === 0 || lines.some((line) => line.startsWith('FAILED')) ? 1 : 0;
}

process.exit(await main());
