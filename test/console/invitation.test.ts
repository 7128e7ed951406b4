import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { hashSecret, makeSecret } from '../../src/keys/secret.ts';
import { openDatabase } from '../../src/store/database.ts';
import { updateTemplate } from '../../src/store/member-template.ts';
import { internal } from '../support/router.ts';
import { fieldsIn } from './form-fields.ts';
import { auditOf, chatStatus, find, secretIn } from './key-form.ts';
import { browse, newOperator, submit } from './operator.ts';

let people = 0;
/** A person who was invited through the API, and the path of the link. */
async function invited(): Promise<{ name: string; path: string; id: string }> {
  people += 1;
  const name = `guest${people}`;
  await internal('/internal/users', { method: 'POST', body: JSON.stringify({ username: name }) });
  const response = await internal(`/internal/users/${name}/invitations`, { method: 'POST' });
  const { id, url } = await response.json<{ id: string; url: string }>();
  return { name, id, path: new URL(url).pathname };
}

async function keysOf(owner: string) {
  const { results } = await env.DB.prepare('SELECT * FROM api_keys WHERE owner = ?').bind(owner).all();
  return results;
}

beforeEach(async () => {
  const open = { enabled: false, models: null, rpm: null, budgetDayUsd: null, expiresAfter: null };
  await updateTemplate(openDatabase(env.DB), open, 'api');
});

describe('an invitation', () => {
  it('shows who opens it and presses the button one key, with the set-up of their client, once', async () => {
    const { name, path, id } = await invited();
    const page = await browse(path);
    const html = await page.text();
    expect(page.status).toBe(200);
    expect(html).toContain(name);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('cache-control')).toBe('no-store');
    // To look at a link uses nothing up: programs do it before people.
    await browse(path);
    expect(await keysOf(name)).toEqual([]);
    const made = await submit(path, { ...fieldsIn(html, path), client: 'opencode' });
    expect(made.status).toBe(200);
    const shown = await made.text();
    const secret = secretIn(shown);
    expect(find(shown, /<details name="client" open=""><summary>([^<]+)/)).toBe('opencode');
    expect(shown).not.toContain(path);
    expect(await chatStatus(secret)).toBe(200);
    expect(await keysOf(name)).toMatchObject([{ purpose: 'default', owner: name, hash: await hashSecret(secret) }]);
    const again = await submit(path, { client: 'opencode' });
    expect([again.status, await again.text()]).toEqual([410, expect.stringContaining('It has been used')]);
    expect((await browse(path)).status).toBe(410);
    expect(await keysOf(name)).toHaveLength(1);
    const [key] = await keysOf(name);
    expect(await auditOf(String(key?.['id']))).toEqual([`console:${name} key.create`]);
    expect(await auditOf(name)).toEqual(['api user.create', 'api invitation.create', `console:${name} invitation.use`]);
    expect(await (await internal(`/internal/users/${name}/invitations`)).json()).toMatchObject({
      data: [{ id, status: 'used', key_id: key?.['id'] }],
    });
  });

  it('makes one key where several press at the same moment', async () => {
    const { name, path } = await invited();
    const answers = await Promise.all(Array.from({ length: 6 }, () => submit(path, { client: 'cursor' })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(5).fill(410)]);
    const secrets = (await Promise.all(answers.map((answer) => answer.text())))
      .map(secretIn)
      .filter((text) => text !== '');
    expect(secrets).toHaveLength(1);
    expect(await keysOf(name)).toMatchObject([{ purpose: 'cursor', reasoning: 'details' }]);
    expect(await chatStatus(secrets[0] ?? '')).toBe(200);
  });

  it('gives the key the template’s limits and nothing that the form says, though members may make none', async () => {
    await updateTemplate(openDatabase(env.DB), { models: 'test/*', rpm: 9, expiresAfter: '30d', maxKeys: 1 }, 'api');
    const { name, path } = await invited();
    const extra = {
      rpm: '',
      models: '',
      owner: 'somebody',
      username: 'somebody',
      expires_at: '',
      name: 'x',
      purpose: 'cursor',
    };
    expect((await submit(path, { client: 'curl', ...extra })).status).toBe(200);
    const [key] = await keysOf(name);
    expect(key).toMatchObject({ rpm: 9, models: 'test/*', name: 'curl', purpose: 'default' });
    expect((Date.parse(String(key?.['expires_at'])) - Date.now()) / 86_400_000).toBeCloseTo(30, 1);
    expect(await keysOf('somebody')).toEqual([]);
  });

  it.each([
    ['has expired', "UPDATE invitations SET expires_at = '2020-01-01T00:00:00.000Z' WHERE id = ?", 410],
    ['has expired', "UPDATE invitations SET expires_at = datetime('now', '-1 second') WHERE id = ?", 410],
    ['was taken back', "UPDATE invitations SET revoked_at = '2026-01-01T00:00:00.000Z' WHERE id = ?", 410],
    [
      'is disabled',
      "UPDATE users SET status = 'disabled' WHERE name = (SELECT owner FROM invitations WHERE id = ?)",
      410,
    ],
    ['no such invitation', 'DELETE FROM invitations WHERE id = ?', 404],
  ])('that %s makes nothing', async (words, change, status) => {
    const { name, path, id } = await invited();
    await env.DB.prepare(change).bind(id).run();
    for (const answer of [await browse(path), await submit(path, { client: 'cursor' })]) {
      expect(answer.status).toBe(status);
      expect(await answer.text()).toContain(words);
    }
    expect(await keysOf(name)).toEqual([]);
  });

  it('works for seven days', async () => {
    const { id } = await invited();
    const row = await env.DB.prepare('SELECT created_at, expires_at FROM invitations WHERE id = ?').bind(id).first();
    const length = Date.parse(String(row?.['expires_at'])) - Date.parse(String(row?.['created_at']));
    expect(length).toBe(7 * 86_400_000);
  });

  it.each(['x', 'inv-', `inv-${'a'.repeat(49)}`, makeSecret('inv'), makeSecret('sk'), '%00', '%3Cscript%3E'])(
    'that nobody was given is a page that says so: %s',
    async (text) => {
      for (const answer of [await browse(`/invitation/${text}`), await submit(`/invitation/${text}`, {})]) {
        expect(answer.status).toBe(404);
        expect(answer.headers.get('content-type')).toContain('text/html');
        expect(await answer.text()).not.toContain('<script>');
      }
    },
  );

  it('is used only from its own page', async () => {
    const { name, path } = await invited();
    for (const origin of ['https://evil.example', 'null', 'http://router.test:8080']) {
      expect((await submit(path, { client: 'cursor' }, { origin })).status).toBe(403);
    }
    expect(await keysOf(name)).toEqual([]);
    expect((await browse(path)).status).toBe(200);
  });

  it('comes in Chinese too, with nothing inline', async () => {
    const { path } = await invited();
    const headers = { cookie: 'language=zh' };
    const open = await (await browse(path, { headers })).text();
    const made = await (await submit(path, { client: 'codex' }, headers)).text();
    const used = await (await browse(path, { headers })).text();
    for (const [html, words] of [
      [open, '显示我的密钥'],
      [made, '密钥已创建'],
      [used, '此链接已无法使用'],
    ] as const) {
      expect(html).toContain(words);
      expect(html).not.toMatch(/ style=| on[a-z]+=|<script>|undefined|\[object/);
      expect(html.match(/<h1[ >]/g)).toHaveLength(1);
    }
  });
});

describe('the page of members', () => {
  it('makes a link for somebody, new or not, and shows it once', async () => {
    const operator = await newOperator();
    const response = await operator.send('/admin/members/invitations', { username: 'newly-invited' });
    const html = await response.text();
    const link = find(html, /id="link">([^<]+)</);
    expect(link).toMatch(/^http:\/\/router\.test\/invitation\/inv-[0-9A-Za-z]{49}$/);
    expect(await operator.read('/admin/members')).toContain('newly-invited');
    expect(await operator.read('/admin/members')).not.toContain(link);
    expect(await auditOf('newly-invited')).toEqual(['console user.create', 'console invitation.create']);
    const secret = secretIn(await (await submit(new URL(link).pathname, { client: 'curl' })).text());
    expect(await chatStatus(secret)).toBe(200);
    const [key] = await keysOf('newly-invited');
    expect(await operator.read('/admin/members')).toContain(`/admin/keys/${key?.['id']}`);
    await operator.send('/admin/members/invitations', { username: 'newly-invited' });
    expect(await auditOf('newly-invited')).toHaveLength(4);
    const wrong = await operator.send('/admin/members/invitations', { username: 'two words' });
    expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining('value="two words"')]);
  });

  it('takes a link back', async () => {
    const operator = await newOperator();
    const html = await (await operator.send('/admin/members/invitations', { username: 'regretted' })).text();
    const page = await operator.read('/admin/members');
    const action = find(page, /action="(\/admin\/members\/invitations\/inv_\w+\/take-back)"/);
    const back = await operator.send(action, fieldsIn(page, action));
    expect(back.headers.get('location')).toBe('/admin/members?done=taken-back');
    expect((await browse(new URL(find(html, /id="link">([^<]+)</)).pathname)).status).toBe(410);
    expect((await operator.send(action, { owner: 'somebody-else' })).status).toBe(404);
  });

  it('says of a link that was used a moment before that it was too late', async () => {
    const operator = await newOperator();
    const html = await (await operator.send('/admin/members/invitations', { username: 'quick' })).text();
    const page = await operator.read('/admin/members');
    const action = find(page, /action="(\/admin\/members\/invitations\/inv_\w+\/take-back)"/);
    expect((await submit(new URL(find(html, /id="link">([^<]+)</)).pathname, { client: 'curl' })).status).toBe(200);
    const late = await operator.send(action, fieldsIn(page, action));
    expect(late.headers.get('location')).toBe('/admin/members?done=used');
    expect(await operator.read('/admin/members?done=used')).toContain('Revoke the key that it made');
  });

  it('makes none for who is disabled, and is led to from a person’s page with their name', async () => {
    const operator = await newOperator();
    await operator.send('/admin/users', { username: 'left' });
    const own = await operator.read('/admin/users/left');
    expect(own).toContain('href="/admin/members?user=left#invite"');
    expect(fieldsIn(await operator.read('/admin/members?user=left'), '/admin/members/invitations')).toMatchObject({
      username: 'left',
    });
    expect(own).toContain('href="/admin/keys/new?user=left"');
    expect(fieldsIn(await operator.read('/admin/keys/new?user=left'), '/admin/keys')).toMatchObject({
      username: 'left',
    });
    await operator.send('/admin/users/left/disable', {});
    const refused = await operator.send('/admin/members/invitations', { username: 'left' });
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('Enable the user first')]);
    expect(await operator.read('/admin/users/left')).not.toContain('#invite');
  });

  it('sets the template, tells what could not be taken, and what somebody else has set meanwhile', async () => {
    const operator = await newOperator();
    const form = async () => fieldsIn(await operator.read('/admin/members'), '/admin/members');
    const earlier = await form();
    const changes = {
      enabled: 'on',
      max_keys: '2',
      models: 'test/*',
      budget_month_usd: '40',
      expires_after: '90d',
      rpm: '60',
    };
    const saved = await operator.send('/admin/members', { ...earlier, ...changes });
    expect(saved.headers.get('location')).toBe('/admin/members?done=saved');
    expect(await (await internal('/internal/member-template')).json()).toMatchObject({
      ...{ enabled: true, max_keys: 2, models: ['test/*'], budget_month_usd: 40, expires_after: '90d', rpm: 60 },
    });
    const late = await operator.send('/admin/members', { ...earlier, max_keys: '9' });
    expect(late.status).toBe(409);
    expect(await late.text()).toContain('value="9"');
    for (const wrong of [
      { max_keys: '0' },
      { max_keys: 'many' },
      { expires_after: 'soon' },
      { models: 'zia/*' },
      { rpm: '-1' },
    ]) {
      const [name = '', value = ''] = Object.entries(wrong)[0] ?? [];
      const refused = await operator.send('/admin/members', { ...(await form()), ...wrong });
      expect(refused.status, name).toBe(400);
      expect(await refused.text()).toMatch(
        new RegExp(`id="${name}"[^>]*value="${value.replace('*', '\\*')}"[^>]*aria-invalid="true"`),
      );
    }
    const lifted = await operator.send('/admin/members', {
      ...(await form()),
      enabled: 'off',
      rpm: '',
      expires_after: '',
    });
    expect(lifted.status).toBe(303);
    expect(await (await internal('/internal/member-template')).json()).toMatchObject({
      ...{ enabled: false, max_keys: 2, rpm: null, expires_after: null },
    });
    expect(new Set(await auditOf('members'))).toContain('console template.update');
  });

  it('lets an administrator alone in, from its own pages alone', async () => {
    const operator = await newOperator();
    const foreign = { origin: 'https://evil.example', cookie: operator.cookie };
    for (const path of ['/admin/members', '/admin/members/invitations', '/admin/members/invitations/inv_x/take-back']) {
      expect((await submit(path, { username: 'planted', enabled: 'on' }, foreign)).status).toBe(403);
      expect((await submit(path, { username: 'planted', enabled: 'on' })).status).toBe(303);
    }
    expect(await auditOf('planted')).toEqual([]);
  });

  it('shows stored texts as the texts they are', async () => {
    const operator = await newOperator();
    const MARK = '"\'><img src=x onerror=alert(1)>';
    await env.DB.prepare('INSERT INTO users (name) VALUES (?)').bind(MARK).run();
    await env.DB.prepare(
      "INSERT INTO invitations (id, owner, hash, expires_at, key_id) VALUES (?, ?, ?, '2099-01-01', ?)",
    )
      .bind(`inv_${MARK}`, MARK, MARK, MARK)
      .run();
    await env.DB.prepare('UPDATE member_template SET models = ?, expires_after = ?').bind(MARK, '9d').run();
    await env.DB.prepare('UPDATE users SET email = ? WHERE name = ?').bind(`a@${MARK}`, MARK).run();
    await env.DB.prepare("INSERT INTO audit (actor, action, target) VALUES (?, 'x', 'y')")
      .bind(`console:${MARK}`)
      .run();
    for (const path of [
      '/admin/members',
      `/admin/members?done=${encodeURIComponent(MARK)}`,
      '/admin/changes',
      `/admin/users/${encodeURIComponent(MARK)}`,
    ]) {
      const html = await operator.read(path);
      expect(html, path).not.toMatch(/<img/);
      if (!path.includes('?')) expect(html, path).toContain('&lt;img src=x');
    }
  });
});
