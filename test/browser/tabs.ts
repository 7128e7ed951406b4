import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/google-chrome'];
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const WIDE = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };

interface Look {
  viewport?: { width: number; height: number };
  theme?: 'light' | 'dark';
  language?: 'en' | 'zh';
  script?: boolean;
  /** Where the reader's clock stands. */
  zone?: string;
  /** Pixels of the screen a CSS pixel. */
  scale?: number;
}

/** A browser of its own: own cookies, and a list of what went wrong in it. */
export interface Tab {
  page: Page;
  /** The console's errors, thrown errors and breaches of the content security policy since it was last asked. */
  problems(): string[];
  close(): Promise<void>;
}

export async function launch(): Promise<Browser> {
  const executablePath = BROWSERS.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error(`No browser: ${BROWSERS.join(' or ')} (apt-get install chromium)`);
  return await chromium.launch({ executablePath, args: FLAGS });
}

/** A page that is refused is one of the things tried here, and Chromium reports it; a file that is missing is a fault. */
function isExpected(text: string, path: string): boolean {
  return /status of 4\d\d /.test(text) && !path.startsWith('/assets/');
}

export async function openTab(browser: Browser, url: string, look: Look = {}): Promise<Tab> {
  const { viewport = WIDE, theme = 'light', language = 'en', script = true, zone = 'UTC', scale = 1 } = look;
  const context = await browser.newContext({
    baseURL: url,
    viewport,
    colorScheme: theme,
    locale: language === 'en' ? 'en-GB' : 'zh-CN',
    javaScriptEnabled: script,
    timezoneId: zone,
    deviceScaleFactor: scale,
    permissions: ['clipboard-read', 'clipboard-write'],
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(15_000);
  const found: string[] = [];
  await context.addInitScript(
    "addEventListener('securitypolicyviolation', (event) => console.error('policy', event.violatedDirective, event.blockedURI))",
  );
  const page = await context.newPage();
  page.on('console', (message) => {
    const { pathname } = new URL(message.location().url || url);
    if (message.type() === 'error' && !isExpected(message.text(), pathname)) {
      found.push(`${pathname}: ${message.text()}`);
    }
  });
  page.on('pageerror', (error) => found.push(`thrown: ${error.message}`));
  page.on('dialog', (dialog) => {
    found.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('response', (response) => {
    if (response.status() >= 500) found.push(`${response.status()} ${response.url()}`);
  });
  return { page, problems: () => found.splice(0), close: () => context.close() };
}

/** Signs in through the page. */
export async function signIn(page: Page, secret: string): Promise<void> {
  await page.goto('/admin/sign-in');
  await page.locator('#secret').fill(secret);
  await page.locator('main button[type=submit]').click();
  await page.waitForURL('**/admin');
}
