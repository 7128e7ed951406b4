import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { internal } from '../support/router.ts';
import { fieldsIn } from './form-fields.ts';
import { auditOf, chatStatus, find, makeThroughForm, type Operator, save, secretIn } from './key-form.ts';
import { newOperator } from './operator.ts';

let operator: Operator;

beforeAll(async () => {
  operator = await newOperator();
});

describe('a change in the console holds from the next request on', () => {
  it("allows providers' own tools, and refuses them again", async () => {
    const { id } = await makeThroughForm(operator, { username: 'tools' });
    const chosen = async () =>
      find(await operator.read(`/admin/keys/${id}`), /id="provider_tools".*?<option value="(\w+)" selected/s);
    expect(await chosen()).toBe('off');
    await save(operator, id, { provider_tools: 'on' });
    expect(await chosen()).toBe('on');
    expect(await (await internal(`/internal/keys/${id}`)).json()).toMatchObject({ provider_tools: true });
    await save(operator, id, { provider_tools: 'off' });
    expect(await chosen()).toBe('off');
  });

  it('sets a limit, lifts it, disables and enables', async () => {
    const { id, secret } = await makeThroughForm(operator, { username: 'limits' });
    expect(await chatStatus(secret)).toBe(200);
    const saved = await save(operator, id, { budget_total_usd: '0', rpm: '', name: 'mine' });
    expect(saved.headers.get('location')).toBe(`/admin/keys/${id}?done=saved`);
    expect(await operator.read(`/admin/keys/${id}?done=saved`)).toContain('It holds from the next request on');
    expect(await chatStatus(secret)).toBe(402);
    await save(operator, id, { budget_total_usd: '', name: 'mine' });
    expect(await chatStatus(secret)).toBe(200);
    await save(operator, id, { models: 'deepseek/*' });
    expect(await chatStatus(secret)).toBe(403);
    await save(operator, id, { models: '' });
    await operator.send(`/admin/keys/${id}/disable`);
    expect(await chatStatus(secret)).toBe(401);
    await operator.send(`/admin/keys/${id}/enable`);
    expect(await chatStatus(secret)).toBe(200);
    const actions = await auditOf(id);
    expect(actions.slice(0, 3)).toEqual(['console key.create', 'console key.update', 'console key.update']);
    expect(actions).toHaveLength(7);
  });

  it('takes no list that names unknown models, and says which was perhaps meant', async () => {
    const { id } = await makeThroughForm(operator, { username: 'lists', models: 'zai/glm-5' });
    const response = await save(operator, id, { models: 'zai/glm-5, deepseek/deepseek-flsh' });
    expect(response.status).toBe(400);
    const html = await response.text();
    expect(html).toContain(
      'There is no model or provider “deepseek/deepseek-flsh”. Did you mean deepseek/deepseek-flash',
    );
    expect(fieldsIn(html, `/admin/keys/${id}`)).toMatchObject({ models: 'zai/glm-5,deepseek/deepseek-flsh' });
    const row = await env.DB.prepare('SELECT models FROM api_keys WHERE id = ?').bind(id).first();
    expect(row).toEqual({ models: 'zai/glm-5' });
    const form = await operator.read('/admin/keys/new');
    const fields = { id: find(form, /name="id" value="([^"]+)"/), username: 'lists', prefix: 'sk' };
    const made = await operator.send('/admin/keys', { ...fields, purpose: 'default', models: 'zia/*' });
    expect(made.status).toBe(400);
    expect(await made.text()).toContain('Did you mean zai/*?');
  });

  it('keeps settings that could not be taken out, and says which', async () => {
    const { id } = await makeThroughForm(operator, { username: 'careful', rpm: '5' });
    const response = await save(operator, id, { rpm: 'many', tpm: '10' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('value="many"');
    const row = await env.DB.prepare('SELECT rpm, tpm FROM api_keys WHERE id = ?').bind(id).first();
    expect(row).toEqual({ rpm: 5, tpm: null });
  });

  it('rotates once where forms come at the same moment, so that the secret in use keeps its grace period', async () => {
    const { id, secret } = await makeThroughForm(operator, { username: 'hasty' });
    const revision = find(await operator.read(`/admin/keys/${id}`), /name="revision" value="(\d+)"/);
    const rotate = () => operator.send(`/admin/keys/${id}/rotate`, { revision, grace: '1h' });
    const answers = await Promise.all([rotate(), rotate(), rotate(), rotate()]);
    const pages = await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 303, 303, 303]);
    const secrets = pages.map(secretIn).filter((shown) => shown !== '');
    expect(await Promise.all([secret, ...secrets].map(chatStatus))).toEqual([200, 200]);
    expect(await auditOf(id)).toEqual(['console key.create', 'console key.rotate']);
  });

  it('refuses an expiry that has passed, and changes nothing', async () => {
    const { id } = await makeThroughForm(operator, { username: 'late' });
    const response = await save(operator, id, { expires_at: '2020-01-31', rpm: '7' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('This day has passed');
    const row = await env.DB.prepare('SELECT expires_at, rpm FROM api_keys WHERE id = ?').bind(id).first();
    expect(row).toEqual({ expires_at: null, rpm: null });
  });

  it('says of a disabled key that its new secret works once it is enabled', async () => {
    const { id } = await makeThroughForm(operator, { username: 'paused' });
    await operator.send(`/admin/keys/${id}/disable`, {});
    const page = await operator.read(`/admin/keys/${id}`);
    const revision = find(page, /name="revision" value="([^"]+)"/);
    const html = await (await operator.send(`/admin/keys/${id}/rotate`, { revision, grace: '1h' })).text();
    expect(html).toContain('disabled and stays so');
    expect(await chatStatus(secretIn(html))).toBe(401);
  });

  it('rotates once a form, with and without a grace period', async () => {
    const { id, secret } = await makeThroughForm(operator, { username: 'rotating' });
    const page = await operator.read(`/admin/keys/${id}`);
    const revision = find(page, /name="revision" value="(\d+)"/);
    const first = await operator.send(`/admin/keys/${id}/rotate`, { revision, grace: '1h' });
    const second = secretIn(await first.text());
    expect(second).not.toBe(secret);
    expect([await chatStatus(secret), await chatStatus(second)]).toEqual([200, 200]);
    const repeated = await operator.send(`/admin/keys/${id}/rotate`, { revision, grace: '1h' });
    expect(repeated.headers.get('location')).toBe(`/admin/keys/${id}?done=stale`);
    expect(await chatStatus(second)).toBe(200);
    const wrong = await operator.send(`/admin/keys/${id}/rotate`, { revision, grace: 'soon' });
    expect(wrong.status).toBe(400);
    const newer = find(await operator.read(`/admin/keys/${id}`), /name="revision" value="(\d+)"/);
    const last = await operator.send(`/admin/keys/${id}/rotate`, { revision: newer, grace: '0s' });
    const third = secretIn(await last.text());
    expect([await chatStatus(secret), await chatStatus(second), await chatStatus(third)]).toEqual([401, 401, 200]);
  });

  it('revokes for good', async () => {
    const { id, secret } = await makeThroughForm(operator, { username: 'leaving' });
    const response = await operator.send(`/admin/keys/${id}/revoke`);
    expect(response.headers.get('location')).toBe(`/admin/keys/${id}?done=revoked`);
    expect(await chatStatus(secret)).toBe(401);
    const enabled = await operator.send(`/admin/keys/${id}/enable`);
    expect(enabled.headers.get('location')).toBe(`/admin/keys/${id}?done=stale`);
    expect(await chatStatus(secret)).toBe(401);
    expect(await operator.read(`/admin/keys/${id}`)).toContain('This key is revoked');
  });

  it('disables a person with all their keys, and enables them', async () => {
    const { secret } = await makeThroughForm(operator, { username: 'person' });
    expect((await operator.send('/admin/users/person/disable')).headers.get('location')).toContain('done=disabled');
    expect(await chatStatus(secret)).toBe(401);
    await operator.send('/admin/users/person/enable');
    expect(await chatStatus(secret)).toBe(200);
    expect(await auditOf('person')).toEqual(['console user.create', 'console user.disable', 'console user.enable']);
  });

  it('adds a person, but not twice and not under any name', async () => {
    expect((await operator.send('/admin/users', { username: 'fresh' })).headers.get('location')).toContain(
      'done=created',
    );
    const again = await operator.send('/admin/users', { username: 'fresh' });
    expect(again.status).toBe(400);
    expect(await again.text()).toContain('There is a user fresh already');
    expect((await operator.send('/admin/users', { username: 'two words' })).status).toBe(400);
    expect((await operator.send('/admin/users/nobody-at-all/disable')).status).toBe(404);
  });

  it('makes a team with a budget, puts a person in it, and takes both away again', async () => {
    await makeThroughForm(operator, { username: 'member' });
    const made = await operator.send('/admin/teams', { teamname: 'core', budget_day_usd: '2.5' });
    expect(made.headers.get('location')).toBe('/admin/teams/core?done=saved');
    const twice = await operator.send('/admin/teams', { teamname: 'core', budget_day_usd: '' });
    expect(twice.status).toBe(400);
    expect(await twice.text()).toContain('There is a team core already');
    expect((await operator.send('/admin/teams', { teamname: 'none' })).status).toBe(400);
    const saved = await operator.send('/admin/users/member', { team: 'core', budget_month_usd: '7' });
    expect(saved.headers.get('location')).toBe('/admin/users/member?done=saved');
    expect(await operator.read('/admin/users/member')).toMatch(/value="core" selected[\s\S]*value="7"/);
    expect(await operator.read('/admin/teams/core')).toMatch(/\/admin\/users\/member[\s\S]*value="2.5"/);
    expect((await operator.send('/admin/teams/core/remove')).status).toBe(409);
    expect((await operator.send('/admin/users/member', { team: 'nobodys' })).status).toBe(400);
    expect((await operator.send('/admin/teams/core', { budget_day_usd: 'much' })).status).toBe(400);
    expect((await operator.send('/admin/teams/core', { budget_day_usd: '' })).headers.get('location')).toContain(
      'saved',
    );
    await operator.send('/admin/users/member', { team: '' });
    expect((await operator.send('/admin/teams/core/remove')).headers.get('location')).toBe('/admin/teams?done=removed');
    expect((await operator.open('/admin/teams/core')).status).toBe(404);
    expect(await auditOf('core')).toEqual(['console team.create', 'console team.update', 'console team.remove']);
  });

  it('does not let a form undo what was set since it was opened', async () => {
    await operator.send('/admin/teams', { teamname: 'shared' });
    const seen = { revision: '1', seen: JSON.stringify({ budget_day_usd: '' }) };
    await operator.send('/admin/teams/shared', { ...seen, budget_day_usd: '1' });
    const late = await operator.send('/admin/teams/shared', { ...seen, budget_day_usd: '100' });
    expect(late.status).toBe(409);
    expect(await late.text()).toContain('changed since you opened the form');
  });
});
