import * as z from 'zod/mini';
import { parseJson } from '../protocol/json.ts';
import { isLoopback, isSafeUrl } from '../protocol/safe-url.ts';
import { configuredVariable } from './configuration.ts';
import { readDevVars } from './dev-vars.ts';
import { Mistake } from './mistake.ts';
import type { Target } from './target.ts';

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
export async function routerVariable(name: string, target: Target): Promise<string | null> {
  const local = target.remote ? undefined : (await readDevVars(target.env))[name];
  return process.env[name] || local || configuredVariable(name, target.env);
}

/** Whatever INTERNAL_SECRET opens is the router's to give away, so the secret goes where nobody else can read it. */
function assertSafe(text: string, target: Target): void {
  if (!URL.canParse(text)) throw new Mistake(`ROUTER_URL must be an address such as https://router.example.com.`);
  const url = new URL(text);
  if (!isSafeUrl(url)) {
    throw new Mistake(
      `ROUTER_URL must begin with https:// (http:// only for this machine): INTERNAL_SECRET goes there.`,
    );
  }
  if (!target.remote && !isLoopback(url)) {
    throw new Mistake(`ROUTER_URL is ${url.origin}, which is not this machine: add --remote if you mean it.`);
  }
}

/**
 * ROUTER_URL and INTERNAL_SECRET; without them, for a local database, the port that `npm start` uses and .dev.vars.
 * Answers the name of the variable that is not set where they do not tell. Throws Mistake for an address that is
 * not to have the secret.
 */
export async function findRouter(target: Target): Promise<FoundRouter> {
  const url = process.env['ROUTER_URL'] || (target.remote ? null : `http://127.0.0.1:${process.env['PORT'] || '8787'}`);
  if (url === null) return { kind: 'unset', variable: 'ROUTER_URL' };
  assertSafe(url, target);
  // The router leaves off blanks and line ends around its own as well.
  const secret = (await routerVariable('INTERNAL_SECRET', target))?.trim();
  if (!secret) return { kind: 'unset', variable: 'INTERNAL_SECRET' };
  return { kind: 'found', router: { url: url.replace(/\/+$/, ''), secret } };
}

/** How long a router may take to answer, in ms. */
const PATIENCE = 5_000;

/** Calls a path of the router. Throws where nobody answers. */
export async function callRouter(
  router: Router,
  method: string,
  path: string,
  body?: unknown,
  patience: number = PATIENCE,
): Promise<Response> {
  // The audit says who made a change.
  const headers = { authorization: `Bearer ${router.secret}`, 'content-type': 'application/json', 'x-actor': 'cli' };
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  return await fetch(router.url + path, {
    method,
    headers,
    redirect: 'error',
    signal: AbortSignal.timeout(patience),
    ...content,
  });
}

const errorSchema = z.looseObject({ error: z.looseObject({ message: z.string() }) });

/** The router's own words about what it refused; null where what answers has none. */
export async function refusalIn(response: Response): Promise<string | null> {
  const parsed = errorSchema.safeParse(parseJson(await response.text()));
  return parsed.success ? parsed.data.error.message : null;
}

async function refreshOne(router: Router, id: string): Promise<string | null> {
  try {
    const response = await callRouter(router, 'POST', `/internal/keys/${id}/refresh`);
    await response.arrayBuffer();
    if (response.ok) return null;
    return `the router at ${router.url} answered ${response.status}`;
  } catch {
    return `no router answered at ${router.url}`;
  }
}

/** Tells the running router to read keys again, and says when the change holds. */
export async function refreshKeys(target: Target, ids: readonly string[]): Promise<string> {
  const now = 'It holds from the next request on.';
  if (ids.length === 0) return now;
  const found = await findRouter(target);
  if (found.kind === 'unset') {
    return `It holds within 60 s (${found.variable} is not set, so no running router was told).`;
  }
  for (const id of ids) {
    const failure = await refreshOne(found.router, id);
    if (failure !== null) return `It holds within 60 s (${failure}).`;
  }
  return now;
}
