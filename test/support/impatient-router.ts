import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import worker from '../../src/index.ts';

export interface ImpatientRouter {
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /** Resolves when all jobs of all requests are done. */
  settled(): Promise<void>;
}

/** The Worker with other variables, such as shorter times, on the same storage. */
export function routerWith(variables: Partial<Record<keyof Cloudflare.Env, unknown>>): ImpatientRouter {
  const changed = { ...env, ...variables } as Cloudflare.Env; // tests pass texts for texts
  const contexts: ExecutionContext[] = [];
  return {
    async fetch(input, init) {
      const context = createExecutionContext();
      contexts.push(context);
      return worker.fetch(new Request(input, init), changed, context);
    },
    async settled() {
      for (const context of contexts.splice(0)) await waitOnExecutionContext(context);
    },
  };
}
