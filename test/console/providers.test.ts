import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { app } from '../../src/app.ts';
import { forgetHealth, tryFailed } from '../../src/offer/health-memory.ts';
import { putRows } from '../support/catalog.ts';
import type { Operator } from './key-form.ts';
import { newOperator, ORIGIN } from './operator.ts';

let operator: Operator;

beforeAll(async () => {
  operator = await newOperator();
});

beforeEach(forgetHealth);

afterEach(() => {
  vi.restoreAllMocks();
});

/** What a page says, without its marks. */
async function textOf(page: Promise<string>): Promise<string> {
  return (await page).replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
}

it('shows how each provider stands, and asks none', async () => {
  const fetch = vi.spyOn(globalThis, 'fetch');
  const text = await textOf(operator.read('/admin/providers'));
  expect(text).toMatch(/DeepSeek #1 well/);
  expect(text).toContain('None has been seen here.');
  expect(fetch).not.toHaveBeenCalled();
});

it('shows what is out, why, and until when', async () => {
  const place = { env, runAfter: () => undefined };
  tryFailed(place, 'deepseek', '#1', { status: 401, code: 'upstream_auth_error', retryAfter: null });
  for (const _ of [1, 2, 3]) tryFailed(place, 'zai', '#1', { status: 500, code: 'upstream_error', retryAfter: null });
  const text = await textOf(operator.read('/admin/providers'));
  expect(text).toMatch(/DeepSeek #1 out until \d\d-\d\d \d\d:\d\d the key is refused/);
  expect(text).toMatch(/Z\.ai out until \d\d-\d\d \d\d:\d\d errors, or no answer #1 well/);
  expect(text).toMatch(/Recent outages.*zai – errors, or no answer .*deepseek #1 the key is refused/);
});

it('shows those without a key in grey, with the variable that offers them', async () => {
  const request = new Request(`${ORIGIN}/admin/providers`, { headers: { cookie: operator.cookie } });
  const bindings = { ...env, MOONSHOT_API_KEY: '' };
  const html = await (await app.fetch(request, bindings, createExecutionContext())).text();
  expect(html).toContain('<span class="soft">Moonshot</span>');
  expect(html).toContain('Set MOONSHOT_API_KEY to offer it.');
  expect(html).toContain('<span>DeepSeek</span>');
});

it('shows providers that are only rows of the catalogue, here and in the overview', async () => {
  const odd = { id: 'odd', name: 'Odd & Co', base_url: 'https://odd.example/v1', key_variable: 'ODD_API_KEY' };
  await putRows({ providers: [odd, { ...odd, id: 'gone', name: 'Gone', status: 'disabled' }] });
  const html = await operator.read('/admin/providers');
  expect(html).toContain('<span class="soft">Odd &amp; Co</span>');
  expect(html).toContain('Set ODD_API_KEY to offer it.');
  expect(await textOf(Promise.resolve(html))).toMatch(/Gone – disabled/);
  expect(await operator.read('/admin')).toContain('Odd &amp; Co');
});

it('tries each key when it is told to', async () => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const { url } = new Request(input, init);
    if (url.includes('deepseek')) return Response.json({ data: [{ id: 'deepseek-flash' }] });
    return Response.json({ error: { message: 'bad key' } }, { status: 401 });
  });
  const text = await textOf(operator.send('/admin/providers').then((response) => response.text()));
  expect(text).toMatch(/DeepSeek #1 works The provider no longer lists deepseek-v4-pro/);
  expect(text).toMatch(/Z\.ai #1 does not work Z\.ai refused the router/);
  expect(await textOf(operator.read('/admin/providers'))).toMatch(/Z\.ai #1 out until/);
});
