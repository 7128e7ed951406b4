import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { app } from '../../src/app.ts';
import { internal } from '../support/router.ts';
import { fieldsIn } from './form-fields.ts';
import { auditOf, makeThroughForm, type Operator, save } from './key-form.ts';
import { browse, newOperator, ORIGIN } from './operator.ts';

let operator: Operator;

beforeAll(async () => {
  operator = await newOperator();
});

async function columnOf(id: string, column: 'expires_at' | 'models'): Promise<unknown> {
  return await env.DB.prepare(`SELECT ${column} AS value FROM api_keys WHERE id = ?`).bind(id).first('value');
}

/** A form as a browser sends it: a name comes as often as there are fields of it. */
async function sendBoxes(id: string, models: readonly string[], rest: Record<string, string> = {}): Promise<Response> {
  const fields = fieldsIn(await operator.read(`/admin/keys/${id}`), `/admin/keys/${id}`);
  const body = new URLSearchParams(Object.entries({ ...fields, ...rest }).filter(([name]) => name !== 'models'));
  for (const name of models) body.append('models', name);
  const headers = { origin: ORIGIN, cookie: operator.cookie };
  return await browse(`/admin/keys/${id}`, { method: 'POST', body, headers });
}

/** The boxes of a page's picker, by what they stand for: whether each is ticked. */
async function boxesOf(path: string): Promise<Map<string, boolean>> {
  const html = await operator.read(path);
  const boxes = html.matchAll(/<input type="checkbox" name="models" value="([^"]*)"( checked="")?/g);
  return new Map([...boxes].map(([, name = '', checked]) => [name, checked !== undefined]));
}

describe('the models of a key', () => {
  it('are ticked in a list of what there is, with what each allows, and others are typed', async () => {
    const { id } = await makeThroughForm(operator, { username: 'picker' });
    const html = await operator.read(`/admin/keys/${id}`);
    expect(html).toContain('Without a choice the key may use every model');
    const text = html.replaceAll(/(<[^>]*>)+/g, '|');
    expect(text).toMatch(/\|deepseek\/\*\|all \d+, and those that come later\|/);
    expect(text).toMatch(/\|deepseek\/deepseek-flash\|text, image · \$\d+\.\d+ \/ \$\d+\.\d+\|/);
    expect(text).toMatch(/\|claude-\*\|deepseek\/deepseek-flash, /);
    expect([...(await boxesOf(`/admin/keys/${id}`)).values()]).not.toContain(true);
    const answer = await sendBoxes(id, ['zai/*', 'test/echo', 'glm-5-turbo']);
    expect(answer.headers.get('location')).toContain('done=saved');
    expect(await columnOf(id, 'models')).toBe('glm-5-turbo,test/echo,zai/*');
    const boxes = await boxesOf(`/admin/keys/${id}`);
    expect([...boxes].flatMap(([name, isTicked]) => (isTicked ? [name] : []))).toEqual(['zai/*', 'test/echo']);
    expect(await operator.read(`/admin/keys/${id}`)).toMatch(/id="models" name="models" value="glm-5-turbo"/);
  });

  it('are all again once nothing is ticked', async () => {
    const { id } = await makeThroughForm(operator, { username: 'picker', models: 'test/echo,zai/*' });
    await sendBoxes(id, ['']);
    expect(await columnOf(id, 'models')).toBeNull();
  });

  it('stay as they are where nobody touched them, in whatever order they stand', async () => {
    const { id } = await makeThroughForm(operator, { username: 'picker', models: 'test/echo,zai/*' });
    await env.DB.prepare("UPDATE api_keys SET models = 'zai/*, a/* ,test/echo' WHERE id = ?").bind(id).run();
    const answer = await sendBoxes(id, ['test/echo', 'zai/*', 'a/*']);
    expect(answer.headers.get('location')).toBe(`/admin/keys/${id}`);
    expect(await auditOf(id)).toEqual(['console key.create']);
    const other = await sendBoxes(id, ['zai/*', 'test/echo', 'a/*'], { rpm: '3' });
    expect(other.headers.get('location')).toContain('done=saved');
    expect(await columnOf(id, 'models')).toBe('zai/*, a/* ,test/echo');
  });

  it('are ticked alike for new keys and for members', async () => {
    for (const path of ['/admin/keys/new', '/admin/members']) {
      expect((await boxesOf(path)).get('deepseek/*'), path).toBe(false);
    }
  });
});

describe('the last day of a key', () => {
  it('is a day, to the end of which the key works', async () => {
    const { id } = await makeThroughForm(operator, { username: 'last', expires_at: '2099-12-31' });
    expect(await columnOf(id, 'expires_at')).toBe('2100-01-01T00:00:00.000Z');
    const html = await operator.read(`/admin/keys/${id}`);
    expect(html).toMatch(/name="expires_at" type="date" value="2099-12-31"/);
    await save(operator, id, { expires_at: '2098-02-28' });
    expect(await columnOf(id, 'expires_at')).toBe('2098-03-01T00:00:00.000Z');
    await save(operator, id, { expires_at: '' });
    expect(await columnOf(id, 'expires_at')).toBeNull();
  });

  it('may be today', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const { id } = await makeThroughForm(operator, { username: 'last', expires_at: today });
    expect(Date.parse(String(await columnOf(id, 'expires_at')))).toBeGreaterThan(Date.now());
  });

  it('is the day that a time set elsewhere falls on, and stays that time where nobody touches it', async () => {
    const { id } = await makeThroughForm(operator, { username: 'last' });
    const change = { method: 'PATCH', body: JSON.stringify({ expires_at: '2099-06-15T10:30:00Z' }) };
    await internal(`/internal/keys/${id}`, change);
    const fields = fieldsIn(await operator.read(`/admin/keys/${id}`), `/admin/keys/${id}`);
    expect(fields).toMatchObject({ expires_at: '2099-06-15' });
    await operator.send(`/admin/keys/${id}`, { ...fields, rpm: '4' });
    expect(await columnOf(id, 'expires_at')).toBe('2099-06-15T10:30:00.000Z');
  });

  it('ends where the router’s days end', async () => {
    const { id } = await makeThroughForm(operator, { username: 'last' });
    const ahead = { ...env, BUDGET_UTC_OFFSET: '+08:00' } as unknown as Cloudflare.Env;
    const body = new URLSearchParams({ expires_at: '2099-12-31', purpose: 'default' });
    const headers = { origin: ORIGIN, cookie: operator.cookie };
    const request = new Request(`${ORIGIN}/admin/keys/${id}`, { method: 'POST', body, headers, redirect: 'manual' });
    await app.fetch(request, ahead, createExecutionContext());
    expect(await columnOf(id, 'expires_at')).toBe('2099-12-31T16:00:00.000Z');
    const page = await app.fetch(
      new Request(`${ORIGIN}/admin/keys/${id}`, { headers }),
      ahead,
      createExecutionContext(),
    );
    expect(await page.text()).toMatch(/name="expires_at" type="date" value="2099-12-31"/);
  });
});
