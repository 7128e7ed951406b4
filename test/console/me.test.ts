import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CLIENTS } from '../../src/connect/clients.ts';
import { requestId } from '../../src/protocol/request-id.ts';
import { openDatabase } from '../../src/store/database.ts';
import { type TemplateSettings, updateTemplate } from '../../src/store/member-template.ts';
import { newTeam, type Team, type Visitor, visitor } from '../support/access.ts';
import { makeKey } from '../support/keys.ts';
import { internal } from '../support/router.ts';
import { fieldsIn } from './form-fields.ts';
import { auditOf, chatStatus, find, secretIn } from './key-form.ts';
import { browse, logRequest, submit } from './operator.ts';
import { wholeWords } from './whole-words.ts';

const OFF: TemplateSettings = {
  ...{ enabled: false, maxKeys: 5, expiresAfter: null, models: null, rpm: null, tpm: null, maxConcurrent: null },
  ...{ budgetDayUsd: null, budgetWeekUsd: null, budgetMonthUsd: null, budgetTotalUsd: null },
};

async function allow(settings: TemplateSettings = {}): Promise<void> {
  await updateTemplate(openDatabase(env.DB), { ...OFF, enabled: true, ...settings }, 'api');
}

let members = 0;
/** An address that nobody has signed in with. */
function newEmail(): string {
  members += 1;
  return `member${members}@example.com`;
}

let team: Team;

beforeEach(async () => {
  team = await newTeam();
});

/** A member who has signed in, with an address of their own. */
async function newMember() {
  const email = newEmail();
  const member = await visitor(team, email);
  await member.read('/me');
  return { ...member, email };
}

/** Makes a key as the page's own form does, with changes. */
async function make(member: Visitor, changes: Record<string, string> = {}): Promise<Response> {
  const fields = fieldsIn(await member.read('/me'), '/me/keys');
  return await member.send('/me/keys', { ...fields, client: 'claude-code', ...changes });
}

async function keysOf(owner: string) {
  const { results } = await env.DB.prepare('SELECT * FROM api_keys WHERE owner = ? ORDER BY id').bind(owner).all();
  return results;
}

async function makeOne(member: Visitor & { email: string }) {
  const html = await (await make(member)).text();
  const [row] = await keysOf(member.email);
  return { secret: secretIn(html), id: String(row?.['id']) };
}

describe('a member signs in', () => {
  it('and is a user from then on, named by the address, once', async () => {
    const member = await newMember();
    await Promise.all([member.read('/me'), member.read('/me'), member.read('/me/models')]);
    const row = await env.DB.prepare('SELECT name, email, status FROM users WHERE email = ?')
      .bind(member.email)
      .first();
    expect(row).toEqual({ name: member.email, email: member.email, status: 'active' });
    expect(await auditOf(member.email)).toEqual([`console:${member.email} user.create`]);
    expect(await member.read('/me')).toContain(member.email);
  });

  it('as the user to whom an administrator gave the address', async () => {
    const { key } = await makeKey({ name: 'given-by-the-boss' });
    const email = newEmail();
    await internal(`/internal/users/${key.owner}`, { method: 'PATCH', body: JSON.stringify({ email }) });
    const member = await visitor(team, email.toUpperCase());
    expect(await member.read('/me')).toContain('given-by-the-boss');
    expect(await env.DB.prepare('SELECT count(*) AS n FROM users WHERE name = ?').bind(email).first()).toEqual({
      n: 0,
    });
  });

  it('as the user of that name who has no address yet, and never as one who has another', async () => {
    const [email, taken] = [newEmail(), newEmail()];
    for (const username of [email, taken]) {
      await internal('/internal/users', { method: 'POST', body: JSON.stringify({ username }) });
    }
    expect((await (await visitor(team, email)).open('/me')).status).toBe(200);
    expect(await auditOf(email)).toEqual(['api user.create', `console:${email} user.update`]);
    await internal(`/internal/users/${taken}`, { method: 'PATCH', body: JSON.stringify({ email: newEmail() }) });
    const refused = await (await visitor(team, taken)).open('/me');
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain('has another address');
  });

  it.each(["o'brien@example.com", 'käthe@example.com', `${'x'.repeat(60)}@example.com`])(
    '%s is told that this is no name of a user',
    async (email) => {
      const refused = await (await visitor(team, email)).open('/me');
      expect(refused.status).toBe(403);
      expect(await refused.text()).toContain('cannot be a user’s name');
      const { key } = await makeKey();
      await env.DB.prepare('UPDATE users SET email = ? WHERE name = ?').bind(email, key.owner).run();
      expect((await (await visitor(team, email)).open('/me')).status).toBe(200);
    },
  );

  it('and is shown the way to the console as an administrator alone', async () => {
    expect(await (await visitor(team, 'boss@example.com')).read('/me')).toContain('href="/admin"');
    expect(await (await newMember()).read('/me')).not.toContain('href="/admin"');
  });

  it('and stays out while disabled, with every page and form', async () => {
    const member = await newMember();
    await allow();
    const form = fieldsIn(await member.read('/me'), '/me/keys');
    await internal(`/internal/users/${member.email}`, {
      method: 'PATCH',
      body: JSON.stringify({ status: 'disabled' }),
    });
    for (const path of ['/me', '/me/requests', '/me/models', '/me/keys/key_x']) {
      expect((await member.open(path)).status, path).toBe(403);
    }
    expect((await member.send('/me/keys', { ...form, client: 'cursor' })).status).toBe(403);
    expect(await keysOf(member.email)).toEqual([]);
  });

  it('and without it only a pasted key shows anything', async () => {
    for (const path of ['/me/requests', '/me/models', '/me/keys/key_x']) {
      const response = await browse(path);
      expect([response.status, response.headers.get('location')]).toEqual([303, '/me']);
    }
    expect(await (await browse('/me')).text()).toContain('Paste your key');
    expect((await browse('/usage')).headers.get('location')).toBe('/me');
    const { secret } = await makeKey({ name: 'pasted', models: 'test/echo' });
    const html = wholeWords(await (await submit('/me', { key: secret })).text());
    expect(html).toContain('pasted');
    expect(html).toMatch(/<span class="model">test\/echo<\/span>/);
    expect(html).not.toContain('test/reason');
  });

  it('but not while nobody can check it', async () => {
    team.fail();
    const response = await (await visitor(team, newEmail())).open('/me');
    expect(response.status).toBe(503);
  });
});

describe('a member makes a key', () => {
  it('by choosing the client, and sees it once with the set-up of that client', async () => {
    await allow({ models: 'test/*', rpm: 30, budgetMonthUsd: 20, expiresAfter: '90d' });
    const member = await newMember();
    const response = await make(member, { name: 'laptop' });
    expect(response.status).toBe(200);
    const html = await response.text();
    const secret = secretIn(html);
    expect(secret).toMatch(/^sk-[0-9A-Za-z]{49}$/);
    expect(find(html, /<details name="client" open="">(.*?)<\/details>/s)).toContain(`ANTHROPIC_AUTH_TOKEN=${secret}`);
    expect(await chatStatus(secret)).toBe(200);
    const [row, ...rest] = await keysOf(member.email);
    expect(rest).toEqual([]);
    expect(row).toMatchObject({
      ...{ owner: member.email, name: 'laptop', purpose: 'default', reasoning: 'think', status: 'active' },
      ...{ models: 'test/*', rpm: 30, tpm: null, budget_month_usd: 20, provider_tools: 0, revision: 1 },
    });
    const days = (Date.parse(String(row?.['expires_at'])) - Date.now()) / 86_400_000;
    expect(days).toBeCloseTo(90, 1);
    expect(await auditOf(String(row?.['id']))).toEqual([`console:${member.email} key.create`]);
    for (const path of ['/me', `/me/keys/${row?.['id']}`]) {
      const page = await member.read(path);
      expect(page).toContain('laptop');
      expect(page).not.toContain(secret);
    }
  });

  it.each(CLIENTS.map((client) => [client.name, client] as const))('for %s with its purpose', async (_name, client) => {
    await allow();
    const member = await newMember();
    const html = await (await make(member, { client: client.id })).text();
    expect(find(html, /<details name="client" open=""><summary>([^<]+)/)).toBe(client.name);
    const display = client.id === 'cursor' ? 'details' : 'think';
    expect(await keysOf(member.email)).toMatchObject([{ purpose: client.purpose, reasoning: display }]);
  });

  it('and gets the template’s limits whatever else the form says', async () => {
    await allow({ models: 'test/echo', rpm: 5, budgetDayUsd: 1, expiresAfter: '1d' });
    const member = await newMember();
    const tries = {
      ...{ owner: 'somebody-else', username: 'somebody-else', purpose: 'reasoning', models: '', rpm: '', tpm: '9' },
      ...{ budget_day_usd: '1000', budget_month_usd: '1000', expires: '', expires_at: '', provider_tools: 'on' },
      ...{ status: 'active', prefix: 'pk', hash: 'x', reasoning: 'hidden' },
    };
    expect((await make(member, tries)).status).toBe(200);
    expect(await keysOf('somebody-else')).toEqual([]);
    const [key] = await keysOf(member.email);
    expect(key).toMatchObject({ purpose: 'default', models: 'test/echo', rpm: 5, tpm: null, budget_day_usd: 1 });
    expect(key).toMatchObject({ budget_month_usd: null, provider_tools: 0, prefix: 'sk', reasoning: 'think' });
    expect(key?.['expires_at']).not.toBeNull();
  });

  it('only where the template lets members make any', async () => {
    await allow();
    const member = await newMember();
    const form = fieldsIn(await member.read('/me'), '/me/keys');
    await allow({ enabled: false });
    expect(await member.read('/me')).not.toContain('action="/me/keys"');
    const refused = await member.send('/me/keys', { ...form, client: 'cursor' });
    expect(refused.headers.get('location')).toBe('/me?done=refused');
    expect(await keysOf(member.email)).toEqual([]);
    expect(await auditOf(form['id'] ?? '')).toEqual([]);
    expect(await member.read('/me?done=refused')).toContain('No key was made');
  });

  it('and never one more than the most, at the same moment either', async () => {
    await allow({ maxKeys: 3 });
    const member = await newMember();
    const forms = await Promise.all(Array.from({ length: 8 }, () => member.read('/me')));
    const answers = await Promise.all(
      forms.map((html) => member.send('/me/keys', { ...fieldsIn(html, '/me/keys'), client: 'curl' })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, ...Array(5).fill(303)]);
    const keys = await keysOf(member.email);
    expect(keys).toHaveLength(3);
    expect(await member.read('/me')).toContain('all 3 keys');
    await member.send(`/me/keys/${keys[0]?.['id']}/revoke`);
    expect((await make(member)).status).toBe(200);
  });

  it('once, though its form is sent several times', async () => {
    await allow({ maxKeys: 50 });
    const member = await newMember();
    const form = { ...fieldsIn(await member.read('/me'), '/me/keys'), client: 'codex' };
    const answers = await Promise.all(Array.from({ length: 4 }, () => member.send('/me/keys', form)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409]);
    expect(await keysOf(member.email)).toHaveLength(1);
    // Under an id of somebody else's key nothing is made, and nothing is told of that key.
    const { key } = await makeKey({ name: 'not-yours' });
    const other = await member.send('/me/keys', { ...form, id: key.id });
    expect(other.status).toBe(409);
    expect(await other.text()).not.toContain(key.owner);
  });

  it.each([{ client: 'no-such-client' }, { id: 'key_short' }, { id: '' }])('and not with %j', async (changes) => {
    await allow();
    const member = await newMember();
    const refused = await make(member, changes);
    expect(refused.headers.get('location')).toBe('/me?done=refused');
    expect(await keysOf(member.email)).toEqual([]);
  });

  it.each(['two words', '<script>', 'x'.repeat(65)])(
    'and not with the name %s, which stays where it was typed',
    async (name) => {
      await allow();
      const member = await newMember();
      const refused = await make(member, { name, client: 'codex' });
      const html = await refused.text();
      expect(refused.status).toBe(400);
      expect(html).toMatch(/<input id="name"[^>]* aria-invalid="true"/);
      expect(html).toContain('<option value="codex" selected');
      expect(fieldsIn(html, '/me/keys')).toMatchObject({ name });
      expect(await keysOf(member.email)).toEqual([]);
    },
  );

  it('and is called like its client where it was given no name', async () => {
    await allow();
    const member = await newMember();
    expect((await make(member, { name: '', client: 'claude-code' })).status).toBe(200);
    expect(await keysOf(member.email)).toMatchObject([{ name: 'claude-code' }]);
  });
});

describe("a member's own key", () => {
  it('is given a name, a new secret, and an end', async () => {
    await allow();
    const member = await newMember();
    const { id, secret } = await makeOne(member);
    const page = () => member.read(`/me/keys/${id}`);
    const named = await member.send(`/me/keys/${id}/name`, {
      ...fieldsIn(await page(), `/me/keys/${id}/name`),
      name: 'desk',
    });
    expect(named.headers.get('location')).toBe(`/me/keys/${id}?done=renamed`);
    expect(await page()).toContain('value="desk"');
    const wrong = await member.send(`/me/keys/${id}/name`, { name: 'no good' });
    expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining('value="no good"')]);

    const form = fieldsIn(await page(), `/me/keys/${id}/rotate`);
    const rotated = secretIn(await (await member.send(`/me/keys/${id}/rotate`, { ...form, grace: '24h' })).text());
    expect([await chatStatus(secret), await chatStatus(rotated)]).toEqual([200, 200]);
    const again = await member.send(`/me/keys/${id}/rotate`, { ...form, grace: '24h' });
    expect(again.headers.get('location')).toBe(`/me/keys/${id}?done=stale`);
    const later = fieldsIn(await page(), `/me/keys/${id}/rotate`);
    const last = secretIn(await (await member.send(`/me/keys/${id}/rotate`, { ...later, grace: '0s' })).text());
    expect([await chatStatus(rotated), await chatStatus(last)]).toEqual([401, 200]);

    const revoked = await member.send(`/me/keys/${id}/revoke`);
    expect(revoked.headers.get('location')).toBe(`/me/keys/${id}?done=revoked`);
    expect(await chatStatus(last)).toBe(401);
    expect(await page()).toContain('This key is revoked');
    const actions = ['key.create', 'key.update', 'key.rotate', 'key.rotate', 'key.revoke'];
    expect(await auditOf(id)).toEqual(actions.map((action) => `console:${member.email} ${action}`));
  });

  it('cannot be enabled, or given other limits, by its owner', async () => {
    await allow({ rpm: 5 });
    const member = await newMember();
    const { id } = await makeOne(member);
    await internal(`/internal/keys/${id}`, { method: 'PATCH', body: JSON.stringify({ status: 'disabled' }) });
    for (const action of ['enable', 'disable', 'settings', 'models']) {
      expect((await member.send(`/me/keys/${id}/${action}`, { rpm: '' })).status, action).toBe(404);
    }
    await member.send(`/me/keys/${id}`, { rpm: '', status: 'active' });
    await member.send(`/me/keys/${id}/name`, { name: 'still', rpm: '', status: 'active', models: '' });
    expect(await keysOf(member.email)).toMatchObject([{ status: 'disabled', rpm: 5 }]);
    expect(await member.read(`/me/keys/${id}`)).toContain('An administrator has disabled this key');
  });

  it('of somebody else is a page that is not there, and nothing can be done to it', async () => {
    await allow();
    const [member, other] = [await newMember(), await newMember()];
    const { id, secret } = await makeOne(other);
    await logRequest({ request_id: requestId(Date.now()), key_id: id, owner: other.email, model: 'only-theirs' });
    const missing = await (await member.open('/me/keys/key_00000000000000000000000000')).text();
    const shown = await member.open(`/me/keys/${id}`);
    expect(shown.status).toBe(404);
    const plain = (html: string) => html.replaceAll(/value="\/me[^"]*"/g, '');
    expect(plain(await shown.text())).toBe(plain(missing));
    for (const [action, fields] of [
      ['name', { name: 'taken', revision: '1' }],
      ['rotate', { revision: '1', grace: '0s' }],
      ['revoke', {}],
    ] as const) {
      const answer = await member.send(`/me/keys/${id}/${action}`, fields);
      expect(answer.status, action).toBe(404);
      expect(await answer.text()).not.toContain(other.email);
    }
    expect(await chatStatus(secret)).toBe(200);
    expect(await auditOf(id)).toEqual([`console:${other.email} key.create`]);
    for (const path of ['/me/requests', `/me/requests?key=${id}`, '/me']) {
      expect(await member.read(path), path).not.toContain('only-theirs');
    }
    expect(await other.read(`/me/requests?key=${id}`)).toContain('only-theirs');
  });
});

describe("a member's spend and requests", () => {
  const email = newEmail();
  let member: Visitor;
  let [owner, first, second] = ['', '', ''];
  const today = new Date().toISOString().slice(0, 10);
  const lastMonth = new Date(Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth(), 0))
    .toISOString()
    .slice(0, 10);

  beforeAll(async () => {
    const { key } = await makeKey({ name: 'one' });
    owner = key.owner;
    const other = await internal('/internal/keys', {
      method: 'POST',
      body: JSON.stringify({ username: owner, name: 'two' }),
    });
    await internal(`/internal/users/${owner}`, { method: 'PATCH', body: JSON.stringify({ email }) });
    first = key.id;
    second = (await other.json<{ id: string }>()).id;
    const row = (key_id: string, at: number, more: Record<string, string | number | null> = {}) =>
      logRequest({ request_id: requestId(at), key_id, owner, ...more });
    const now = Date.now();
    await row(first, now - 1000, { cost_nano_usd: 2_000_000_000, model: 'alpha' });
    await row(second, now - 2000, { cost_nano_usd: 1_000_000_000, model: 'beta' });
    await row(second, now - 3000, { end: 'rejected', error_code: 'budget_exceeded', status: 402, cost_nano_usd: 0 });
    await row(first, now - 4000, {
      end: 'upstream_failed',
      error_code: 'some_new_code',
      status: 502,
      cost_nano_usd: 0,
    });
    await row(second, Date.parse(lastMonth), { cost_nano_usd: 5_000_000_000, model: 'gamma', day: lastMonth });
    // From before the key was theirs.
    await logRequest({ request_id: requestId(now - 5000), key_id: first, owner: 'before', model: 'secret-model' });
  });

  beforeEach(async () => {
    member = await visitor(team, email);
  });

  it('are summed by day, by model and by key, this month and the last', async () => {
    const html = await member.read('/me');
    expect(find(html, /<dl class="figures large">(.*?)<\/dl>/s)).toMatch(/\$3\.00.*\$3\.00.*\$5\.00/s);
    expect(html).toContain('test/alpha');
    expect(html).not.toContain('test/gamma');
    expect(html).toMatch(new RegExp(`href="/me/keys/${first}".*?\\$2\\.00`, 's'));
    const last = await member.read('/me?month=last');
    expect(last).toContain('test/gamma');
    expect(last).not.toContain('test/alpha');
  });

  it('stand beside the budgets over all keys, their own and their team’s, and when each begins anew', async () => {
    expect(await member.read('/me')).not.toContain('Budgets over all keys');
    const team = `crew-${Date.now()}`;
    const patch = (path: string, body: unknown) => internal(path, { method: 'PATCH', body: JSON.stringify(body) });
    await internal('/internal/teams', { method: 'POST', body: JSON.stringify({ name: team, budget_total_usd: 50 }) });
    await patch(`/internal/users/${owner}`, { team, budget_month_usd: 10 });
    const html = await member.read('/me');
    const budgets = html.slice(html.indexOf('id="budgets"'), html.indexOf('My keys</h2>'));
    expect(budgets).toMatch(/All my keys.*\$3\.00 of \$10\.00.*\$7\.00 left · Resets <time [^>]*>\d{4}-\d\d-01/s);
    expect(budgets).toMatch(new RegExp(`Team ${team}.*\\$0\\.00 of \\$50\\.00.*\\$50\\.00 left · Never resets`, 's'));
    // The same on the page of each key.
    const own = await member.read(`/me/keys/${first}`);
    expect(own).toMatch(/All my keys.*\$7\.00 left/s);
    expect(own).not.toContain('/admin');
    const { id } = await (
      await internal('/internal/keys', { method: 'POST', body: JSON.stringify({ username: owner }) })
    ).json<{ id: string }>();
    const { key } = await (await internal(`/internal/keys/${id}/rotate`, { method: 'POST', body: '{}' })).json<{
      key: string;
    }>();
    expect(await (await submit('/me', { key })).text()).toContain(`Team ${team}`);
    await patch(`/internal/users/${owner}`, { team: null, budget_month_usd: null });
  });

  it('are listed with the reason of each that failed, and of no time before', async () => {
    const html = await member.read('/me/requests');
    expect(html).toContain('A budget was used up');
    // A code that nobody has put into words is shown as it is.
    expect(html).toContain('some_new_code');
    expect(html).not.toContain('secret-model');
    expect(html).not.toContain('/admin');
    const times = [...html.matchAll(/<time datetime="([^"]+)"/g)];
    expect(times).toHaveLength(5);
  });

  it.each([
    ['end=failed', ['some_new_code', 'A budget was used up'], ['alpha', 'beta']],
    ['model=beta', ['beta'], ['alpha', 'some_new_code']],
    [`from=${today}&to=${today}`, ['alpha'], ['gamma']],
    [`to=${lastMonth}`, ['gamma'], ['alpha']],
    ['from=nonsense', ['alpha', 'gamma'], []],
    ['model=none', ['No request matches'], ['alpha']],
    ['key=key_of_nobody', ['No request matches'], ['alpha']],
  ])('are narrowed by %s', async (query, shown, hidden) => {
    const html = await member.read(`/me/requests?${query}`);
    const table = html.slice(html.indexOf('</search>'));
    for (const text of shown) expect(table).toContain(text);
    for (const text of hidden) expect(table).not.toContain(text);
  });

  it('page by cursor over several keys, each request once', async () => {
    await allow();
    const many = await newMember();
    await make(many);
    await make(many);
    const keys = (await keysOf(many.email)).map(({ id }) => String(id));
    const ids = Array.from({ length: 130 }, (_, index) => requestId(Date.now() - index * 1000));
    for (const [index, each] of ids.entries()) {
      const at = new Date(Date.now() - index * 1000).toISOString();
      const key_id = (index % 3 === 0 ? keys[0] : keys[1]) ?? '';
      await logRequest({ request_id: each, key_id, owner: many.email, model: `m${index}`, started_at: at });
    }
    const seen: string[] = [];
    let path: string | undefined = '/me/requests';
    for (let page = 0; path !== undefined && page < 6; page += 1) {
      const html: string = await many.read(path);
      seen.push(...Array.from(html.matchAll(/test\/<wbr\/?>(m\d+)</g), ([, name = '']) => name));
      path = /href="([^"]+)" rel="next"/.exec(html)?.[1]?.replaceAll('&amp;', '&');
    }
    expect(seen).toEqual(ids.map((_, index) => `m${index}`));
  });

  it('come from all their keys, however many, each once and in order', async () => {
    const many = await newMember();
    await many.read('/me');
    const keys = Array.from({ length: 120 }, (_, index) => `key_many${index}`);
    await env.DB.batch(
      keys.map((id) =>
        env.DB.prepare(`INSERT INTO api_keys (id, owner, hash, prefix, last4) VALUES (?, ?, ?, 'sk', 'abcd')`).bind(
          ...[id, many.email, `hash-${id}`],
        ),
      ),
    );
    const now = Date.now();
    // Each key twice: what was used last stands first, and the second round lies behind all of the first.
    for (let index = 0; index < 240; index += 1) {
      const key_id = keys[index % 120] ?? '';
      await logRequest({ request_id: requestId(now - index * 1000), key_id, owner: many.email, model: `n${index}` });
    }
    async function walk(first: string): Promise<string[]> {
      const seen: string[] = [];
      let path: string | undefined = first;
      for (let page = 0; path !== undefined && page < 20; page += 1) {
        const html: string = await many.read(path);
        seen.push(...Array.from(html.matchAll(/test\/<wbr\/?>(n\d+)</g), ([, name = '']) => name));
        path = /href="([^"]+)" rel="next"/.exec(html)?.[1]?.replaceAll('&amp;', '&');
      }
      return seen;
    }
    expect(await walk('/me/requests')).toEqual(Array.from({ length: 240 }, (_, index) => `n${index}`));
    expect(await many.read('/me/requests?model=n239')).toContain('looked at so far');
    expect(await walk('/me/requests?model=n239')).toEqual(['n239']);
    const at = new Date(now - 100_000).toISOString().slice(0, 16);
    const minute = Array.from({ length: 240 }, (_, index) => index).filter((index) =>
      new Date(now - index * 1000).toISOString().startsWith(at),
    );
    expect(await walk(`/me/requests?from=${at}&to=${at}`)).toEqual(minute.map((index) => `n${index}`));
  });

  it('and the models that they may use, by the template or by a key that works', async () => {
    await allow({ models: 'test/echo' });
    const fresh = await newMember();
    const models = async () =>
      [...wholeWords(await fresh.read('/me/models')).matchAll(/class="model">([^<]+)</g)].map(([, name]) => name);
    expect(await models()).toEqual(['test/echo']);
    await allow({ enabled: false });
    expect(await models()).toEqual([]);
    await allow({ models: 'zai/glm-5.3, test/echo' });
    await make(fresh);
    await allow({ enabled: false });
    expect(await models()).toEqual(['zai/glm-5.3', 'test/echo']);
  });
});

describe('the pages of a member', () => {
  const PATHS = ['/me', '/me?month=last', '/me/requests', '/me/models', '/me/nothing-here'];

  it.each(['en', 'zh'])('are whole in %s, with a strict policy and nothing inline', async (language) => {
    await allow({ models: 'test/*', budgetMonthUsd: 5, rpm: 3 });
    const member = await newMember();
    const { id } = await makeOne(member);
    for (const path of [...PATHS, `/me/keys/${id}`]) {
      const response = await member.open(path, { cookie: `language=${language}` });
      const html = await response.text();
      expect(response.status, path).toBe(path.includes('nothing') ? 404 : 200);
      expect(html, path).toMatch(language === 'en' ? /<html lang="en"/ : /<html lang="zh-CN"/);
      expect(response.headers.get('content-security-policy'), path).toContain("default-src 'none'; script-src 'self'");
      expect(response.headers.get('cache-control'), path).toBe('no-store');
      expect(response.headers.get('set-cookie'), path).toBeNull();
      expect(html, path).not.toMatch(/ style=| on[a-z]+=|javascript:|<script>|<style/);
      expect(html, path).not.toMatch(/undefined|NaN|\[object|Invalid Date/);
      expect(html.match(/<h1[ >]/g), path).toHaveLength(1);
    }
  });

  it('take forms only from pages of the router', async () => {
    await allow();
    const member = await newMember();
    const { id, secret } = await makeOne(member);
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://router.test:8080' },
    ]) {
      for (const path of ['/me', '/me/keys', `/me/keys/${id}/rotate`, `/me/keys/${id}/revoke`, `/me/keys/${id}/name`]) {
        const form = { id: `key_${'0'.repeat(26)}`, client: 'cursor', revision: '1', grace: '0s', name: 'x' };
        expect((await member.send(path, form, headers)).status, path).toBe(403);
      }
    }
    expect(await chatStatus(secret)).toBe(200);
    expect(await keysOf(member.email)).toHaveLength(1);
  });

  it('show every stored text as the text it is', async () => {
    const MARK = '"\'><img src=x onerror=alert(1)><script>alert(2)</script>';
    await allow();
    const member = await newMember();
    const { id } = await makeOne(member);
    await env.DB.prepare('UPDATE api_keys SET name = ?, purpose = ?, models = ?, last4 = ? WHERE id = ?')
      .bind(MARK, MARK, MARK, MARK, id)
      .run();
    await env.DB.prepare('UPDATE member_template SET models = ?').bind(MARK).run();
    await logRequest({
      ...{ request_id: requestId(Date.now()), key_id: id, owner: member.email, end: MARK, error_code: MARK },
      ...{ provider: MARK, model: MARK, requested_model: MARK },
    });
    const query = encodeURIComponent(MARK);
    const paths = [
      '/me',
      `/me/keys/${id}`,
      '/me/requests',
      `/me/requests?model=${query}&end=${query}&key=${query}&from=${query}`,
    ];
    let shown = 0;
    for (const path of [...paths, '/me/models', `/me?done=${query}`, `/me/keys/${id}?done=${query}`, `/me/${query}`]) {
      const html = await member.read(path);
      expect(html, path).not.toMatch(/<img|<script>|onerror=alert\(1\)>|"'>/);
      shown += html.split('&lt;img src=x onerror=alert(1)&gt;').length - 1;
    }
    expect(shown).toBeGreaterThan(8);
    const named = await member.send(`/me/keys/${id}/name`, { name: MARK });
    expect(await named.text()).not.toMatch(/<img|<script>/);
  });

  it('answer odd bodies without a fault', async () => {
    await allow();
    const member = await newMember();
    const { id } = await makeOne(member);
    for (const path of ['/me', '/me/keys', `/me/keys/${id}/name`, `/me/keys/${id}/rotate`, '/me/keys/%2e%2e/name']) {
      for (const [name, value] of [
        ['', ''],
        ['__proto__', '1'],
        ['revision', '1e9'],
        ['id', '\u0000'],
        ['name', 'x'.repeat(9000)],
      ]) {
        const answer = await member.send(path, { [name ?? '']: value ?? '' });
        expect(answer.status, `${path} ${name}`).toBeLessThan(500);
      }
    }
    for (const path of ['/me/requests?cursor=%00', '/me/requests?from=9999-99-99', '/me/keys/%00', '/me?month=%27']) {
      expect((await member.open(path)).status, path).toBeLessThan(500);
    }
    expect((await member.send('/me/keys', { name: 'x'.repeat(70_000) })).status).toBe(413);
  });
});
