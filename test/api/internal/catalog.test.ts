import { afterEach, describe, expect, it } from 'vitest';
import { editBySql } from '../../support/catalog.ts';
import { makeKey } from '../../support/keys.ts';
import { get } from '../../support/router.ts';
import { audited, call } from './call.ts';

afterEach(async () => {
  await editBySql('DELETE FROM routes', 'DELETE FROM models', 'DELETE FROM prices', 'DELETE FROM providers');
});

async function ask(model: string, secret: string, path = '/api/v1/chat/completions') {
  const response = await get(path, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}` },
    body: JSON.stringify({ model, max_tokens: 50, messages: [{ role: 'user', content: 'hi there' }] }),
  });
  const { status, headers } = response;
  return {
    status,
    served: `${headers.get('x-llm-provider')}/${headers.get('x-llm-model')}`,
    text: await response.text(),
  };
}

const ECHO = { targets: [{ model: 'test/echo' }] };

describe('a change through /internal holds from the next request on', () => {
  it('of a route', async () => {
    const { secret } = await makeKey();
    expect((await ask('team', secret)).status).toBe(404);
    expect(await call('PUT', '/catalog/routes/team', ECHO)).toMatchObject({
      status: 200,
      body: { name: 'team', targets: [{ model: 'test/echo' }], spread: false, status: 'active', source: 'database' },
    });
    expect(await ask('team', secret)).toMatchObject({ status: 200, served: 'test/echo' });
    await call('PUT', '/catalog/routes/team', { targets: [{ model: 'test/reason' }], note: 'thinks' });
    expect(await ask('team', secret)).toMatchObject({ served: 'test/reason' });
    expect((await call('DELETE', '/catalog/routes/team')).status).toBe(200);
    expect((await ask('team', secret)).status).toBe(404);
    expect((await call('GET', '/catalog/routes/team')).status).toBe(404);
    expect((await call('DELETE', '/catalog/routes/team')).status).toBe(404);
    expect(await audited('team')).toEqual(['api route.set', 'api route.set', 'api route.remove']);
  });

  it('of a model, its price and what is said of it; a slash comes raw or coded', async () => {
    const { secret } = await makeKey();
    const facts = { context_length: 5000, max_output: 100, inputs: 'text', tools: false, thinking: { kind: 'none' } };
    expect((await call('PUT', '/catalog/models/test/big', facts)).body).toMatchObject({ ...facts, provider: 'test' });
    expect((await call('GET', '/catalog/models/test%2Fbig')).body).toMatchObject({
      id: 'big',
      kind: null,
      tools: false,
    });
    const priced = await call('PUT', '/catalog/prices/test/big', { valid_from: '2026-01-01', input: 1.5, output: 2 });
    expect(priced.body).toMatchObject({
      input: 1.5,
      cached: null,
      output: 2,
      revision: expect.stringMatching(/^2026-01-01-\d+$/),
    });
    const headers = { authorization: `Bearer ${secret}` };
    const shown = await (await get('/api/v1/models/test/big', { headers })).json();
    expect(shown).toMatchObject({
      id: 'test/big',
      context_length: 5000,
      aliases: ['big'],
      pricing: { input: 1.5, cached_input: 1.5 },
    });
  });
});
