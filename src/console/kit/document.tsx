import type { Child } from 'hono/jsx';
import { assets } from './asset-list.ts';
import { LANGUAGES, THEMES, useView } from './view.ts';

/** The router's mark: several ways out of one. It says nothing that the name beside it does not. */
function Mark() {
  return (
    <svg viewBox="0 0 20 20" aria-hidden="true">
      <path d="M2 10h5M7 10c5 0 4-7 11-7M7 10h11M7 10c5 0 4 7 11 7" />
    </svg>
  );
}

/** The mark and the name, as a way home. */
export function Brand({ href }: { href: string }) {
  const { texts } = useView();
  return (
    <a class="brand" href={href}>
      <Mark />
      {texts.product}
    </a>
  );
}

/** The switches of language and appearance: plain forms, so that they work without a script. */
export function Preferences() {
  const { here, language: shown, texts, theme: chosen } = useView();
  return (
    <div class="prefs">
      <form method="post" action="/preferences" aria-label={texts.language}>
        <input type="hidden" name="back" value={here} />
        {Object.entries(LANGUAGES).map(([id, language]) => (
          <button type="submit" name="language" value={id} lang={language.texts.tag} aria-pressed={id === shown}>
            {language.name}
          </button>
        ))}
      </form>
      <form method="post" action="/preferences" aria-label={texts.theme}>
        <input type="hidden" name="back" value={here} />
        {THEMES.map((theme) => (
          <button type="submit" name="theme" value={theme} aria-pressed={theme === chosen}>
            {texts.themes[theme]}
          </button>
        ))}
      </form>
    </div>
  );
}

interface DocumentProps {
  title: string;
  /** Scripts of the page beside those that all have. */
  scripts?: readonly string[];
  /** After how many seconds the browser asks for it again, without a script. */
  refresh?: number | null;
  children?: Child;
}

/** A whole HTML document. */
export function Document({ title, scripts = [], refresh = null, children }: DocumentProps) {
  const { texts, theme } = useView();
  return (
    <html lang={texts.tag} data-theme={theme === 'system' ? undefined : theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        {refresh !== null && <meta http-equiv="refresh" content={String(refresh)} />}
        <title>{title === texts.product ? title : `${title} · ${texts.product}`}</title>
        <link rel="icon" href={assets.icon} />
        <link rel="stylesheet" href={assets.style} />
        {[assets.copyScript, assets.sendOnceScript, assets.timeScript, ...scripts].map((source) => (
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

interface LonePageProps extends DocumentProps {
  narrow?: boolean;
  wide?: boolean;
  /** What stands beside the name. */
  top?: Child;
}

/** A page without the console's frame: one column. */
export function LonePage({ title, narrow, wide, top, children }: LonePageProps) {
  return (
    <Document title={title}>
      <div class={narrow ? 'lone narrow' : wide ? 'lone wide' : 'lone'}>
        <header>
          <Brand href="/" />
          {top}
        </header>
        <main id="main" class="stack">
          {children}
        </main>
        <footer>
          <Preferences />
        </footer>
      </div>
    </Document>
  );
}
