import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import type { Place } from './places.ts';
import type { Report } from './report.ts';
import type { Router } from './router.ts';
import { openTab, PHONE, signIn, type Tab, WIDE } from './tabs.ts';

/** Git ignores it. */
export const PICTURES = new URL('../../.screenshots/', import.meta.url).pathname;

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

/** What axe-core finds serious or worse. */
async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found: Violation[] = await page.evaluate('axe.run().then((result) => result.violations)');
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

const WHITE = 'rgb(255, 255, 255)';
/** The light theme's. */
const INK = 'rgb(30, 29, 27)';

const WIDER_THAN_THE_SCREEN = `document.documentElement.scrollWidth > innerWidth
  ? [...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > innerWidth
      && !one.closest('.scroll, .nav')).map((one) => one.outerHTML.slice(0, 80))
  : null`;

/** Chromium on a busy machine cannot always take a long page at the first try ("Unable to capture screenshot"). */
async function takePicture(page: Page, name: string): Promise<void> {
  const picture = { path: `${PICTURES}${name}.png`, fullPage: true };
  await page.screenshot(picture).catch(() => page.screenshot(picture));
}

async function lookAt(page: Page, place: Place, picture: string): Promise<void> {
  await page.goto(place.path);
  await place.before?.(page);
  await takePicture(page, picture);
  assert.equal(await page.evaluate(WIDER_THAN_THE_SCREEN), null, 'the page scrolls sideways');
  assert.deepEqual(await barriers(page), []);
}

/** How somebody comes in. */
type Enter = (page: Page) => Promise<void>;

/** Each place at two widths, light and dark, in both languages: no sideways scroll, nothing serious, no errors. */
export async function lookEverywhere(
  report: Report,
  browser: Browser,
  router: Router,
  places: Place[],
  enter: Enter = (page) => signIn(page, router.secret()),
): Promise<void> {
  for (const [screen, viewport] of Object.entries({ wide: WIDE, phone: PHONE })) {
    for (const theme of ['light', 'dark'] as const) {
      for (const language of ['en', 'zh'] as const) {
        const tab = await openTab(browser, router.url, { viewport, theme, language });
        await enter(tab.page);
        await lookIn(report, tab, places, `${screen}-${theme}-${language}`);
        await tab.close();
      }
    }
  }
}

const ON_PAPER = `({
  paper: getComputedStyle(document.body).backgroundColor,
  ink: getComputedStyle(document.querySelector('h1')).color,
  seen: ['.side', '.skip', 'main nav', 'button', '.button', 'search'].filter((one) =>
    [...document.querySelectorAll(one)].some((element) => element.checkVisibility())),
})`;

/** Printed by somebody who likes the dark: dark ink on white paper, without what only a screen can use. */
export async function printInLight(
  { check }: Report,
  browser: Browser,
  router: Router,
  places: Place[],
): Promise<void> {
  const tab = await openTab(browser, router.url, { theme: 'dark' });
  await signIn(tab.page, router.secret());
  await check('pages print in light, without navigation and buttons', async () => {
    for (const place of places) {
      await tab.page.emulateMedia({ media: 'screen' });
      await tab.page.goto(place.path);
      await place.before?.(tab.page);
      await tab.page.emulateMedia({ media: 'print' });
      await takePicture(tab.page, `print-${place.name}`);
      const { paper, ink, seen } = await tab.page.evaluate<{ paper: string; ink: string; seen: string[] }>(ON_PAPER);
      assert.deepEqual(
        { place: place.name, paper, ink, seen },
        { place: place.name, paper: WHITE, ink: INK, seen: [] },
      );
    }
  });
  await tab.close();
}

async function lookIn({ check }: Report, tab: Tab, places: Place[], name: string): Promise<void> {
  await check(`${name}: ${places.length} pages fit the screen, and axe-core finds nothing serious`, async () => {
    const faults: string[] = [];
    for (const place of places) {
      await lookAt(tab.page, place, `${place.name}-${name}`).catch((cause: Error) =>
        faults.push(`${place.name}: ${cause.message}`),
      );
    }
    assert.equal(faults.join('\n'), '');
  });
  await check(`${name}: no console errors, no breach of the content security policy`, async () => {
    assert.deepEqual(tab.problems(), []);
  });
}
