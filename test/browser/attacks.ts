import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { type Hostile, MARKUP } from './hostile-data.ts';
import { placesOf } from './places.ts';
import type { Report } from './report.ts';
import type { Router } from './router.ts';
import { openTab, signIn, type Tab } from './tabs.ts';
import type { Filled } from './team-data.ts';

/** A page of somebody else's, on another site than the router's. */
const ELSEWHERE = 'http://localhost.elsewhere.test';

async function isSignedIn(page: Page): Promise<boolean> {
  await page.goto('/admin');
  return !page.url().includes('/admin/sign-in');
}

/** Opens a page on another site, which sends a form to the router as soon as it is there. */
async function lure(page: Page, action: string, fields: Record<string, string>): Promise<number> {
  const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`);
  await page.route(`${ELSEWHERE}/**`, (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<form method="post" action="${action}">${inputs.join('')}<button>Win</button></form>`,
    }),
  );
  await page.goto(ELSEWHERE);
  const [response] = await Promise.all([
    page.waitForResponse((each) => each.url() === action && each.request().method() === 'POST'),
    page.getByRole('button', { name: 'Win' }).click(),
  ]);
  return response.status();
}

async function openHostilePages(tab: Tab, filled: Filled, hostile: Hostile): Promise<void> {
  const paths = [
    ...placesOf(filled).map(({ path }) => path),
    `/admin/keys/${hostile.keyId}`,
    `/admin/requests/${hostile.requestId}`,
    `/admin/requests?key=${hostile.keyId}`,
    `/admin/keys?q=${encodeURIComponent(MARKUP)}`,
    `/admin/several/keys?do=disable&id=${hostile.keyId}`,
    `/admin/several/users?do=limit&id=${encodeURIComponent(MARKUP)}`,
    `/admin/keys?team=${encodeURIComponent(MARKUP)}`,
    `/admin/requests?model=${encodeURIComponent(MARKUP)}`,
  ];
  let shown = 0;
  for (const path of paths) {
    await tab.page.goto(path);
    shown += (await tab.page.getByText('<img src=x').count()) > 0 ? 1 : 0;
    assert.equal(await tab.page.locator('img, [onerror], script:not([src])').count(), 0, `${path} holds markup`);
  }
  assert.ok(shown >= 6, `the planted text was seen on ${shown} pages only`);
  assert.equal(await tab.page.evaluate("'planted' in window"), false, 'a planted script has run');
}

/** What a browser lets others try: each in a browser of its own, on the router that holds a month of data. */
export async function attack(
  { check }: Report,
  browser: Browser,
  router: Router,
  filled: Filled,
  hostile: Hostile,
): Promise<void> {
  const operator = await openTab(browser, router.url);
  await signIn(operator.page, router.secret());

  await check('markup planted in every stored text is shown as text, and runs nothing', async () => {
    await openHostilePages(operator, filled, hostile);
    assert.deepEqual(operator.problems(), []);
  });

  await check('a model’s answer with markup in it is shown as text in "Try it"', async () => {
    const { page } = operator;
    await page.goto('/admin/try');
    await page.locator('#client-key').fill(filled.key);
    await page.locator('#model').selectOption('test/reason');
    await page.locator('#message').fill(MARKUP);
    await page.locator('#try button[type=submit]').click();
    await page.getByText(`You wrote: ${MARKUP}`).waitFor();
    assert.equal(await page.locator('img, #conversation script').count(), 0);
    assert.deepEqual(operator.problems(), []);
  });

  await check('a form on another site changes nothing for an operator who is signed in', async () => {
    const users = `${router.url}/admin/users`;
    assert.equal(await lure(operator.page, users, { username: 'intruder' }), 403);
    await operator.page.goto('/admin/users');
    assert.equal(await operator.page.getByRole('link', { name: 'intruder' }).count(), 0);
    assert.equal(await isSignedIn(operator.page), true);
  });

  await check('nor does one that would disable several keys', async () => {
    const rows = JSON.stringify([[filled.keyId, 1, {}]]).replaceAll('"', '&quot;');
    assert.equal(await lure(operator.page, `${router.url}/admin/several/keys`, { do: 'disable', rows }), 403);
    await operator.page.goto(`/admin/keys/${filled.keyId}`);
    await operator.page.getByRole('button', { name: 'Disable', exact: true }).waitFor();
  });

  await check('a session that was planted before the sign-in is not the one after it', async () => {
    const victim = await openTab(browser, router.url);
    const value = `${'a'.repeat(32)}.${Date.now() + 3_600_000}.${'b'.repeat(64)}`;
    const planted = { name: '__Host-session', value, domain: '127.0.0.1', path: '/', secure: true, httpOnly: true };
    await victim.page.context().addCookies([planted]);
    assert.equal(await isSignedIn(victim.page), false, 'a forged cookie opens the console');
    await signIn(victim.page, router.secret());
    const [session] = (await victim.page.context().cookies()).filter(({ name }) => name === planted.name);
    assert.notEqual(session?.value, value);
    assert.deepEqual([session?.httpOnly, session?.secure, session?.sameSite], [true, true, 'Strict']);
    await victim.close();
  });

  await check('a way back to another site is not taken, after signing in or switching the language', async () => {
    const visitor = await openTab(browser, router.url);
    await visitor.page.goto(`/admin/sign-in?next=${encodeURIComponent('//localhost.elsewhere.test/')}`);
    await visitor.page.locator('#secret').fill(router.secret());
    await visitor.page.getByRole('button', { name: 'Sign in' }).click();
    await visitor.page.waitForURL(`${router.url}/admin`);
    await visitor.page.goto(`/usage?back=${encodeURIComponent('//localhost.elsewhere.test/')}`);
    await visitor.page
      .locator('input[name=back]')
      .first()
      .evaluate((field) => {
        field.setAttribute('value', 'https://localhost.elsewhere.test/');
      });
    await visitor.page.getByRole('button', { name: '中文' }).click();
    await visitor.page.waitForURL(`${router.url}/`);
    await visitor.close();
  });

  await check('no other site can put the console into a frame', async () => {
    const { page } = operator;
    await page.route(`${ELSEWHERE}/**`, (route) =>
      route.fulfill({ contentType: 'text/html', body: `<iframe src="${router.url}/admin"></iframe>` }),
    );
    await page.goto(ELSEWHERE);
    await page.waitForLoadState('networkidle');
    assert.equal(await page.frameLocator('iframe').locator('.brand').count(), 0);
  });
  await operator.close();
}
