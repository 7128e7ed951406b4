import { createExecutionContext } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import OpenAI from 'openai';
import { app } from '../../src/app.ts';

export const BASE_URL = 'http://router.test/api/v1';
export const SECRET = 'a-secret-for-tests-of-32-characters-or-more';

/** The Worker's own fetch handler. */
export const routerFetch: typeof fetch = (input, init) => exports.default.fetch(new Request(input, init));

export function get(path: string, init: RequestInit = {}): Promise<Response> {
  return routerFetch(`http://router.test${path}`, init);
}

/**
 * The same handler without the test pool's loopback, whose every call is slower than the one before
 * (seen with 0.23.0: 3 ms at first, 300 ms after 700 calls). For tests that make hundreds.
 */
export async function getDirectly(path: string, init: RequestInit = {}): Promise<Response> {
  return app.fetch(new Request(`http://router.test${path}`, init), env, createExecutionContext());
}

/** A call of the operator's API. */
export function internal(path: string, init: RequestInit = {}): Promise<Response> {
  return get(path, {
    ...init,
    headers: { authorization: `Bearer ${SECRET}`, 'content-type': 'application/json', ...init.headers },
  });
}

/** The official client, bound to the Worker. No retries: a test sees each answer. */
export function openaiClient(apiKey: string, options: Partial<ConstructorParameters<typeof OpenAI>[0]> = {}): OpenAI {
  return new OpenAI({ apiKey, baseURL: BASE_URL, fetch: routerFetch, maxRetries: 0, ...options });
}
