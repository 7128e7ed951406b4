import { spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import { parseJson } from '../protocol/json.ts';
import { noPositional, readArguments } from './arguments.ts';
import { type Configuration, readConfiguration, sectionOf } from './configuration.ts';
import { databaseFailure } from './failure.ts';
import { Mistake } from './mistake.ts';
import { type Place, readPlace } from './place.ts';
import { say } from './print.ts';
import { PROJECT } from './project.ts';
import { assertInstalled, runWrangler, WRANGLER } from './wrangler.ts';

const HELP = `npm run deploy [-- --env E]
Brings the remote database up to date, then deploys the Worker. The first time it is the other way round:
deploying creates the database, the cache and the queues that wrangler.jsonc names. Nothing that git tracks is written:
what was made is found again by its name, or by the deployed Worker's bindings.`;

/**
 * What is deployed: wrangler.jsonc in a file of its own, which git ignores. Wrangler writes the ids of what it creates
 * into the file that it is given. In wrangler.jsonc they would stand in the way of the next pull, and the local
 * database, whose folder goes by the id, would be out of reach. Beside wrangler.jsonc, so that its paths still hold.
 */
const DEPLOYED = `${PROJECT}.wrangler.deploy.json`;

/** Runs wrangler with the person's own terminal, for its questions and its login. */
function interactive(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [WRANGLER, ...args], { cwd: PROJECT, stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** Whether the account has the database yet. Throws Mistake with wrangler's words when it cannot be asked. */
async function databaseExists(place: Place, env: readonly string[]): Promise<boolean> {
  const { code, stdout, stderr } = await runWrangler(['d1', 'info', 'DB', '--json', ...env]);
  if (code === 0) return true;
  if (/Couldn't find an? .*D1 DB/.test(stdout + stderr)) return false;
  throw new Mistake(databaseFailure(place, { stdout, stderr }));
}

const namespacesSchema = z.array(z.looseObject({ id: z.string(), title: z.string() }));

/** The ids of the account's KV namespaces by title; none where they cannot be listed. */
async function namespaceIds(env: readonly string[]): Promise<Map<string, string>> {
  const { stdout } = await runWrangler(['kv', 'namespace', 'list', ...env]);
  const parsed = namespacesSchema.safeParse(parseJson(stdout.slice(stdout.search(/^\[/m))));
  return new Map(parsed.success ? parsed.data.map(({ id, title }) => [title, id]) : []);
}

/**
 * The configuration with the namespaces that a first deployment made before it failed: wrangler finds databases and
 * queues by their names and a deployed Worker's namespaces by their bindings, but would make these once more, and fail.
 */
async function withLeftNamespaces(place: Place, env: readonly string[]): Promise<Configuration> {
  const configuration = readConfiguration();
  const section = sectionOf(configuration, place.env);
  if (section.kv_namespaces?.every(({ id }) => id !== undefined) ?? true) return configuration;
  const asked = await runWrangler(['secret', 'list', ...env]);
  if (!/Worker ".*" not found/.test(asked.stderr)) return configuration;
  const ids = await namespaceIds(env);
  const kv_namespaces = section.kv_namespaces?.map((namespace) => {
    const id = namespace.id ?? ids.get(`${section.name}-${namespace.binding.toLowerCase().replaceAll('_', '-')}`);
    return id === undefined ? namespace : { ...namespace, id };
  });
  if (place.env === null) return { ...configuration, kv_namespaces };
  return {
    ...configuration,
    env: { ...configuration.env, [place.env]: { ...configuration.env?.[place.env], kv_namespaces } },
  };
}

/** Runs the steps in their order, up to the first that fails. Answers with its exit code. */
async function runSteps(steps: readonly (readonly string[])[]): Promise<number> {
  for (const step of steps) {
    const code = await interactive(step);
    if (code !== 0) return code;
  }
  return 0;
}

/** `npm run deploy`. */
export async function run(args: string[]): Promise<number> {
  const options = { env: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
  const { values, positionals } = readArguments(args, options);
  if (values.help) {
    say(HELP);
    return 0;
  }
  noPositional(positionals);
  assertInstalled();
  const place = readPlace({ ...values, remote: true });
  const env = place.env === null ? [] : ['--env', place.env];
  const [exists, configuration] = await Promise.all([databaseExists(place, env), withLeftNamespaces(place, env)]);
  const deploy = ['deploy', '--minify', '--config', DEPLOYED, ...env];
  const migrate = ['d1', 'migrations', 'apply', 'DB', '--remote', ...env];
  await writeFile(DEPLOYED, JSON.stringify(configuration, null, 2));
  try {
    return await runSteps(exists ? [migrate, deploy] : [deploy, migrate]);
  } finally {
    await rm(DEPLOYED, { force: true });
  }
}
