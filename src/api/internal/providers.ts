import { Hono } from 'hono';
import * as z from 'zod/mini';
import type { AppEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { readOffered } from '../../offer/offered.ts';
import type { ConfiguredProvider } from '../../providers/configured.ts';
import { checkProvider } from '../../providers/live-check.ts';
import type { Provider } from '../../providers/provider.ts';
import { PROVIDERS } from '../../providers/registry.ts';
import { readQuery } from './input.ts';

/** The live check in the words of the API. */
async function check(configured: ConfiguredProvider) {
  const { ok, latencyMs, problem, balance, unlisted } = await checkProvider(configured, Date.now);
  return { ok, latency_ms: latencyMs, problem, balance, unlisted_models: unlisted };
}

async function describe(provider: Provider, configured: ConfiguredProvider | undefined, live: boolean) {
  return {
    id: provider.id,
    name: provider.name,
    configured: configured !== undefined,
    key_variable: provider.variables?.apiKey ?? null,
    base_url_variable: provider.variables?.baseUrl ?? null,
    base_url: configured?.baseUrl ?? provider.baseUrl,
    models: provider.models.map(({ id }) => `${provider.id}/${id}`),
    check: live && configured !== undefined ? await check(configured) : null,
  };
}

const queryShape = { check: z.optional(z.enum(['true', 'false'], 'must be true or false')) };

/** `GET /internal/providers`: what is configured; with `?check=true` what works from here, right now. */
export const internalProviders = new Hono<AppEnv>()
  .get('/providers', async (c) => {
    const { check: asked } = readQuery(c, queryShape);
    const live = asked === 'true';
    const { providers } = readOffered(c.env, c.get('config').modelsJson);
    return c.json({ data: await Promise.all(PROVIDERS.map((each) => describe(each, providers.get(each.id), live))) });
  })
  .all('/providers', methodNotAllowed('GET'));
