import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { Report } from './report.ts';
import type { Router } from './router.ts';
import { signIn, type Tab } from './tabs.ts';

async function status(url: string, key: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/key`, { headers: { authorization: `Bearer ${key}` } });
  await response.arrayBuffer();
  return response.status;
}

async function makeKey(page: Page, owner: string, name: string): Promise<string> {
  await page.goto('/admin/keys/new');
  await page.getByLabel('Owner').fill(owner);
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.getByRole('button', { name: 'Create key' }).click();
  return (await page.locator('#key').textContent()) ?? '';
}

/** Two of three keys of a list, at once: asked first, told after, and set back. */
async function changeSeveral({ check }: Report, router: Router, { page }: Tab): Promise<void> {
  await check('without JavaScript: tick two keys, disable both, undo it, and limit all of the page', async () => {
    const keys: string[] = [];
    for (const name of ['one', 'two', 'three']) keys.push(await makeKey(page, 'cy', name));
    const statuses = () => Promise.all(keys.map((key) => status(router.url, key)));
    await page.goto('/admin/keys?owner=cy&sort=name');
    await page.getByLabel('Select one').check();
    await page.getByLabel('Select two').check();
    await page.getByRole('button', { name: 'Disable …' }).click();
    await page.getByRole('heading', { name: 'Disable 2 keys?' }).waitFor();
    assert.deepEqual(await statuses(), [200, 200, 200]);
    await page.getByRole('button', { name: 'Disable 2 keys' }).click();
    await page.getByRole('heading', { name: 'Disabled: 2 keys' }).waitFor();
    assert.deepEqual(await statuses(), [401, 401, 200]);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('heading', { name: 'Set back: 2 keys' }).waitFor();
    assert.deepEqual(await statuses(), [200, 200, 200]);
    await page.getByRole('link', { name: 'Back to the list' }).click();
    await page.getByRole('link', { name: 'Select all on this page' }).click();
    await page.getByRole('button', { name: 'Set limits …' }).click();
    await page.getByLabel('A day').fill('many');
    await page.getByRole('button', { name: 'Set limits of 3 keys' }).click();
    await page.getByText('Use an amount in USD').waitFor();
    await page.getByLabel('A day').fill('4');
    await page.getByRole('button', { name: 'Set limits of 3 keys' }).click();
    await page.getByRole('heading', { name: 'Limits set of 3 keys' }).waitFor();
    await page.getByRole('link', { name: 'Back to the list' }).click();
    assert.equal(await page.getByText('of $4.00').count(), 3);
  });
}

/** The forms in a browser whose JavaScript is off. */
export async function workWithoutScript(report: Report, router: Router, tab: Tab): Promise<void> {
  const { check } = report;
  const { page } = tab;
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
  await changeSeveral(report, router, tab);
}
