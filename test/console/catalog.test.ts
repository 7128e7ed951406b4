import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { editBySql } from '../support/catalog.ts';
import { makeKey } from '../support/keys.ts';
import { get } from '../support/router.ts';
import { fieldsIn } from './form-fields.ts';
import type { Operator } from './key-form.ts';
import { newOperator } from './operator.ts';

let operator: Operator;
beforeAll(async () => {
  operator = await newOperator();
});
afterEach(() => editBySql('DELETE FROM routes', 'DELETE FROM models', 'DELETE FROM prices', 'DELETE FROM providers'));

async function servedBy(model: string): Promise<string> {
  const { secret } = await makeKey();
  const response = await get('/v1/chat/completions', {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}` },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] }),
  });
  await response.text();
  return `${response.status} ${response.headers.get('x-llm-model')}`;
}

const stored = async (table: string) => (await env.DB.prepare(`SELECT * FROM ${table}`).all()).results;

describe('a route is made, edited and removed without a script', () => {
  it('and holds from the next request on', async () => {
    const made = await operator.send('/admin/catalog/new/routes', {
      ...{ called: 'team', targets: 'test/echo, test/reason', note: 'all of us', spread: 'off', status: 'active' },
    });
    expect(made.headers.get('location')).toBe('/admin/catalog/routes/team?done=saved');
    expect(await servedBy('team')).toBe('200 echo');
    const path = '/admin/catalog/routes/team';
    const html = await operator.read(path);
    const fields = fieldsIn(html, path);
    expect(fields).toMatchObject({ targets: 'test/echo, test/reason', note: 'all of us', status: 'active' });
    expect(html).toContain('href="/admin/try?model=team"');
    // Somebody else has set a note since the page was opened: it stays.
    await editBySql(`UPDATE routes SET note = 'theirs' WHERE name = 'team'`);
    const saved = await operator.send(path, { ...fields, targets: 'test/reason' });
    expect(saved.status).toBe(303);
    expect(await stored('routes')).toMatchObject([{ note: 'theirs', targets: '[{"model":"test/reason"}]' }]);
    expect(await servedBy('team')).toBe('200 reason');
    expect((await operator.send('/admin/catalog/remove/routes/team')).headers.get('location')).toContain(
      'done=removed',
    );
    expect(await servedBy('team')).toBe('404 null');
    const { results } = await env.DB.prepare(`SELECT actor, action FROM audit WHERE target = 'team'`).all();
    expect(results.map((row) => Object.values(row).join(' '))).toEqual([
      'console route.set',
      'console route.set',
      'console route.remove',
    ]);
    // The row that went is kept in the audit, and read there.
    expect(await operator.read('/admin/changes')).toMatch(/route\.remove[\s\S]*?&quot;note&quot;:&quot;theirs&quot;/);
  });

  it('and what is wrong is said at its field, with what was typed', async () => {
    const refused = await operator.send('/admin/catalog/new/routes', { called: 'team', targets: 'test/ecko' });
    const html = await refused.text();
    expect(refused.status).toBe(400);
    expect(html).toContain('there is no model test/ecko. Did you mean test/echo');
    expect(html).toContain('value="test/ecko"');
    expect(html).toContain('value="team"');
    expect(await stored('routes')).toEqual([]);
  });
});

describe('a model', () => {
  it('is corrected, gets a price, and shows all of them', async () => {
    const path = '/admin/catalog/models/test%2Fecho';
    const html = await operator.read(path);
    // The code's own figure stands under the empty field.
    expect(html).toMatch(/id="context_length-hint">1000000</);
    await operator.send(path, { ...fieldsIn(html, path), context_length: '5000' });
    expect(await stored('models')).toMatchObject([{ id: 'echo', context_length: 5000, max_output: null, tools: null }]);
    const priced = await operator.send('/admin/catalog/prices/test%2Fecho', { input: '7.5', output: '8' });
    expect(priced.headers.get('location')).toBe(`${path}?done=saved`);
    const page = await operator.read(path);
    for (const text of ['7.5', '2020-01-01', 'test-1', '7.50', '>5K<']) expect(page).toContain(text);
    const wrong = await operator.send('/admin/catalog/prices/test%2Fecho', { input: 'cheap', output: '8' });
    expect(wrong.status).toBe(400);
    expect(await wrong.text()).toContain('input must be an amount in USD');
    expect(await stored('prices')).toHaveLength(1);
  });

  it('that a route leads to stays', async () => {
    await operator.send('/admin/catalog/new/models', { called: 'test/new', status: 'active' });
    await operator.send('/admin/catalog/new/routes', { called: 'team', targets: 'test/new' });
    const refused = await operator.send('/admin/catalog/remove/models/test%2Fnew');
    expect(refused.status).toBe(409);
    expect(await refused.text()).toContain('This route leads to it: team');
    expect(await stored('models')).toHaveLength(1);
  });
});

describe('the list', () => {
  it('says which provider has no key, and the variable that it needs', async () => {
    await operator.send('/admin/catalog/new/providers', {
      ...{ called: 'acme', name: 'Acme', base_url: 'https://acme.example/v1', key_variable: 'ACME_API_KEY' },
      status: 'active',
    });
    const html = await operator.read('/admin/catalog');
    expect(html).toContain('No key. Set ACME_API_KEY.');
    expect(html).toMatch(/<a href="[^"]*\/acme" class="soft">acme</);
    expect(html).toMatch(/<a href="[^"]*\/deepseek">deepseek</);
    const evil = await operator.send('/admin/catalog/new/providers', {
      ...{ called: 'evil', base_url: 'https://evil.example', key_variable: 'DEEPSEEK_API_KEY' },
    });
    expect(evil.status).toBe(400);
  });

  it('shows rows that are left out, and why, and lets them be mended', async () => {
    await editBySql(`INSERT INTO routes (name, targets) VALUES ('broken', '<b>no JSON')`);
    const html = await operator.read('/admin/catalog');
    expect(html).toContain('targets is not JSON');
    const path = '/admin/catalog/routes/broken';
    const fields = fieldsIn(await operator.read(path), path);
    expect((await operator.send(path, { ...fields, targets: 'test/echo' })).status).toBe(303);
    expect(await operator.read('/admin/catalog')).not.toContain('targets is not JSON');
  });

  it('says how many tokens were served without a price', async () => {
    await editBySql(`INSERT INTO models (provider, id) VALUES ('test', 'bare')`);
    const columns = 'day, key_id, provider, model, owner, requests, errors, input_tokens, cached_tokens';
    const day = new Date().toISOString().slice(0, 10);
    for (const [model, cost] of [
      ['bare', 0],
      ['echo', 0],
      ['reason', 5],
    ] as const) {
      await env.DB.exec(
        `INSERT INTO usage_daily (${columns}, output_tokens, reasoning_tokens, cost_nano_usd) VALUES ('${day}', 'key_u', 'test', '${model}', 'ann', 1, 0, 1200, 0, 34, 0, ${cost})`,
      );
    }
    const html = await operator.read('/admin/catalog');
    expect(html).toContain('billed at nothing: test/bare: 1,234.');
  });
});
