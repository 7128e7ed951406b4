import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { internal } from '../support/router.ts';
import { fieldsIn } from './form-fields.ts';
import { auditOf, chatStatus, find, makeThroughForm, type Operator } from './key-form.ts';
import { newOperator } from './operator.ts';

let operator: Operator;

beforeAll(async () => {
  operator = await newOperator();
});

/** A key's page that stays open: its settings are sent as they stood, but for what is typed now. */
async function openTab(id: string, html?: string) {
  const action = `/admin/keys/${id}`;
  const fields = fieldsIn(html ?? (await operator.read(action)), action);
  return { fields, save: (typed: Record<string, string>) => operator.send(action, { ...fields, ...typed }) };
}

async function settingsOf(id: string) {
  return await env.DB.prepare('SELECT name, rpm, budget_day_usd, models, reasoning FROM api_keys WHERE id = ?')
    .bind(id)
    .first();
}

const change = (id: string, body: object) =>
  internal(`/internal/keys/${id}`, { method: 'PATCH', body: JSON.stringify(body) });

describe('two tabs on one key', () => {
  it('do not undo each other’s limits: who comes later is told, keeps what was typed, and saves again', async () => {
    const { id } = await makeThroughForm(operator, { username: 'tabs', name: 'before', budget_day_usd: '1' });
    const [early, late] = [await openTab(id), await openTab(id)];
    expect((await early.save({ rpm: '5', budget_day_usd: '0.5' })).headers.get('location')).toContain('done=saved');
    const refused = await late.save({ name: 'after' });
    expect(refused.status).toBe(409);
    const page = await refused.text();
    expect(page).toContain('changed since you opened the form');
    expect(page).toContain('Requests a minute: 5');
    expect(page).toContain('Budget, a day: 0.5');
    expect(await settingsOf(id)).toMatchObject({ name: 'before', rpm: 5, budget_day_usd: 0.5 });
    const again = await openTab(id, page);
    expect(again.fields).toMatchObject({ name: 'after', rpm: '5', budget_day_usd: '0.5' });
    expect((await again.save({})).headers.get('location')).toContain('done=saved');
    expect(await settingsOf(id)).toMatchObject({ name: 'after', rpm: 5, budget_day_usd: 0.5 });
  });

  it('say beside a field that both have set what it is now', async () => {
    const { id } = await makeThroughForm(operator, { username: 'tabs' });
    const [early, late] = [await openTab(id), await openTab(id)];
    await early.save({ rpm: '5' });
    const page = await (await late.save({ rpm: '7', tpm: '100' })).text();
    expect(page).toMatch(/id="rpm"[^>]*value="7"[^>]*aria-invalid="true"/);
    expect(page).toContain('Somebody else has set this to: 5');
    expect(page).not.toMatch(/id="tpm"[^>]*aria-invalid/);
    const again = await openTab(id, page);
    await again.save({});
    expect(await settingsOf(id)).toMatchObject({ rpm: 7 });
  });

  it('count the API and a rotation as somebody else, too', async () => {
    const { id } = await makeThroughForm(operator, { username: 'tabs' });
    const tab = await openTab(id);
    expect((await change(id, { rpm: 9 })).status).toBe(200);
    expect((await tab.save({ models: 'test/*' })).status).toBe(409);
    const second = await openTab(id);
    await internal(`/internal/keys/${id}/rotate`, { method: 'POST' });
    const refused = await second.save({ models: 'test/*' });
    expect(refused.status).toBe(409);
    expect(await refused.text()).not.toContain('undefined');
    expect(await settingsOf(id)).toMatchObject({ rpm: 9, models: null });
  });

  it('of forms that come at the same moment one is saved', async () => {
    const { id } = await makeThroughForm(operator, { username: 'tabs' });
    const tabs = await Promise.all(Array.from({ length: 4 }, () => openTab(id)));
    const answers = await Promise.all(tabs.map((tab, index) => tab.save({ rpm: String(index + 1) })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 409, 409, 409]);
    expect(await auditOf(id)).toEqual(['console key.create', 'console key.update']);
  });
});

describe('a settings form', () => {
  it('changes what was typed and nothing else, and the audit says no more', async () => {
    const { id } = await makeThroughForm(operator, { username: 'sparse', rpm: '5', budget_day_usd: '2.5' });
    await (await openTab(id)).save({ name: 'mine', rpm: '' });
    const row = await env.DB.prepare("SELECT details FROM audit WHERE target = ? AND action = 'key.update'")
      .bind(id)
      .first<{ details: string }>();
    expect(JSON.parse(row?.details ?? '')).toEqual({ name: 'mine', rpm: null });
    expect(await settingsOf(id)).toMatchObject({ name: 'mine', rpm: null, budget_day_usd: 2.5 });
  });

  it('that nobody touched changes nothing', async () => {
    const { id } = await makeThroughForm(operator, { username: 'sparse', models: 'test/*' });
    await env.DB.prepare("UPDATE api_keys SET models = ' test/echo, a/* ' WHERE id = ?").bind(id).run();
    const answer = await (await openTab(id)).save({});
    expect(answer.headers.get('location')).toBe(`/admin/keys/${id}`);
    expect(await auditOf(id)).toEqual(['console key.create']);
    expect(await settingsOf(id)).toMatchObject({ models: ' test/echo, a/* ' });
  });

  it('that was wrong is shown as typed, and goes on knowing what else was set meanwhile', async () => {
    const { id } = await makeThroughForm(operator, { username: 'sparse' });
    const tab = await openTab(id);
    const refused = await tab.save({ rpm: 'many', name: 'kept' });
    expect(refused.status).toBe(400);
    const again = await openTab(id, await refused.text());
    expect(again.fields).toMatchObject({ rpm: 'many', name: 'kept' });
    await change(id, { tpm: 100 });
    expect((await again.save({ rpm: '3' })).status).toBe(409);
  });
});

describe('enabling', () => {
  it('from a page that was opened earlier does not undo a later disabling', async () => {
    const { id, secret } = await makeThroughForm(operator, { username: 'leaked' });
    await operator.send(`/admin/keys/${id}/disable`);
    const fields = fieldsIn(await operator.read(`/admin/keys/${id}`), `/admin/keys/${id}/enable`);
    await change(id, { status: 'active' });
    await change(id, { status: 'disabled' });
    const answer = await operator.send(`/admin/keys/${id}/enable`, fields);
    expect(answer.headers.get('location')).toBe(`/admin/keys/${id}?done=stale`);
    expect(await chatStatus(secret)).toBe(401);
    const fresh = fieldsIn(await operator.read(`/admin/keys/${id}`), `/admin/keys/${id}/enable`);
    await operator.send(`/admin/keys/${id}/enable`, fresh);
    expect(await chatStatus(secret)).toBe(200);
  });
});

describe('the rotate form', () => {
  it('keeps what was typed where it could not be taken', async () => {
    const { id } = await makeThroughForm(operator, { username: 'typist' });
    const action = `/admin/keys/${id}/rotate`;
    const fields = fieldsIn(await operator.read(`/admin/keys/${id}`), action);
    expect(fields).toMatchObject({ grace: '24h' });
    const refused = await operator.send(action, { ...fields, grace: '2 weeks' });
    expect(refused.status).toBe(400);
    const html = await refused.text();
    expect(fieldsIn(html, action)).toMatchObject({ grace: '2 weeks' });
    expect(find(html, /id="grace"[^>]*(aria-invalid="true")/)).not.toBe('');
    expect(fieldsIn(html, `/admin/keys/${id}`)).not.toHaveProperty('grace');
  });
});
