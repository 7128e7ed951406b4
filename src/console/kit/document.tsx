import type { Child } from 'hono/jsx';
import { assets } from './asset-list.ts';
import { LANGUAGES, THEMES, type View } from './view.ts';

/** The router's mark: several ways out of one. It says nothing that the name beside it does not. */
function Mark() {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true">
      <path d="M2 10h5M7 10c5 0 4-7 11-7M7 10h11M7 10c5 0 4 7 11 7" />
    </svg>
  );
}

/** The mark and the name, as a way home. */
export function Brand({ view, href }: { view: View; href: string }) {
  return (
    <a class="brand" href={href}>
      <Mark />
      {view.texts.product}
    </a>
  );
}

/** The switches of language and appearance: plain forms, so that they work without a script. */
export function Preferences({ view }: { view: View }) {
  const { texts } = view;
  return (
    <div class="prefs">
      <form method="post" action="/preferences" aria-label={texts.language}>
        <input type="hidden" name="back" value={view.here} />
        {Object.entries(LANGUAGES).map(([id, language]) => (
          <button
            type="submit"
            name="language"
            value={id}
            lang={language.texts.tag}
            aria-pressed={id === view.language}
          >
            {language.name}
          </button>
        ))}
      </form>
      <form method="post" action="/preferences" aria-label={texts.theme}>
        <input type="hidden" name="back" value={view.here} />
        {THEMES.map((theme) => (
          <button type="submit" name="theme" value={theme} aria-pressed={theme === view.theme}>
            {texts.themes[theme]}
          </button>
        ))}
      </form>
    </div>
  );
}

interface DocumentProps {
  view: View;
  title: string;
  /** Scripts of the page beside those that all have. */
  scripts?: readonly string[];
  children?: Child;
}

/** A whole HTML document. */
export function Document({ view, title, scripts = [], children }: DocumentProps) {
  const { texts, theme } = view;
  return (
    <html lang={texts.tag} data-theme={theme === 'system' ? undefined : theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>{title === texts.product ? title : `${title} · ${texts.product}`}</title>
        <link rel="icon" href={assets.icon} />
        <link rel="stylesheet" href={assets.style} />
        {[assets.copyScript, assets.sendOnceScript, ...scripts].map((source) => (
          <script src={source} defer></script>
        ))}
      </head>
      <body data-copy={texts.copy} data-copied={texts.copied}>
        <a class="skip" href="#main">
          {texts.skip}
        </a>
        {children}
      </body>
    </html>
  );
}

/** A page without the console's frame: one column. */
export function LonePage({ view, title, narrow, children }: DocumentProps & { narrow?: boolean }) {
  return (
    <Document view={view} title={title}>
      <div class={narrow ? 'lone narrow' : 'lone'}>
        <header>
          <Brand view={view} href="/" />
        </header>
        <main id="main" class="stack">
          {children}
        </main>
        <footer>
          <Preferences view={view} />
        </footer>
      </div>
    </Document>
  );
}
