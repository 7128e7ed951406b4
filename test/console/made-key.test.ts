import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { hashSecret } from '../../src/keys/secret.ts';
import { openaiClient } from '../support/router.ts';
import { auditOf, chatStatus, find, makeThroughForm, type Operator, secretIn } from './key-form.ts';
import { allPages, newOperator } from './operator.ts';

let operator: Operator;

beforeAll(async () => {
  operator = await newOperator();
});

describe('a key made in the console', () => {
  it('works at once, is shown once, and nothing but its hash is kept', async () => {
    const { id, secret, html } = await makeThroughForm(operator, {
      username: 'newcomer',
      name: 'laptop',
      budget_day_usd: '2.50',
    });
    expect(secret).toMatch(/^sk-[0-9A-Za-z]{49}$/);
    expect(html).toContain('http://router.test/api/v1');
    expect(html).toContain('Override OpenAI Base URL');
    expect(html).toContain('curl http://router.test/api/v1/chat/completions');
    const answer = await openaiClient(secret).chat.completions.create({
      model: 'test/echo',
      messages: [{ role: 'user', content: 'hello from the console' }],
    });
    expect(answer.choices[0]?.message.content).toBe('hello from the console');
    for (const path of allPages(id, 'req_none')) expect(await operator.read(path)).not.toContain(secret);
    const row = await env.DB.prepare('SELECT hash, owner, name, budget_day_usd FROM api_keys WHERE id = ?')
      .bind(id)
      .first();
    expect(row).toEqual({ hash: await hashSecret(secret), owner: 'newcomer', name: 'laptop', budget_day_usd: 2.5 });
    expect(await auditOf(id)).toEqual(['console key.create']);
    expect(await auditOf('newcomer')).toEqual(['console user.create']);
    await makeThroughForm(operator, { username: 'newcomer' });
    expect(await auditOf('newcomer')).toHaveLength(1);
  });

  it('is made once when its form is sent several times, at the same moment too', async () => {
    const id = find(await operator.read('/admin/keys/new'), /name="id" value="([^"]+)"/);
    const form = { id, username: 'twice', prefix: 'sk', purpose: 'default' };
    const answers = await Promise.all(Array.from({ length: 4 }, () => operator.send('/admin/keys', form)));
    const pages = await Promise.all(answers.map((answer) => answer.text()));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409]);
    const secrets = pages.map(secretIn).filter((secret) => secret !== '');
    expect(await Promise.all(secrets.map(chatStatus))).toEqual([200]);
    expect(await auditOf(id)).toEqual(['console key.create']);
    const row = await env.DB.prepare("SELECT count(*) AS n FROM api_keys WHERE owner = 'twice'").first<{ n: number }>();
    expect(row?.n).toBe(1);
  });

  it.each([
    ['username', 'not a name', 'Use 1 to 64 letters'],
    ['username', '', 'Use 1 to 64 letters'],
    ['prefix', 'SK', 'lower-case letters'],
    ['expires_at', 'tomorrow', 'such as 2027-01-31'],
    ['expires_at', '2020-01-31', 'still to come'],
    ['rpm', '1.5', 'whole number'],
    ['rpm', '0', 'whole number'],
    ['tpm', '-1', 'whole number'],
    ['budget_day_usd', '1e3', 'amount in USD'],
    ['models', 'deepseek/*, <script>', 'provider/model'],
    ['purpose', 'world peace', 'Choose one'],
    ['reasoning', 'loudly', 'Choose one'],
  ])('is not made with %s=%j; the form comes back with what was typed', async (field, value, words) => {
    const before = await env.DB.prepare('SELECT count(*) AS n FROM api_keys').first<{ n: number }>();
    const id = find(await operator.read('/admin/keys/new'), /name="id" value="([^"]+)"/);
    const fields = {
      id,
      username: 'somebody',
      prefix: 'sk',
      purpose: 'default',
      name: 'kept',
      [field]: value,
    };
    const response = await operator.send('/admin/keys', fields);
    expect(response.status).toBe(400);
    const html = await response.text();
    expect(html).toContain('Nothing was saved yet');
    expect(html).toContain('value="kept"');
    if (field !== 'purpose' && field !== 'reasoning') {
      expect(html).toContain(words);
      expect(html).toMatch(new RegExp(`id="${field}"[^>]*aria-invalid="true"[^>]*aria-describedby="${field}-error`));
    }
    const after = await env.DB.prepare('SELECT count(*) AS n FROM api_keys').first<{ n: number }>();
    expect(after?.n).toBe(before?.n);
  });
});
