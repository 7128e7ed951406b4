import type { Page } from 'playwright-core';
import type { Filled } from './team-data.ts';

/** A page to look at: what its picture is called, and the way to it. */
export interface Place {
  name: string;
  path: string;
  /** What is done there before it is looked at. */
  before?(page: Page): Promise<void>;
}

async function showUsage(page: Page, key: string): Promise<void> {
  await page.locator('#key').fill(key);
  await page.locator('main button[type=submit]').click();
  await page.locator('main .panel').waitFor();
}

async function chat(page: Page, key: string): Promise<void> {
  await page.locator('#client-key').fill(key);
  await page.locator('#model').selectOption('test/reason');
  await page.locator('#message').fill('Why is the sky blue?');
  await page.locator('#try button[type=submit]').click();
  await page.getByText('You wrote: Why is the sky blue?').waitFor();
  await page.locator('.turn').nth(1).getByRole('link').waitFor();
}

async function chooseClient(page: Page): Promise<void> {
  await page.getByText('Claude Code', { exact: true }).click();
  await page.locator('details[open] .copy').first().waitFor();
}

async function checkProviders(page: Page): Promise<void> {
  await page.locator('form[action="/admin/providers"] button').click();
  await page.waitForURL('**/admin/providers');
}

async function makeKey(page: Page): Promise<void> {
  await page.locator('#username').fill('grace');
  await page.locator('#name').fill('shown-once');
  await page.locator('[value=cursor]').check();
  await page.locator('main button[type=submit]').click();
  await page.locator('[data-copies]').first().waitFor();
}

async function invite(page: Page): Promise<void> {
  await page.locator('#username').fill('guest');
  await page.locator('form[action="/admin/members/invitations"] button').click();
  await page.locator('#link').waitFor();
}

/** The pages of somebody who signed in with Access. */
export const MEMBER_PLACES: Place[] = [
  { name: 'me', path: '/me' },
  { name: 'me-requests', path: '/me/requests' },
  { name: 'me-models', path: '/me/models' },
  { name: 'me-missing', path: '/me/keys/key_none' },
  { name: 'invitation-none', path: '/invitation/none' },
];

/** Every page there is, for an operator who is signed in. */
export function placesOf({ keyId, key, requestId }: Filled): Place[] {
  return [
    { name: 'front', path: '/' },
    { name: 'front-client', path: '/', before: chooseClient },
    { name: 'usage-form', path: '/me' },
    { name: 'usage', path: '/me', before: (page) => showUsage(page, key) },
    { name: 'sign-in', path: '/admin/sign-in' },
    { name: 'overview', path: '/admin' },
    { name: 'providers', path: '/admin/providers' },
    { name: 'providers-checked', path: '/admin', before: checkProviders },
    { name: 'keys', path: '/admin/keys' },
    { name: 'keys-none', path: '/admin/keys?q=nobody' },
    { name: 'keys-ticked', path: '/admin/keys?pick=all' },
    { name: 'several-keys', path: `/admin/several/keys?do=disable&id=${keyId}&id=key_gone` },
    { name: 'several-limits', path: `/admin/several/keys?do=limit&id=${keyId}` },
    { name: 'several-users', path: '/admin/several/users?do=disable&id=maria' },
    { name: 'several-none', path: '/admin/several/users?do=disable' },
    { name: 'key-new', path: '/admin/keys/new' },
    { name: 'key-made', path: '/admin/keys/new', before: makeKey },
    { name: 'key', path: `/admin/keys/${keyId}` },
    { name: 'users', path: '/admin/users' },
    { name: 'user', path: '/admin/users/maria' },
    { name: 'teams', path: '/admin/teams' },
    { name: 'team-keys', path: '/admin/keys?team=nobody' },
    { name: 'members', path: '/admin/members' },
    { name: 'invited', path: '/admin/members', before: invite },
    { name: 'requests', path: '/admin/requests' },
    { name: 'requests-failed', path: '/admin/requests?end=failed' },
    { name: 'requests-hour', path: '/admin/requests?from=2026-01-01T09:00&to=2026-01-01T10:00' },
    { name: 'request', path: `/admin/requests/${requestId}` },
    { name: 'models', path: '/admin/models' },
    { name: 'catalog', path: '/admin/catalog' },
    { name: 'route-new', path: '/admin/catalog/new/routes' },
    { name: 'provider-new', path: '/admin/catalog/new/providers' },
    { name: 'model-edit', path: '/admin/catalog/models/deepseek/deepseek-flash' },
    { name: 'try-empty', path: '/admin/try' },
    { name: 'try', path: '/admin/try', before: (page) => chat(page, key) },
    { name: 'alerts', path: '/admin/alerts' },
    { name: 'ledger', path: '/admin/ledger' },
    { name: 'changes', path: '/admin/changes' },
    { name: 'missing', path: '/admin/nothing-here' },
  ];
}

/** A router that nobody has used yet. */
export const EMPTY_PLACES: Place[] = [
  { name: 'empty-overview', path: '/admin' },
  { name: 'empty-requests', path: '/admin/requests' },
  { name: 'empty-ledger', path: '/admin/ledger' },
];
