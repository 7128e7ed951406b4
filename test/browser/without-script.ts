import assert from 'node:assert/strict';
import type { Report } from './report.ts';
import type { Router } from './router.ts';
import { signIn, type Tab } from './tabs.ts';

async function status(url: string, key: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/key`, { headers: { authorization: `Bearer ${key}` } });
  await response.arrayBuffer();
  return response.status;
}

/** The forms in a browser whose JavaScript is off. */
export async function workWithoutScript({ check }: Report, router: Router, { page }: Tab): Promise<void> {
  await check(
    'without JavaScript: sign in, make a key, see how to set a client up, disable it, enable it, change the language',
    async () => {
      await signIn(page, router.secret());
      await page.goto('/admin/keys/new');
      await page.getByLabel('Owner').fill('bo');
      await page.getByRole('button', { name: 'Create key' }).click();
      const key = (await page.locator('#key').textContent()) ?? '';
      assert.equal(await page.locator('[data-copies]:visible').count(), 0, 'a copy button that cannot copy is shown');
      await page.getByText('opencode', { exact: true }).click();
      assert.match((await page.locator('details[name=client][open] pre').textContent()) ?? '', new RegExp(key));
      assert.equal(await status(router.url, key), 200);
      await page.getByRole('link', { name: 'To the key' }).click();
      await page.getByRole('button', { name: 'Disable' }).click();
      await page.getByText('The key is disabled.').waitFor();
      assert.equal(await status(router.url, key), 401);
      await page.getByRole('button', { name: 'Enable' }).click();
      await page.getByText('The key is enabled.').waitFor();
      assert.equal(await status(router.url, key), 200);
      await page.getByRole('button', { name: '中文' }).click();
      assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
    },
  );
  await check('without JavaScript: "Try it" says what it needs', async () => {
    await page.getByRole('button', { name: 'English' }).click();
    await page.goto('/admin/try');
    assert.match((await page.locator('noscript p').textContent()) ?? '', /^This page needs JavaScript/);
    assert.equal(await page.locator('noscript p').isVisible(), true);
    assert.equal(await page.locator('form#try').isVisible(), false);
  });
}
