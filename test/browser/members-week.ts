import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import type { AccessDouble } from './access-double.ts';
import type { Report } from './report.ts';
import type { Router } from './router.ts';
import { openTab, PHONE, type Tab } from './tabs.ts';

export const BOSS = 'boss@example.com';
const MEMBER = 'nina@example.com';
const NAME = 'nina';

/** What an agent's request with a key comes to. */
async function ask(url: string, key: string, text: string): Promise<number> {
  const response = await fetch(`${url}/api/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'test/echo', max_tokens: 50, messages: [{ role: 'user', content: text }] }),
  });
  await response.arrayBuffer();
  return response.status;
}

async function shownKey(page: Page): Promise<string> {
  return (await page.locator('#key').textContent()) ?? '';
}

async function setTemplate(page: Page): Promise<void> {
  await page.goto('/admin/members');
  await page.getByLabel('Members make their own keys').selectOption('on');
  await page.getByLabel('Most keys a person').fill('2');
  await page.getByText('The test provider').click();
  await page.locator('[value="test/*"]').check();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('It holds for keys that are made from now on').waitFor();
}

/** A team with a budget, and the member in it by the address that they sign in with. */
async function setTeam(page: Page): Promise<void> {
  await page.goto('/admin/teams');
  await page.getByRole('textbox', { name: 'Name' }).fill('crew');
  await page.getByLabel('In total').fill('0.0005');
  await page.getByRole('button', { name: 'Create team' }).click();
  await page.goto('/admin/users');
  await page.getByRole('textbox', { name: 'Name' }).fill(NAME);
  await page.getByRole('button', { name: 'Add' }).click();
  // What comes next is there: their address, their team.
  await page.waitForURL(`**/admin/users/${NAME}?*`);
  await page.getByLabel('E-mail').fill(MEMBER);
  await page.getByLabel('Team').selectOption('crew');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('status').waitFor();
}

async function makeClaudeKey(page: Page): Promise<string> {
  await page.goto('/me');
  await page.getByLabel('Client').selectOption('claude-code');
  await page.getByLabel('Name').fill('laptop');
  await page.getByRole('button', { name: 'Create key' }).click();
  await page.getByRole('heading', { name: 'Key created' }).waitFor();
  const key = await shownKey(page);
  const setUp = (await page.locator('details[name=client][open] pre').textContent()) ?? '';
  assert.match(setUp, new RegExp(`^export ANTHROPIC_AUTH_TOKEN=${key}$`, 'm'));
  return key;
}

async function raise(page: Page): Promise<void> {
  await page.goto('/admin/teams/crew');
  await page.getByLabel('In total').fill('1');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('status').waitFor();
}

async function exportRequests(router: Router): Promise<string> {
  const headers = { authorization: `Bearer ${router.secret()}` };
  const response = await fetch(`${router.url}/internal/logs?user=${NAME}&format=csv`, { headers });
  return await response.text();
}

interface Week {
  report: Report;
  router: Router;
  boss: Page;
  member: Page;
}

async function selfService({ report: { check }, router, boss, member }: Week): Promise<void> {
  let key = '';
  await check('an administrator who signed in with Access says what members may make, and makes a team', async () => {
    await setTemplate(boss);
    await setTeam(boss);
  });
  await check('a member signs in, makes a Claude Code key and sees it once with its set-up', async () => {
    key = await makeClaudeKey(member);
    assert.equal(await ask(router.url, key, 'hello'), 200);
    await member.goto('/me');
    assert.ok(!(await member.content()).includes(key), 'the key is shown again');
  });
  await check(
    'a member who hits the team’s budget sees why, and the administrator finds the request and raises it',
    async () => {
      let status = 200;
      for (let times = 0; times < 20 && status === 200; times += 1)
        status = await ask(router.url, key, 'word '.repeat(40));
      assert.equal(status, 402);
      await router.settle();
      await member.goto('/me/requests?end=failed');
      await member.getByText('A budget was used up').first().waitFor();
      await member.goto('/me');
      await member.getByRole('heading', { name: 'Team crew' }).waitFor();
      await boss.goto(`/admin/requests?owner=${NAME}&end=failed`);
      await boss.getByText('budget_exceeded').first().waitFor();
      await raise(boss);
      assert.equal(await ask(router.url, key, 'once more'), 200);
      const file = await exportRequests(router);
      assert.match(file, /,budget_exceeded,/);
      await boss.goto('/admin/changes');
      await boss.getByText(BOSS).first().waitFor();
    },
  );
  await check('a member rotates and revokes, and makes no more keys than they may', async () => {
    await member.goto('/me');
    await member.getByRole('link', { name: 'laptop' }).click();
    await member.getByLabel('The old secret').selectOption('0s');
    await member.getByRole('button', { name: 'Rotate' }).click();
    const next = await shownKey(member);
    assert.deepEqual([await ask(router.url, key, 'a'), await ask(router.url, next, 'b')], [401, 200]);
    await makeClaudeKey(member);
    await member.goto('/me');
    await member.getByText('all 2 keys').waitFor();
    await member.getByRole('link', { name: 'laptop' }).last().click();
    await member.getByText('Revoke …').click();
    await member.getByRole('button', { name: 'Revoke for good' }).click();
    await member.getByText('The key is revoked.').waitFor();
    assert.equal(await ask(router.url, next, 'too late'), 401);
  });
}

async function byInvitation({ report: { check }, router, boss }: Week, guest: Tab): Promise<void> {
  await check('without JavaScript a guest opens an invitation, and sees the key once', async () => {
    await boss.goto('/admin/users');
    await boss.getByRole('textbox', { name: 'Name', exact: true }).fill('visitor');
    await boss.getByRole('button', { name: 'Add' }).click();
    await boss.getByRole('link', { name: 'Invite by a link' }).click();
    await boss.getByRole('button', { name: 'Create link' }).click();
    const link = (await boss.locator('#link').textContent()) ?? '';
    await guest.page.goto(link);
    await guest.page.getByLabel('Client').selectOption('codex');
    await guest.page.getByRole('button', { name: 'Show my key' }).click();
    assert.equal(await ask(router.url, await shownKey(guest.page), 'hello'), 200);
    await guest.page.goto(link);
    await guest.page.getByText('It has been used').waitFor();
  });
}

/** A team's first week: people sign in with Access or come by invitation, and no secret is sent to anybody. */
export async function liveThroughTheWeek(
  report: Report,
  browser: Browser,
  router: Router,
  access: AccessDouble,
): Promise<void> {
  const boss = await openTab(browser, router.url);
  const member = await openTab(browser, router.url, { viewport: PHONE });
  const guest = await openTab(browser, router.url, { script: false });
  await access.signIn(boss.page, BOSS);
  await access.signIn(member.page, MEMBER);
  const week = { report, router, boss: boss.page, member: member.page };
  await selfService(week);
  await byInvitation(week, guest);
  await report.check('no console errors and no breach of the policy in that week', async () => {
    assert.deepEqual([...boss.problems(), ...member.problems(), ...guest.problems()], []);
  });
  for (const tab of [boss, member, guest]) await tab.close();
}
