import { writeFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import type { Router } from './router.ts';
import { openTab, PHONE, signIn, WIDE } from './tabs.ts';
import type { Filled } from './team-data.ts';

const FOLDER = new URL('../../.github/screenshots/', import.meta.url);
/** Sharp where the README is read on a good screen, and small. */
const SCALE = 1.5;
/** Above it files grow and nobody sees why; below it letters have a halo. */
const QUALITY = 0.88;

/** A picture as WebP, made by the browser itself. */
async function asWebp(page: Page, png: Buffer): Promise<Buffer> {
  await page.goto('about:blank');
  const url: string = await page.evaluate(`(async () => {
    const image = new Image();
    image.src = 'data:image/png;base64,${png.toString('base64')}';
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', ${QUALITY});
  })()`);
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
}

/** Takes the README's pictures anew, of a team's router. */
export async function takePictures(browser: Browser, router: Router, { keyId }: Filled): Promise<void> {
  const pictures = [
    { name: 'overview', path: '/admin', viewport: WIDE, theme: 'light', language: 'en' },
    { name: 'key', path: `/admin/keys/${keyId}`, viewport: { ...WIDE, height: 700 }, theme: 'light', language: 'en' },
    { name: 'phone', path: '/admin', viewport: PHONE, theme: 'dark', language: 'zh' },
  ] as const;
  for (const { name, path, ...look } of pictures) {
    const tab = await openTab(browser, router.url, { ...look, scale: SCALE });
    await signIn(tab.page, router.secret());
    await tab.page.goto(path);
    const webp = await asWebp(tab.page, await tab.page.screenshot());
    await writeFile(new URL(`${name}.webp`, FOLDER), webp);
    console.log(`${name}.webp: ${Math.round(webp.length / 1024)} KB`);
    await tab.close();
  }
}
