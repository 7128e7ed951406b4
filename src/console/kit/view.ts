import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { createContext, useContext } from 'hono/jsx';
import type { AppEnv, Person } from '../../middleware/app-env.ts';
import { chinese } from '../texts/chinese.ts';
import { english, type Texts } from '../texts/english.ts';

/** The languages there are. A new one is its file and a line here. */
export const LANGUAGES = { en: { name: 'English', texts: english }, zh: { name: '中文', texts: chinese } };
type Language = keyof typeof LANGUAGES;

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** What every page knows beside its own data. */
export interface View {
  texts: Texts;
  language: Language;
  theme: Theme;
  /** Where a change of language or theme comes back to. */
  here: string;
  /** Such as +08:00: days begin, and times are shown, there. */
  offset: string;
  /** Ms since 1970. */
  now: number;
  /** Who signed in with Cloudflare Access; null for everybody else. */
  person: Person | null;
}

/**
 * The view of the page that is being made; `respond` gives it. Hono keeps a context's values with the rendering that
 * they were given in, and one rendering runs through without a pause, so that pages made at once never see each
 * other's. An async component would have to ask before its first await: after it there may be nothing to find
 * (hono/jsx/context.ts, 4.13.19), which is why nothing found is a fault and no default.
 */
export const ViewContext = createContext<View | null>(null);

/** The view of the page that a component is part of. */
export function useView(): View {
  const view = useContext(ViewContext);
  if (view === null) throw new Error('A component was made outside of a page, or asked for its view after an await.');
  return view;
}

/** Whether a text names a language that we have. */
export function isLanguage(text: string | undefined): text is Language {
  return text !== undefined && Object.hasOwn(LANGUAGES, text);
}

/** Whether a text names an appearance that we have. */
export function isTheme(text: string | undefined): text is Theme {
  return THEMES.some((theme) => theme === text);
}

/** The first language of an Accept-Language header that we have. Browsers list them best first. */
function acceptedLanguage(header: string | undefined): Language {
  const wanted = (header ?? '').split(',').map((range) => range.trim().slice(0, 2).toLowerCase());
  return wanted.find(isLanguage) ?? 'en';
}

/** A path of our own, or the fallback: never an address that a form or a link could lead away to. */
export function ownPath(path: string | undefined, fallback: string): string {
  return path !== undefined && /^\/(?![/\\])[!-~]*$/.test(path) && !path.includes('\\') ? path : fallback;
}

/** The view of a request. A page that answers a form says itself where it can be found again. */
export function viewOf<E extends AppEnv>(context: Context<E>, here?: string): View {
  const { pathname, search } = new URL(context.req.url);
  const cookie = getCookie(context, 'language');
  const language = isLanguage(cookie) ? cookie : acceptedLanguage(context.req.header('accept-language'));
  const theme = getCookie(context, 'theme');
  return {
    texts: LANGUAGES[language].texts,
    language,
    theme: isTheme(theme) ? theme : 'system',
    here: here ?? pathname + search,
    offset: context.get('config').budgetUtcOffset,
    now: Date.now(),
    person: context.get('person') ?? null,
  };
}
