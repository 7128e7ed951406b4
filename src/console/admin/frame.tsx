import type { Child } from 'hono/jsx';
import { Brand, Document, Preferences } from '../kit/document.tsx';
import type { View } from '../kit/view.ts';

const PLACES = [
  ['overview', '/admin'],
  ['keys', '/admin/keys'],
  ['users', '/admin/users'],
  ['requests', '/admin/requests'],
  ['models', '/admin/models'],
  ['tryIt', '/admin/try'],
  ['ledger', '/admin/ledger'],
  ['changes', '/admin/changes'],
] as const;

type Place = (typeof PLACES)[number][0];

function Navigation({ view, place }: { view: View; place: Place | null }) {
  const { nav } = view.texts;
  return (
    <nav class="nav" aria-label={nav.label}>
      <ul>
        {PLACES.map(([name, path]) => (
          <li>
            <a href={path} aria-current={name === place ? 'page' : undefined}>
              {nav[name]}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

interface FrameProps {
  view: View;
  title: string;
  /** Which entry of the navigation this page belongs to. */
  place: Place | null;
  scripts?: readonly string[];
  children?: Child;
}

/** A page of the console: navigation at the side, or on top where there is no room. */
export function Frame({ view, title, place, scripts = [], children }: FrameProps) {
  return (
    <Document view={view} title={title} scripts={scripts}>
      <div class="frame">
        <header class="side">
          <Brand view={view} href="/admin" />
          <Navigation view={view} place={place} />
          <div class="prefs-and-out">
            <Preferences view={view} />
            <form class="prefs" method="post" action="/admin/sign-out">
              <button type="submit">{view.texts.signIn.signOut}</button>
            </form>
          </div>
        </header>
        <main id="main">{children}</main>
      </div>
    </Document>
  );
}

/** A page's title with what belongs beside it. */
export function Head({ title, lead, children }: { title: Child; lead?: Child; children?: Child }) {
  return (
    <div class="head">
      <div>
        <h1>{title}</h1>
        {lead && <p class="soft">{lead}</p>}
      </div>
      {children}
    </div>
  );
}

/** What a change came to, read out by screen readers. */
export function Note({ text, bad }: { text: string | null; bad?: boolean }) {
  if (text === null) return null;
  return (
    <p class={bad ? 'note bad' : 'note'} role={bad ? 'alert' : 'status'}>
      {text}
    </p>
  );
}

/** A table that scrolls sideways inside itself where it is too wide. */
export function Scroll({ label, children }: { label: string; children?: Child }) {
  return (
    <section class="scroll" aria-label={label} tabindex={0}>
      {children}
    </section>
  );
}

/** The links below a list that goes on. */
export function Pager({
  view,
  path,
  query,
  cursor,
  next,
}: {
  view: View;
  path: string;
  query: URLSearchParams;
  cursor: string | null;
  next: string | null;
}) {
  if (cursor === null && next === null) return null;
  const link = (to: string | null) => {
    const params = new URLSearchParams(query);
    params.delete('cursor');
    if (to !== null) params.set('cursor', to);
    const text = params.toString();
    return text === '' ? path : `${path}?${text}`;
  };
  return (
    <nav class="row" aria-label={view.texts.more}>
      {cursor !== null && (
        <a class="button plain" href={link(null)}>
          {view.texts.newest}
        </a>
      )}
      {next !== null && (
        <a class="button plain" href={link(next)} rel="next">
          {view.texts.older}
        </a>
      )}
    </nav>
  );
}
