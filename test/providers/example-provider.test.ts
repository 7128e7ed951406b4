import { describe, expect, it } from 'vitest';
import { createCatalog } from '../../src/catalog/lookup.ts';
import { callProvider } from '../../src/providers/call.ts';
import { configuredProviders } from '../../src/providers/configured.ts';
import { PROVIDERS } from '../../src/providers/registry.ts';
import readme from '../../src/README.md?raw';
import { mistral } from '../fixtures/example-provider.ts';
import source from '../fixtures/example-provider.ts?raw';
import { targetOf } from '../support/target-of.ts';

// What `npm run types` writes once the two names stand in .dev.vars.example.
declare global {
  namespace Cloudflare {
    interface Env {
      MISTRAL_API_KEY: string;
      MISTRAL_BASE_URL: string;
    }
  }
}

const registry = [...PROVIDERS, mistral];
const providers = configuredProviders({ MISTRAL_API_KEY: 'a-key-of-mistral' }, registry);
const catalog = createCatalog(registry.filter(({ id }) => providers.has(id)));

async function send(request: Record<string, unknown> & { model: string }, answer: Response) {
  const found = targetOf(catalog, request.model);
  const configured = providers.get(found.provider);
  if (configured === undefined) throw new Error('not configured');
  const { model, parameters } = found;
  const prepared = configured.provider.request(
    { messages: [{ role: 'user', content: 'hi' }], ...request },
    { model, parameters, userHash: 'u_1' },
  );
  let sent: Request | undefined;
  const response = await callProvider({
    path: '/chat/completions',
    ...configured,
    credential: configured.credentials[0],
    body: JSON.stringify(prepared.request),
    askedAt: 'https://router.example/',
    signal: new AbortController().signal,
    fetch: async (url, init) => {
      sent = new Request(url, init);
      return answer;
    },
  });
  return { response, url: sent?.url, headers: Object.fromEntries(sent?.headers ?? []), body: await sent?.json() };
}

describe('a fourth provider, as the README shows it', () => {
  it('is the file that stands there', () => {
    expect(readme).toContain(source.replaceAll('../../src/providers/', './').replaceAll('../../src/', '../'));
  });

  it('is one file of under 40 lines', () => expect(source.trimEnd().split('\n').length).toBeLessThan(40));

  it('is offered once its key is there', () => {
    expect([...providers.keys()]).toEqual(['mistral']);
    expect(configuredProviders({}, registry).has('mistral')).toBe(false);
    expect(catalog.list().map(({ name }) => name)).toEqual(['mistral/mistral-large-latest', 'mistral-large-latest']);
  });

  it('answers requests in its own words', async () => {
    const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }];
    const { url, headers, body, response } = await send(
      { model: 'mistral/mistral-large-latest', max_completion_tokens: 5, tools, tool_choice: 'required', stream: true },
      new Response('data: [DONE]\n\n'),
    );
    expect(response.status).toBe(200);
    expect(url).toBe('https://api.mistral.ai/v1/chat/completions');
    expect(headers['authorization']).toBe('Bearer a-key-of-mistral');
    expect(body).toEqual({
      messages: [{ role: 'user', content: 'hi' }],
      model: 'mistral-large-latest',
      max_tokens: 5,
      tools,
      tool_choice: 'any',
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('fails as every other provider does', () => {
    const error = mistral.error({ status: 401, body: '{"message":"Unauthorized"}', retryAfter: null });
    expect(error).toMatchObject({ code: 'upstream_auth_error', status: 502 });
    expect(error.message).toContain('MISTRAL_API_KEY');
  });
});
