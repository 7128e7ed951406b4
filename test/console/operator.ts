import { env } from 'cloudflare:workers';
import { get, SECRET } from '../support/router.ts';

export const ORIGIN = 'http://router.test';

/** Sends what a browser would: no redirect is followed, so that a test sees each answer. */
export function browse(path: string, init: RequestInit = {}): Promise<Response> {
  return get(path, { redirect: 'manual', ...init });
}

/** Sends a form from a page of the router. */
export function submit(path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  return browse(path, { method: 'POST', body: new URLSearchParams(fields), headers: { origin: ORIGIN, ...headers } });
}

/** The `name=value` of a cookie that was set. */
export function cookieOf(response: Response): string {
  return response.headers.get('set-cookie')?.split(';')[0] ?? '';
}

let addresses = 0;

/** An address that nobody has signed in from. */
export function newAddress(): string {
  addresses += 1;
  return `198.51.${Math.floor(addresses / 250)}.${addresses % 250}`;
}

/** Signs in; answers the session's cookie. */
export async function signIn(): Promise<string> {
  const response = await submit('/admin/sign-in', { secret: SECRET }, { 'cf-connecting-ip': newAddress() });
  return cookieOf(response);
}

/** An operator who is signed in. */
export async function newOperator(cookies = '') {
  const cookie = [await signIn(), cookies].filter((each) => each !== '').join('; ');
  return {
    cookie,
    open: (path: string) => browse(path, { headers: { cookie } }),
    async read(path: string): Promise<string> {
      return await (await browse(path, { headers: { cookie } })).text();
    },
    send: (path: string, fields: Record<string, string> = {}) => submit(path, fields, { cookie }),
  };
}

/** Every page of the console, for a key and a request that are there. */
export function allPages(keyId: string, requestId: string): string[] {
  return [
    '/admin',
    '/admin/keys',
    '/admin/keys/new',
    `/admin/several/keys?do=limit&id=${keyId}`,
    '/admin/several/users?do=disable',
    '/admin/several/teams?do=limit&id=none',
    `/admin/keys/${keyId}`,
    '/admin/users',
    '/admin/members',
    '/admin/teams',
    '/admin/requests',
    `/admin/requests/${requestId}`,
    '/admin/providers',
    '/admin/models',
    '/admin/catalog',
    '/admin/catalog/new/routes',
    '/admin/catalog/providers/deepseek',
    '/admin/catalog/models/test%2Fecho',
    '/admin/catalog/routes/claude-*',
    '/admin/try',
    '/admin/alerts',
    '/admin/ledger',
    '/admin/changes',
  ];
}

/** Puts a row into the log, as the settlement would. */
export async function logRequest(row: Record<string, string | number | null>): Promise<void> {
  const full = {
    kind: 'settle',
    purpose: 'default',
    provider: 'test',
    model: 'echo',
    requested_model: 'test/echo',
    stream: 1,
    status: 200,
    end: 'completed',
    source: 'reported',
    input_tokens: 1200,
    cached_tokens: 300,
    cache_write_tokens: 0,
    output_tokens: 80,
    reasoning_tokens: 20,
    cost_nano_usd: 1_090_000,
    price_revision: 'test-2026-01-01',
    attempts: 1,
    started_at: new Date().toISOString(),
    first_token_ms: 420,
    duration_ms: 1900,
    day: new Date().toISOString().slice(0, 10),
    ...row,
  };
  const columns = Object.keys(full).map((column) => `"${column}"`);
  const marks = columns.map(() => '?').join(', ');
  await env.DB.prepare(`INSERT INTO request_logs (${columns.join(', ')}) VALUES (${marks})`)
    .bind(...Object.values(full))
    .run();
}
