import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import type { Report } from './report.ts';
import type { Router } from './router.ts';
import { openTab, signIn } from './tabs.ts';
import type { Filled } from './team-data.ts';

/** What the line says where it is shown; null where it is not. */
function told(page: Page): Promise<string | null> {
  return page.evaluate(
    "(({ hidden, textContent }) => (hidden ? null : textContent))(document.getElementById('own-time'))",
  );
}

/** How an instant reads in a place eight hours ahead, to the minute. */
async function inShanghai(page: Page, selector: string): Promise<RegExp> {
  const at = (await page.locator(selector).first().getAttribute('datetime')) ?? '';
  return new RegExp(` ${new Date(Date.parse(at) + 8 * 3_600_000).toISOString().slice(11, 19)} GMT\\+8$`);
}

/** Times in the reader's own zone, by pointer, keyboard and touch. */
export async function readOwnTimes({ check }: Report, browser: Browser, router: Router, { keyId }: Filled) {
  const tab = await openTab(browser, router.url, { zone: 'Asia/Shanghai' });
  const { page } = tab;
  await signIn(page, router.secret());
  await check(
    'a time is told in the reader’s zone: to the pointer, by keyboard, by touch, and Escape ends it',
    async () => {
      await page.goto(`/admin/keys/${keyId}`);
      const made = '.facts time';
      const expected = await inShanghai(page, made);
      assert.equal(await told(page), null);
      await page.locator(made).first().hover();
      assert.match((await told(page)) ?? '', expected);
      await page.mouse.move(1, 1);
      assert.equal(await told(page), null);
      await page.locator(made).first().focus();
      assert.match((await told(page)) ?? '', expected);
      assert.equal(await page.locator(made).first().getAttribute('aria-describedby'), 'own-time');
      await page.keyboard.press('Escape');
      assert.equal(await told(page), null);
      await page
        .locator(made)
        .first()
        .dispatchEvent('pointerdown', await middleOf(page, made));
      assert.match((await told(page)) ?? '', expected);
    },
  );
  await check('in a list whose rows are links, a row’s time is told under the link and with its focus', async () => {
    await page.goto('/admin/requests');
    const row = 'tbody tr th time';
    const expected = await inShanghai(page, row);
    await page.locator(row).first().hover();
    assert.match((await told(page)) ?? '', expected);
    await page.mouse.move(1, 1);
    await page.locator('tbody th a').first().focus();
    assert.match((await told(page)) ?? '', expected);
    assert.equal(await page.locator('.whole-rows time[tabindex]').count(), 0, 'each row is two stops of the Tab key');
  });
  await check('no console errors and no breach of the policy where times are told', async () => {
    assert.deepEqual(tab.problems(), []);
  });
  await tab.close();
}

async function middleOf(page: Page, selector: string) {
  const box = await page.locator(selector).first().boundingBox();
  if (box === null) throw new Error(`${selector} is not shown.`);
  return { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2, bubbles: true, pointerType: 'touch' };
}
