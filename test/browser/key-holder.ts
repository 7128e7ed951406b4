import assert from 'node:assert/strict';
import type { Report } from './report.ts';
import type { Router } from './router.ts';
import type { Tab } from './tabs.ts';

/** What the holder of a key does without the console, and what an operator does with one: both hold it in a page. */
export async function useTheKeyInPages(
  { check }: Report,
  router: Router,
  tabs: { holder: Tab; operator: Tab },
  key: string,
): Promise<void> {
  const { holder, operator } = tabs;
  await check('a key holder pastes the key at /usage and sees limits, spend and last requests', async () => {
    const { page } = holder;
    await router.settle();
    await page.goto('/usage');
    await page.getByLabel('Your key').fill('sk-not-a-key');
    await page.getByRole('button', { name: 'Show usage' }).click();
    await page.getByRole('alert').getByText('not a whole key').waitFor();
    await page.getByLabel('Your key').fill(key);
    await page.getByRole('button', { name: 'Show usage' }).click();
    await page.getByRole('heading', { name: 'laptop' }).waitFor();
    assert.ok((await page.getByRole('row').count()) > 3);
    assert.equal(new URL(page.url()).search, '');
    assert.ok(!(await page.content()).includes(key), 'the key stands in the page');
    assert.deepEqual(await page.context().cookies(), []);
    assert.equal(await page.evaluate('localStorage.length + sessionStorage.length'), 0);
  });

  await check('"Try it" streams an answer, and shows the reasoning apart', async () => {
    const { page } = operator;
    await page.goto('/admin/try');
    await page.getByLabel('Client key').fill(key);
    await page.getByLabel('Model').selectOption('test/reason');
    await page.getByLabel('Message').fill('Hello <b>router</b>');
    await page.getByLabel('Message').press('Enter');
    const answer = page.locator('.turn').nth(1);
    await answer.getByText('You wrote: Hello <b>router</b>', { exact: true }).waitFor();
    await answer.getByText('The user wrote 2 words. I shall repeat what they said.', { exact: true }).waitFor();
    await answer.getByText(/^Tokens in \/ out: 2 \/ \d+/).waitFor();
    assert.match((await answer.getByRole('link').getAttribute('href')) ?? '', /^\/admin\/requests\/req_/);
  });

  await check('"Try it" can be stopped in the middle, and says what a provider’s error was', async () => {
    const { page } = operator;
    await page.getByLabel('Model').selectOption('test/slow');
    await page.getByLabel('Message').fill('one two three four five six seven eight nine ten eleven twelve');
    await page.getByRole('button', { name: 'Send' }).click();
    await page
      .locator('.turn')
      .nth(3)
      .getByText(/one two/)
      .waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page
      .locator('.turn')
      .nth(3)
      .getByText(/\[stopped\]$/)
      .waitFor();
    await page.getByLabel('Model').selectOption('test/error');
    await page.getByLabel('Message').fill('429');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('alert').getByText('upstream_rate_limited').waitFor();
    await page.getByRole('button', { name: 'Start over' }).click();
    assert.equal(await page.locator('.turn').count(), 0);
  });
}
