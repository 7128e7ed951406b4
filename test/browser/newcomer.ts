import assert from 'node:assert/strict';
import OpenAI, { APIError } from 'openai';
import type { Page } from 'playwright-core';
import type { Report } from './report.ts';
import type { Router } from './router.ts';
import type { Tab } from './tabs.ts';

/** What a newcomer does on the first day, and what it does to the key. */
export interface FirstDay {
  keyPath: string;
  key: string;
}

function clientOf(url: string, apiKey: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/api/v1`, apiKey, maxRetries: 0 });
}

/** What a key's request is answered with: its text, or its status where it is refused. */
async function answerTo(url: string, apiKey: string, content: string): Promise<string | number | undefined> {
  try {
    const answer = await clientOf(url, apiKey).chat.completions.create({
      model: 'test/echo',
      messages: [{ role: 'user', content }],
    });
    return answer.choices[0]?.message.content ?? '';
  } catch (error) {
    if (error instanceof APIError) return error.status;
    throw error;
  }
}

async function shownKey(page: Page): Promise<string> {
  return (await page.locator('#key').textContent()) ?? '';
}

async function rotate(page: Page, keyPath: string, grace: string): Promise<string> {
  await page.goto(keyPath);
  await page.getByLabel('Grace').fill(grace);
  await page.getByRole('button', { name: 'Rotate' }).click();
  await page.waitForURL(`**${keyPath}/rotate`);
  return await shownKey(page);
}

async function tryToSignIn(page: Page, { secret }: Router): Promise<void> {
  await page.goto('/admin/keys');
  assert.match(page.url(), /\/admin\/sign-in\?next=/);
  await page.getByLabel('Secret').fill('not the secret');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').getByText('That is not the secret').waitFor();
  await page.getByLabel('Secret').fill(secret());
  await page.getByLabel('Secret').press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Keys' }).waitFor();
}

/** The first stop of the Tab key leads past the navigation, and the next one is what the page is about. */
async function useTheKeyboard(page: Page): Promise<void> {
  await page.goto('/admin/keys');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.equal(await page.locator(':focus').textContent(), 'Create key');
}

/** A client is chosen: its set-up opens, the other closes, and what is copied holds the key. */
async function setUpOneClient(page: Page, key: string): Promise<void> {
  await page.getByText('Codex', { exact: true }).click();
  assert.deepEqual(await page.locator('details[name=client][open] > summary').allTextContents(), ['Codex']);
  const copy = page.locator('details[name=client][open] button').last();
  await copy.click();
  await copy.getByText('Copied').waitFor();
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), `export ROUTER_KEY=${key}\ncodex`);
}

async function makeKey(page: Page, day: FirstDay): Promise<void> {
  await page.getByRole('link', { name: 'Create key' }).click();
  await page.getByLabel('Owner').fill('ada');
  await page.getByLabel('Name').fill('laptop');
  await page.getByRole('button', { name: 'Create key' }).dblclick();
  await page.locator('#key').waitFor();
  day.key = await shownKey(page);
  assert.match(day.key, /^sk-[0-9A-Za-z]{49}$/);
  await page.locator('[data-copies=key]').click();
  await page.locator('[data-copies=key]').getByText('Copied').waitFor();
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), day.key);
  await setUpOneClient(page, day.key);
  day.keyPath = (await page.getByRole('link', { name: 'To the key' }).getAttribute('href')) ?? '';
  await page.goto(day.keyPath);
  assert.ok(!(await page.content()).includes(day.key), 'the key is shown a second time');
}

async function seeTheBill(page: Page, router: Router): Promise<void> {
  await router.settle();
  await page.goto('/admin/requests?model=test%2Fecho');
  const row = page.getByRole('row').filter({ hasText: 'ada' });
  // Four words in at $1 and four out at $2 a million.
  assert.match((await row.textContent()) ?? '', /test\/echo.*\$0\.000012/);
  await row.getByRole('rowheader').getByRole('link').click();
  await page.getByText('$0.000012').waitFor();
  await page.getByText('test-1', { exact: true }).waitFor();
}

/** Saves settings of the key, and what its next two requests are answered with. */
async function setAndHit(page: Page, day: FirstDay, url: string, fields: Record<string, string>): Promise<unknown> {
  await page.goto(day.keyPath);
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label).fill(value);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('status').getByText('from the next request on').waitFor();
  return [await answerTo(url, day.key, 'one'), await answerTo(url, day.key, 'two')];
}

/** Two people at one key: who comes later is told of what the other has set, and loses nothing of what was typed. */
async function saveFromTwoTabs(page: Page, day: FirstDay): Promise<void> {
  const early = await page.context().newPage();
  for (const tab of [early, page]) await tab.goto(day.keyPath);
  await early.getByLabel('Tokens a minute').fill('90000');
  await early.getByRole('button', { name: 'Save' }).click();
  await early.getByRole('status').getByText('from the next request on').waitFor();
  await page.getByLabel('Concurrent requests').fill('9');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('alert').getByText('Tokens a minute: 90000').waitFor();
  assert.equal(await page.getByLabel('Concurrent requests').inputValue(), '9');
  assert.equal(await page.getByLabel('Tokens a minute').inputValue(), '90000');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('status').getByText('from the next request on').waitFor();
  await early.reload();
  assert.equal(await early.getByLabel('Concurrent requests').inputValue(), '9');
  assert.equal(await early.getByLabel('Tokens a minute').inputValue(), '90000');
  await early.close();
}

/** The life of a key, from the console, with OpenAI's own client at the other end. */
export async function liveThroughTheFirstDay({ check }: Report, router: Router, { page }: Tab): Promise<FirstDay> {
  const { url } = router;
  const day: FirstDay = { keyPath: '', key: '' };
  await check('a wrong secret is refused, the right one opens the page that was wanted', () =>
    tryToSignIn(page, router),
  );
  await check('the keyboard alone leads past the navigation', () => useTheKeyboard(page));
  await check('a double click makes one key, which is shown once, and every copy button copies', () =>
    makeKey(page, day),
  );
  await check('OpenAI’s client works with it at once', async () => {
    assert.equal(await answerTo(url, day.key, 'hello from the console'), 'hello from the console');
  });
  await check('the request and its cost appear', () => seeTheBill(page, router));
  await check('a limit that is set is hit: 429 over the rate, 402 over the budget', async () => {
    const hit = (fields: Record<string, string>) => setAndHit(page, day, url, fields);
    // One request of this minute has been counted before.
    assert.deepEqual(await hit({ 'Requests a minute': '2' }), ['one', 429]);
    assert.deepEqual(await hit({ 'Requests a minute': '', 'A day': '0.000001' }), [402, 402]);
    assert.deepEqual(await hit({ 'A day': '' }), ['one', 'two']);
  });
  await check(
    'a settings page that was opened earlier undoes nothing: it tells what was set, and saves on a second look',
    () => saveFromTwoTabs(page, day),
  );
  await check('a rotated key works beside the old one, and with 0s alone', async () => {
    const second = await rotate(page, day.keyPath, '1h');
    assert.deepEqual([await answerTo(url, day.key, 'a'), await answerTo(url, second, 'b')], ['a', 'b']);
    const third = await rotate(page, day.keyPath, '0s');
    assert.deepEqual([await answerTo(url, second, 'b'), await answerTo(url, third, 'c')], [401, 'c']);
    day.key = third;
  });
  return day;
}

/** The end of the same key. */
export async function endTheFirstDay({ check }: Report, { url }: Router, { page }: Tab, day: FirstDay): Promise<void> {
  await check('a revoked key is refused with the next request', async () => {
    await page.goto(day.keyPath);
    await page.getByText('Revoke …').click();
    await page.getByRole('button', { name: /Revoke/ }).click();
    await page.getByText('This key is revoked').waitFor();
    assert.equal(await answerTo(url, day.key, 'too late'), 401);
  });
  await check('after signing out the pages are closed, for a copy of the cookie too', async () => {
    const cookies = await page.context().cookies();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are signed out.').waitFor();
    await page.context().addCookies(cookies);
    await page.goto('/admin/keys');
    assert.match(page.url(), /\/admin\/sign-in/);
  });
}
