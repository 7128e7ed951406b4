import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod/mini';
import { parseJson } from '../protocol/json.ts';
import { isLoopback, isSafeUrl } from '../protocol/safe-url.ts';
import { configuredVariable } from './configuration.ts';
import { readDevVars } from './dev-vars.ts';
import { Mistake } from './mistake.ts';
import type { Place } from './place.ts';

/** Where the router runs and what opens its /internal routes. */
export interface Router {
  url: string;
  secret: string;
}

/** The router that a command means, or what is missing to tell. */
export type FoundRouter = { kind: 'found'; router: Router } | { kind: 'unset'; variable: string };

/**
 * A variable of the router that a command means: from the environment, for a local one from .dev.vars, else from
 * wrangler.jsonc. What is set as a secret of a deployment nobody can read back.
 */
export async function routerVariable(name: string, place: Place): Promise<string | null> {
  const local = place.remote ? undefined : (await readDevVars(place.env))[name];
  return process.env[name] || local || configuredVariable(name, place.env);
}

/** Whatever INTERNAL_SECRET opens is the router's to give away, so the secret goes where nobody else can read it. */
function assertSafe(text: string, place: Place): void {
  if (!URL.canParse(text)) throw new Mistake(`ROUTER_URL must be an address such as https://router.example.com.`);
  const url = new URL(text);
  if (!isSafeUrl(url)) {
    throw new Mistake(
      `ROUTER_URL must begin with https:// (http:// only for this machine): INTERNAL_SECRET goes there.`,
    );
  }
  if (!place.remote && !isLoopback(url)) {
    throw new Mistake(`ROUTER_URL is ${url.origin}, which is not this machine: add --remote if you mean it.`);
  }
}

/**
 * ROUTER_URL and INTERNAL_SECRET; without them, for a local database, the port that `npm start` uses and .dev.vars.
 * Answers the name of the variable that is not set where they do not tell. Throws Mistake for an address that is
 * not to have the secret.
 */
export async function findRouter(place: Place): Promise<FoundRouter> {
  const url = process.env['ROUTER_URL'] || (place.remote ? null : `http://127.0.0.1:${process.env['PORT'] || '8787'}`);
  if (url === null) return { kind: 'unset', variable: 'ROUTER_URL' };
  assertSafe(url, place);
  // The router leaves off blanks and line ends around its own as well.
  const secret = (await routerVariable('INTERNAL_SECRET', place))?.trim();
  if (!secret) return { kind: 'unset', variable: 'INTERNAL_SECRET' };
  return { kind: 'found', router: { url: url.replace(/\/+$/, ''), secret } };
}

/** How long a router may take to answer, in ms. */
const PATIENCE = 5_000;

async function send(
  router: Router,
  method: string,
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<Response> {
  // The audit says who made a change.
  const headers = { authorization: `Bearer ${router.secret}`, 'content-type': 'application/json', 'x-actor': 'cli' };
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  return await fetch(router.url + path, { method, headers, redirect: 'error', signal, ...content });
}

/** Calls a path of the router. Throws where nobody answers. */
export async function callRouter(
  router: Router,
  method: string,
  path: string,
  body?: unknown,
  patience: number = PATIENCE,
): Promise<Response> {
  return await send(router, method, path, body, AbortSignal.timeout(patience));
}

/** How often in a row a router that is at work may leave a ping unanswered. */
const MOST_MISSED = 3;

async function isAlive(router: Router): Promise<boolean> {
  try {
    const response = await fetch(`${router.url}/worker/ping`, { signal: AbortSignal.timeout(PATIENCE) });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

/** Gives a call up once the router answers nothing else either. */
async function watch(router: Router, call: AbortController): Promise<void> {
  for (let missed = 0; missed < MOST_MISSED; missed = (await isAlive(router)) ? 0 : missed + 1) {
    await sleep(PATIENCE, undefined, { signal: call.signal, ref: false });
  }
  call.abort();
}

/** Calls a path of the router and waits for as long as the router works: what looks at many keys takes its time. */
async function callPatiently(router: Router, method: string, path: string, body?: unknown): Promise<Response> {
  const call = new AbortController();
  const watching = watch(router, call).catch(() => {});
  try {
    const response = await send(router, method, path, body, call.signal);
    const text = await response.text();
    return new Response(text === '' ? null : text, response);
  } finally {
    call.abort();
    await watching;
  }
}

const errorSchema = z.looseObject({
  error: z.looseObject({
    message: z.string(),
    code: z.optional(z.string()),
    param: z.optional(z.nullable(z.string())),
  }),
});

/** The router's own words about what it refused; null where what answers has none. */
export async function refusalIn(response: Response): Promise<z.output<typeof errorSchema>['error'] | null> {
  const parsed = errorSchema.safeParse(parseJson(await response.text()));
  return parsed.success ? parsed.data.error : null;
}

/** The router said no, and why. */
export class Refused extends Mistake {
  override name = 'Refused';
  readonly status: number;
  readonly code: string | null;
  readonly param: string | null;
  /** The router's own words alone. */
  readonly words: string;
  constructor(status: number, refusal: Awaited<ReturnType<typeof refusalIn>>) {
    const words = refusal?.message ?? 'what answers there may be no router of this project.';
    super(`The router answered ${status}: ${words}`);
    this.words = words;
    this.status = status;
    this.code = refusal?.code ?? null;
    this.param = refusal?.param ?? null;
  }
}

/** Asks a path of the router. Throws Mistake where nobody answers, and Refused with the router's words. */
export async function askRouter<T extends z.ZodMiniType>(
  router: Router,
  method: string,
  path: string,
  schema: T,
  body?: unknown,
): Promise<z.output<T>> {
  let response: Response;
  try {
    response = await callPatiently(router, method, path, body);
  } catch {
    throw new Mistake(`No router answered at ${router.url}. Start it with npm start, or set ROUTER_URL.`);
  }
  if (!response.ok) throw new Refused(response.status, await refusalIn(response));
  const parsed = schema.safeParse(parseJson(await response.text()));
  if (parsed.success) return parsed.data;
  throw new Mistake(`What answers at ${router.url} is not this router. Set ROUTER_URL to where it runs.`);
}
