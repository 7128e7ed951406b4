import { type Context, Hono } from 'hono';
import { setCookie } from 'hono/cookie';
import type { AppEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { requireSameOrigin } from '../../middleware/same-origin.ts';
import { files } from '../kit/asset-list.ts';
import { limitForm, readForm } from '../kit/read-form.ts';
import { respond } from '../kit/respond.tsx';
import { securityHeaders } from '../kit/security-headers.ts';
import { isLanguage, isTheme, ownPath, viewOf } from '../kit/view.ts';
import { HomePage } from './home-page.tsx';

const YEAR_SECONDS = 365 * 86_400;

function remember(c: Context, name: 'language' | 'theme', value: string): void {
  const secure = new URL(c.req.url).protocol === 'https:';
  setCookie(c, name, value, { path: '/', maxAge: YEAR_SECONDS, sameSite: 'Lax', httpOnly: true, secure });
}

/** The front page, what all pages load, and the switches of language and appearance. */
export const home = new Hono<AppEnv>()
  .get('/', securityHeaders, (c) => {
    const { origin } = new URL(c.req.url);
    const { internalSecret, access } = c.get('config');
    const hasConsole = internalSecret !== null || access !== null;
    return respond(c, viewOf(c), <HomePage origin={origin} hasConsole={hasConsole} />);
  })
  .all('/', methodNotAllowed('GET'))
  .get('/assets/:name', securityHeaders, (c) => {
    const file = files[c.req.path];
    if (file === undefined) return c.notFound();
    // The address holds a version, so what it names never changes.
    return c.body(file.text, 200, {
      'content-type': file.type,
      'cache-control': 'public, max-age=31536000, immutable',
    });
  })
  .post('/preferences', securityHeaders, requireSameOrigin, limitForm, async (c) => {
    const { language, theme, back } = await readForm(c);
    if (isLanguage(language)) remember(c, 'language', language);
    if (isTheme(theme)) remember(c, 'theme', theme);
    return c.redirect(ownPath(back, '/'), 303);
  });
