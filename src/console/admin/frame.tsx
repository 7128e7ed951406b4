import type { Child } from 'hono/jsx';
import { Brand, Document, Preferences } from '../kit/document.tsx';
import { useView } from '../kit/view.ts';

const PLACES = [
  ['overview', '/admin'],
  ['keys', '/admin/keys'],
  ['users', '/admin/users'],
  ['teams', '/admin/teams'],
  ['members', '/admin/members'],
  ['requests', '/admin/requests'],
  ['providers', '/admin/providers'],
  ['models', '/admin/models'],
  ['catalog', '/admin/catalog'],
  ['tryIt', '/admin/try'],
  ['alerts', '/admin/alerts'],
  ['ledger', '/admin/ledger'],
  ['changes', '/admin/changes'],
] as const;

type Place = (typeof PLACES)[number][0];

function Navigation({ place }: { place: Place | null }) {
  const { nav } = useView().texts;
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
  title: string;
  /** Which entry of the navigation this page belongs to. */
  place: Place | null;
  scripts?: readonly string[];
  refresh?: number | null;
  children?: Child;
}

/** A page of the console: navigation at the side, on top where there is no room, and folded on a phone. */
export function Frame({ title, place, scripts = [], refresh = null, children }: FrameProps) {
  const { person, texts } = useView();
  return (
    <Document title={title} scripts={scripts} refresh={refresh}>
      <div class="frame">
        <header class="side">
          <Brand href="/admin" />
          <button type="button" class="plain tight menu-button" popovertarget="menu">
            {texts.nav.menu}
          </button>
          <div class="menu" id="menu" popover="auto">
            <Navigation place={place} />
            <div class="prefs-and-out">
              <Preferences />
              <form class="prefs" method="post" action="/admin/sign-out">
                {person !== null && <a href="/me">{person.email}</a>}
                <button type="submit">{texts.signIn.signOut}</button>
              </form>
            </div>
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
