import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { type AccessDouble, playAccess } from './access-double.ts';
import { attack } from './attacks.ts';
import { plantMarkup } from './hostile-data.ts';
import { useTheKeyInPages } from './key-holder.ts';
import { lookEverywhere, PICTURES, printInLight } from './looks.ts';
import { BOSS, liveThroughTheWeek } from './members-week.ts';
import { endTheFirstDay, liveThroughTheFirstDay } from './newcomer.ts';
import { readOwnTimes } from './own-time.ts';
import { takePictures } from './pictures.ts';
import { EMPTY_PLACES, MEMBER_PLACES, placesOf } from './places.ts';
import { openReport, type Report } from './report.ts';
import { makeRouter, type Router } from './router.ts';
import { launch, openTab } from './tabs.ts';
import { fill, makeTeam } from './team-data.ts';
import { workWithoutScript } from './without-script.ts';

/*
 * The console in headless Chromium, against a router that was started as a newcomer starts it:
 * `npm run test:browser`. Pictures of every page are left in .screenshots.
 */

async function firstDay(report: Report, browser: Browser, router: Router): Promise<void> {
  const operator = await openTab(browser, router.url);
  const holder = await openTab(browser, router.url);
  const bare = await openTab(browser, router.url, { script: false });
  const day = await liveThroughTheFirstDay(report, router, operator);
  await useTheKeyInPages(report, router, { holder, operator }, day.key);
  await endTheFirstDay(report, router, operator, day);
  await workWithoutScript(report, router, bare);
  await report.check('no console errors and no breach of the policy on that day', async () => {
    assert.deepEqual([...operator.problems(), ...holder.problems(), ...bare.problems()], []);
  });
  for (const tab of [operator, holder, bare]) await tab.close();
}

/** The week alone: `npm run test:browser -- week`. */
async function runWeek(report: Report, browser: Browser, router: Router, access: AccessDouble): Promise<void> {
  await router.start();
  await router.stop();
  await router.start();
  await liveThroughTheWeek(report, browser, router, access);
}

/** The pictures of the README: `npm run test:browser -- pictures`. */
async function runPictures(_report: Report, browser: Browser, router: Router): Promise<void> {
  await router.start();
  const team = await makeTeam(router);
  await router.stop();
  const filled = fill(router, team);
  await router.start();
  await takePictures(browser, router, filled);
}

async function run(report: Report, browser: Browser, router: Router, access: AccessDouble): Promise<void> {
  await rm(PICTURES, { recursive: true, force: true });
  await mkdir(PICTURES, { recursive: true });
  await router.start();
  await lookEverywhere(report, browser, router, EMPTY_PLACES);
  await firstDay(report, browser, router);
  const team = await makeTeam(router);
  await router.stop();
  const filled = fill(router, team);
  await router.start();
  const places = placesOf(filled);
  await lookEverywhere(report, browser, router, places);
  await readOwnTimes(report, browser, router, filled);
  await lookEverywhere(report, browser, router, MEMBER_PLACES, (page) => access.signIn(page, BOSS));
  await liveThroughTheWeek(report, browser, router, access);
  const printed = ['overview', 'key', 'keys', 'requests', 'request', 'models', 'ledger', 'usage'];
  await printInLight(
    report,
    browser,
    router,
    places.filter(({ name }) => printed.includes(name)),
  );
  await router.stop();
  const hostile = plantMarkup(router);
  await router.start();
  await attack(report, browser, router, filled, hostile);
}

const report = openReport();
const access = await playAccess(BOSS);
const router = await makeRouter(access.variables);

async function stopRouter(): Promise<void> {
  await router.stop();
  await router.remove();
  access.close();
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stopRouter().then(() => process.exit(130)));
try {
  const browser = await launch();
  const parts = new Map([
    ['week', runWeek],
    ['pictures', runPictures],
  ]);
  await (parts.get(process.argv[2] ?? '') ?? run)(report, browser, router, access).finally(() => browser.close());
} finally {
  await stopRouter();
}
const { passed, failed } = report.counts();
console.log(`\n${passed} passed, ${failed} failed. Pictures: .screenshots`);
process.exitCode = failed === 0 ? 0 : 1;
