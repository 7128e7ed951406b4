import * as z from 'zod/mini';
import { parseJson } from '../protocol/json.ts';
import { isLoopback } from '../protocol/safe-url.ts';
import { noPositional, readArguments } from './arguments.ts';
import { Mistake } from './mistake.ts';
import { type Place, readPlace } from './place.ts';
import { note, say, sayJson } from './print.ts';
import { callRouter, findRouter, type Router, refusalIn } from './router.ts';

const HELP = `npm run doctor [-- --remote] [--env E] [--json]

Asks a running router which providers work from where it runs: a live call with each of their keys, the balance,
and what to do about each problem; and which rows of the catalogue are left out. The router is ROUTER_URL with
INTERNAL_SECRET from the environment; without them the local one on port 8787 (PORT) with the secret of .dev.vars.
A router that is not on this machine needs --remote.
Ends with 1 when something has to be done.`;

const checkSchema = z.looseObject({
  ok: z.boolean(),
  latency_ms: z.number(),
  problem: z.nullable(z.looseObject({ code: z.string(), message: z.string() })),
  balance: z.nullable(z.string()),
  unlisted_models: z.nullable(z.array(z.string())),
});

const credentialSchema = z.looseObject({
  label: z.string(),
  well: z.boolean(),
  until: z.nullable(z.string()),
  reason: z.nullable(z.string()),
  check: z.nullable(checkSchema),
});

const providerSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  configured: z.boolean(),
  key_variable: z.nullable(z.string()),
  base_url_variable: z.nullable(z.string()),
  base_url: z.string(),
  status: z._default(z.string(), 'active'),
  credentials: z._default(z.array(credentialSchema), []),
  check: z.nullable(checkSchema),
});
const reportSchema = z.looseObject({ data: z.array(providerSchema) });

type ProviderReport = z.infer<typeof providerSchema>;
type Check = z.infer<typeof checkSchema>;

/** What a provider's line says, and what there is to do; `remedy` is null when all is well. */
interface Finding {
  mark: '✔' | '✘' | '–';
  text: string;
  remedy: string | null;
}

/** Each provider has up to 10 s, and they are asked side by side. */
const PATIENCE_MS = 30_000;

function setVariable(name: string, remote: boolean): string {
  return remote ? `npx wrangler secret put ${name}` : `${name}=… in .dev.vars, then start the router again`;
}

function remedyFor(provider: ProviderReport, code: string, remote: boolean): string {
  const { key_variable: key, base_url_variable: url } = provider;
  switch (code) {
    case 'upstream_auth_error':
      return `Make a new key in the provider's console, for the host ${provider.base_url}, and set it: ${setVariable(key ?? '', remote)}`;
    case 'upstream_insufficient_balance':
      return "Top up the account in the provider's console.";
    case 'upstream_rate_limited':
    case 'upstream_overloaded':
      return "Wait a minute and ask again; if it stays, look at the account's limits in the provider's console.";
    case 'upstream_timeout':
    case 'upstream_error':
      return url === null ? 'Look at the log of the router.' : `Check ${url}: ${setVariable(url, remote)}`;
    default: {
      const host = url === null ? '' : ` If it does not, check ${url}: ${setVariable(url, remote)}`;
      return `The provider refuses even the smallest request: its message says why.${host}`;
    }
  }
}

/** What a live check says. `name` is the provider's, with its key's where it has several. */
function judgeCheck(provider: ProviderReport, name: string, check: Check, remote: boolean): Finding {
  if (!check.ok) {
    const { code = 'upstream_error', message = 'It failed.' } = check.problem ?? {};
    return { mark: '✘', text: `${name}: ${message}`, remedy: remedyFor(provider, code, remote) };
  }
  const balance = check.balance === null ? '' : `, balance ${check.balance}`;
  const unlisted = check.unlisted_models ?? [];
  const missing = unlisted.length === 0 ? '' : `; this account does not list ${unlisted.join(', ')}`;
  return { mark: '✔', text: `${name}: works, ${check.latency_ms} ms${balance}${missing}`, remedy: null };
}

/** What each key of a provider comes to; one line where there is one key, or none. */
function judge(provider: ProviderReport, remote: boolean): Finding[] {
  const { name, check, configured, credentials, key_variable: key, status } = provider;
  if (status === 'disabled') return [{ mark: '–', text: `${name}: disabled in the catalogue`, remedy: null }];
  if (!configured) {
    const how = key === null ? setVariable('TEST_PROVIDER', remote) : setVariable(key, remote);
    return [{ mark: '–', text: `${name}: not offered. To offer it: ${how}`, remedy: null }];
  }
  if (check === null) return [{ mark: '–', text: `${name}: offered, not checked`, remedy: null }];
  if (credentials.length < 2) return [judgeCheck(provider, name, check, remote)];
  return credentials.map(({ check: own, label }) =>
    judgeCheck(provider, `${name}, key ${label}`, own ?? check, remote),
  );
}

/** Why the router gave no report, and what to do. */
async function refusalOf(response: Response, router: Router): Promise<string> {
  if (response.status === 401)
    return `The router at ${router.url} does not take this INTERNAL_SECRET. Use the one it runs with.`;
  if (response.status === 404) {
    return `The router at ${router.url} has no /internal: give it an INTERNAL_SECRET of at least 32 characters, 8 of them different.`;
  }
  return (await refusalIn(response))?.message ?? `The router at ${router.url} answered HTTP ${response.status}.`;
}

/** The router's report. Throws Mistake that says why there is none. */
async function askRouter(router: Router): Promise<ProviderReport[]> {
  let response: Response;
  try {
    response = await callRouter(router, 'GET', '/internal/providers?check=true', undefined, PATIENCE_MS);
  } catch {
    throw new Mistake(
      `No router answers at ${router.url}. Start it with "npm start", or set ROUTER_URL to where it runs.`,
    );
  }
  if (!response.ok) throw new Mistake(await refusalOf(response, router));
  const parsed = reportSchema.safeParse(parseJson(await response.text()));
  if (parsed.success) return parsed.data.data;
  throw new Mistake(`What answers at ${router.url} is not this router.`);
}

const remarksSchema = z.looseObject({
  problems: z.array(z.looseObject({ table: z.string(), name: z.string(), reason: z.string() })),
  notices: z._default(z.array(z.string()), []),
});

/** What is wrong in the catalogue, and left out; nothing where the router is of a version that keeps none. */
async function askCatalog(router: Router): Promise<Finding[]> {
  const response = await callRouter(router, 'GET', '/internal/catalog').catch(() => null);
  const parsed = remarksSchema.safeParse(response?.ok ? parseJson(await response.text()) : null);
  if (!parsed.success) return [];
  const { notices, problems } = parsed.data;
  const left = problems.map(({ name, reason, table }): Finding => {
    const remedy = `Correct the row, or take it away: ${table === 'prices' ? 'DELETE FROM prices …' : `npm run ${table} -- remove ${name}`}`;
    return { mark: '✘', text: `${table} ${name} is left out: ${reason}`, remedy };
  });
  const told = notices.map((text): Finding => ({ mark: '✘', text, remedy: 'npx wrangler secret delete MODELS_JSON' }));
  return [...left, ...told];
}

interface Report {
  router: Router;
  report: ProviderReport[];
  catalog: Finding[];
}

async function ask(place: Place): Promise<Report> {
  const found = await findRouter(place);
  if (found.kind === 'found') {
    const report = await askRouter(found.router);
    return { router: found.router, report, catalog: await askCatalog(found.router) };
  }
  throw new Mistake(`${found.variable} is not set. Set it in the environment; for a local router .dev.vars will do.`);
}

function sayReport({ catalog, report, router }: Report, json: boolean): number {
  const isLocal = isLoopback(new URL(router.url));
  const judged = report.map((provider) => ({ provider, findings: judge(provider, !isLocal) }));
  const findings = [...judged.flatMap((each) => each.findings), ...catalog];
  const works = findings.some(({ mark }) => mark === '✔') && findings.every(({ remedy }) => remedy === null);
  if (json) {
    const data = judged.map(({ provider, findings: own }) => ({
      ...provider,
      remedy: own.find(({ remedy }) => remedy !== null)?.remedy ?? null,
    }));
    sayJson({ ok: works, problem: null, data, catalog: catalog.map(({ remedy, text }) => ({ text, remedy })) });
    return works ? 0 : 1;
  }
  say(`The router at ${router.url}`);
  for (const { mark, text, remedy } of findings) say(`${mark} ${text}${remedy === null ? '' : `\n  → ${remedy}`}`);
  return works ? 0 : 1;
}

/** `npm run doctor`. Answers with its exit code. */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    json: { type: 'boolean' },
    remote: { type: 'boolean' },
    local: { type: 'boolean' },
    env: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) {
    say(HELP);
    return 0;
  }
  noPositional(positionals);
  const place = readPlace(values);
  try {
    return sayReport(await ask(place), place.json);
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    if (place.json) sayJson({ ok: false, problem: error.message, data: [] });
    else note(`✘ ${error.message}`);
    return 1;
  }
}
