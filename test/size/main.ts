import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { cpuMs } from '../bench/process-usage.ts';
import { type AccessDouble, playAccess } from '../browser/access-double.ts';
import { runFile } from '../e2e/clone.ts';
import {
  callInternal,
  type Home,
  killRouter,
  makeHome,
  routerProcesses,
  SECRET,
  startRouter,
} from '../e2e/kill-router.ts';
import { fill, findStores } from './fill.ts';
import { COMMANDS, CRON, type Filled, type Place, placesOf } from './places.ts';
import { DAYS, type Size } from './plan.ts';

const HELP = `How long pages, reports and commands take where there is much.

  npm run test:size                                   2,000 keys and 100,000 log rows
  npm run test:size -- --keys 10000 --rows 1000000    more of them, up to that
  npm run test:size -- --only ledger                  what has this in its name

Every place is asked until it is fast enough, three times at most. The columns are the time of the first try, of the best
one, and the least CPU time of the router's processes: where a machine has other work, that is what a page is judged by.
Exit 1 where one is too slow or does not answer.
`;
const MOST: Size = { keys: 10_000, rows: 1_000_000 };
const TRIES = 3;
/** What takes so many times as long as it may is not asked again. */
const HOPELESS = 10;
/** Of a page of a list all may be ticked. */
const SEVERAL = 50;
const PATIENCE_MS = 180_000;
const COMMAND_PATIENCE_MS = 900_000;
const ADMINISTRATOR = 'boss@example.com';
const MEMBER = 'user1@example.com';

interface Measured {
  name: string;
  /** What each try took. */
  tries: number[];
  /** The least CPU time of a try. */
  cpu: number;
  mostMs: number | null;
  problem: string | null;
}

function isGood({ tries, cpu, mostMs, problem }: Measured): boolean {
  return problem === null && Math.min(cpu, ...tries) <= (mostMs ?? Number.POSITIVE_INFINITY);
}

/** CPU time that the router has taken so far. */
function routerCpu(): number {
  return routerProcesses().reduce((sum, pid) => sum + cpuMs(pid), 0);
}

function print(measured: Measured): void {
  const [first = 0] = measured.tries;
  const figures = [first, Math.min(...measured.tries), measured.cpu];
  const numbers = figures.map((ms) => ms.toFixed(0).padStart(8)).join('');
  const bound = measured.mostMs === null ? '' : `of ${measured.mostMs}`;
  console.log(
    `${isGood(measured) ? '    ' : 'BAD '}${measured.name.slice(0, 58).padEnd(58)}${numbers}  ${bound}  ${measured.problem ?? ''}`,
  );
}

interface Asked {
  port: number;
  headers: Record<Place['as'], Record<string, string>>;
}

async function measure({ port, headers }: Asked, { name, path, method, as, mostMs }: Place): Promise<Measured> {
  const measured: Measured = { name, tries: [], cpu: Number.POSITIVE_INFINITY, mostMs, problem: null };
  for (let round = 0; round < TRIES; round += 1) {
    const [began, cpuBefore] = [performance.now(), routerCpu()];
    try {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        ...{ method: method ?? 'GET', headers: headers[as], redirect: 'manual' },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      await response.arrayBuffer();
      measured.problem = response.status === 200 ? null : `status ${response.status}`;
    } catch (cause) {
      measured.problem = cause instanceof Error ? cause.name : String(cause);
    }
    const took = performance.now() - began;
    measured.tries.push(took);
    measured.cpu = Math.min(measured.cpu, routerCpu() - cpuBefore);
    if (isGood(measured) || measured.problem !== null || took > HOPELESS * (mostMs ?? 1)) break;
  }
  return measured;
}

async function runCommand({ folder, port }: Home, args: readonly string[], says: RegExp): Promise<Measured> {
  const [began, cpuBefore] = [performance.now(), routerCpu()];
  const environment = { ...process.env, ROUTER_URL: `http://127.0.0.1:${port}`, INTERNAL_SECRET: SECRET };
  const line = [join(folder, 'src/cli/entry.mjs'), ...args];
  const { code, stdout, stderr } = await Promise.race([
    runFile(process.execPath, line, folder, environment),
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      setTimeout(() => resolve({ code: -1, stdout: '', stderr: 'not in time' }), COMMAND_PATIENCE_MS).unref();
    }),
  ]);
  const isWell = code === 0 && says.test(stdout);
  const problem = isWell ? null : `exit ${code}: ${stderr.trim().split('\n').at(-1)}`;
  const name = `npm run ${args.join(' ')}`;
  return { name, tries: [performance.now() - began], cpu: routerCpu() - cpuBefore, mostMs: null, problem };
}

/** A key that has been used once: its ledger and the database are there then. */
async function useOneKey({ port }: Home): Promise<void> {
  const { key } = await callInternal(port, 'POST', '/internal/keys', { username: 'first' });
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, connection: 'close' },
    body: JSON.stringify({ model: 'test/echo', messages: [{ role: 'user', content: 'hello' }] }),
  });
  if (!response.ok) throw new Error(`The first request answered ${response.status}.`);
  await response.arrayBuffer();
  await callInternal(port, 'POST', '/worker/settle');
}

async function signIn({ port }: Home, access: AccessDouble): Promise<Asked> {
  const cookie = async (email: string) => ({ cookie: `CF_Authorization=${await access.tokenOf(email)}` });
  return {
    port,
    headers: {
      administrator: await cookie(ADMINISTRATOR),
      member: await cookie(MEMBER),
      secret: { authorization: `Bearer ${SECRET}` },
    },
  };
}

async function fillHome(home: Home, access: AccessDouble, size: Size): Promise<Filled> {
  const variables = { TEST_PROVIDER: 'true', ...access.variables };
  await startRouter(home, variables);
  await useOneKey(home);
  await killRouter();
  const began = performance.now();
  const ids = fill(findStores(home.folder), size);
  const [keyId = ''] = ids;
  console.log(`filled in ${((performance.now() - began) / 1_000).toFixed(0)} s`);
  await startRouter(home, variables);
  const { data } = await callInternal(home.port, 'GET', '/internal/logs?limit=1');
  const userNames = Array.from({ length: SEVERAL }, (_, index) => `user${index}`);
  const named = { owner: 'user1', team: 'team0', requestId: data[0].request_id };
  return { keyId, keyIds: ids.slice(0, SEVERAL), userNames, ...named };
}

function readSize(): { size: Size; only: string } | null {
  const { values } = parseArgs({
    options: {
      keys: { type: 'string', default: '2000' },
      rows: { type: 'string', default: '100000' },
      only: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  });
  const size = { keys: Number(values.keys), rows: Number(values.rows) };
  const isBounded = size.keys >= 100 && size.keys <= MOST.keys && size.rows >= size.keys && size.rows <= MOST.rows;
  if (!values.help && isBounded) return { size, only: values.only };
  console.log(HELP);
  process.exitCode = values.help ? 0 : 1;
  return null;
}

async function run(size: Size, only: string): Promise<void> {
  const access = await playAccess(ADMINISTRATOR);
  const home = await makeHome();
  const filled = await fillHome(home, access, size);
  const asked = await signIn(home, access);
  // Days that are over are added up, two a minute.
  for (let minute = 0; minute < DAYS / 2; minute += 1) await measure(asked, CRON);
  console.log(`${size.keys} keys, ${size.rows} rows; ms: first try, best try, CPU of the router\n`);
  let isAllGood = true;
  const note = (measured: Measured) => {
    print(measured);
    isAllGood &&= isGood(measured);
  };
  for (const place of [...placesOf(filled), CRON].filter(({ name }) => name.includes(only)))
    note(await measure(asked, place));
  for (const { args, says } of COMMANDS.filter((each) => each.args.join(' ').includes(only))) {
    note(await runCommand(home, args, says));
  }
  access.close();
  process.exitCode = isAllGood ? 0 : 1;
}

const wanted = readSize();
if (wanted !== null) {
  await run(wanted.size, wanted.only);
  // The router goes with this process.
  process.exit();
}
