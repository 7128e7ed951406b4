import type { Child } from 'hono/jsx';
import { ACCESS_SIGN_OUT } from '../../middleware/person.ts';
import { LonePage } from '../kit/document.tsx';
import { useView } from '../kit/view.ts';
import type { Hindered } from './member.ts';

const PLACES = [
  ['keys', '/me'],
  ['requests', '/me/requests'],
  ['models', '/me/models'],
] as const;

type Place = (typeof PLACES)[number][0];

function Navigation({ place }: { place: Place }) {
  const { person, texts } = useView();
  const { home, me, signIn } = texts;
  return (
    <div class="between row">
      <nav class="nav" aria-label={me.nav}>
        <ul>
          {PLACES.map(([name, path]) => (
            <li>
              <a href={path} aria-current={name === place ? 'page' : undefined}>
                {me.places[name]}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {person !== null && (
        <p class="small soft">
          {me.signedIn(person.email)} ·{' '}
          {person.isAdmin && (
            <>
              <a href="/admin">{home.console}</a> ·{' '}
            </>
          )}
          <a href={ACCESS_SIGN_OUT}>{signIn.signOut}</a>
        </p>
      )}
    </div>
  );
}

/** A member's page: one column, with the way to the others on top. */
export function MeFrame({ title, place, children }: { title: string; place: Place; children?: Child }) {
  return (
    <LonePage title={title} wide top={<Navigation place={place} />}>
      {children}
    </LonePage>
  );
}

/** Why somebody who signed in cannot come in. */
export function ProblemPage({ standing }: { standing: Hindered }) {
  const { me, signIn } = useView().texts;
  const text =
    standing.kind === 'bad_name' || standing.kind === 'name_taken'
      ? me.problems[standing.kind](standing.email)
      : me.problems[standing.kind];
  return (
    <LonePage title={me.problemTitle} narrow>
      <h1>{me.problemTitle}</h1>
      <p>{text}</p>
      <a href={ACCESS_SIGN_OUT}>{signIn.signOut}</a>
    </LonePage>
  );
}
