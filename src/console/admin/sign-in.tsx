import { type Context, Hono } from 'hono';
import { type AdminEnv, endSession, requireSession, startSession } from '../../middleware/admin-session.ts';
import { checkSecret } from '../../middleware/guess-throttle.ts';
import { LonePage } from '../kit/document.tsx';
import { readForm } from '../kit/read-form.ts';
import { respond } from '../kit/respond.ts';
import { ownPath, type View, viewOf } from '../kit/view.ts';
import { Note } from './frame.tsx';

interface SignInProps {
  view: View;
  /** Where to go after signing in. */
  wanted: string;
  problem: string | null;
  note?: string | null;
}

function SignInPage({ view, wanted, problem, note = null }: SignInProps) {
  const { signIn } = view.texts;
  return (
    <LonePage view={view} title={signIn.title} narrow>
      <h1>{signIn.title}</h1>
      <p class="soft">{signIn.lead}</p>
      <Note text={note} />
      <form method="post" action="/admin/sign-in">
        <input type="hidden" name="next" value={wanted} />
        <div class="field">
          <label for="secret">{signIn.secret}</label>
          <input
            id="secret"
            name="secret"
            type="password"
            required
            autofocus
            autocomplete="current-password"
            aria-invalid={problem === null ? undefined : 'true'}
            aria-describedby={problem === null ? undefined : 'problem'}
          />
          {problem !== null && (
            <p id="problem" class="small bad" role="alert">
              {problem}
            </p>
          )}
        </div>
        <button type="submit">{signIn.submit}</button>
      </form>
    </LonePage>
  );
}

async function trySecret(c: Context<AdminEnv>): Promise<Response> {
  const form = await readForm(c);
  const wanted = ownPath(form['next'], '/admin');
  const view = viewOf(c, '/admin/sign-in');
  const { internalSecret } = c.get('config');
  const verdict = internalSecret === null ? null : await checkSecret(c, form['secret'] ?? '', internalSecret, 'person');
  if (verdict?.kind === 'wait') {
    const { seconds } = verdict;
    c.header('retry-after', String(seconds));
    return respond(c, <SignInPage view={view} wanted={wanted} problem={view.texts.signIn.wait(seconds)} />, 429);
  }
  if (internalSecret === null || verdict?.kind !== 'right') {
    return respond(c, <SignInPage view={view} wanted={wanted} problem={view.texts.signIn.wrong} />, 401);
  }
  await startSession(c, internalSecret);
  // Without a session the next page comes back to the sign-in page, which then knows why.
  return c.redirect(`/admin/welcome?next=${encodeURIComponent(wanted)}`, 303);
}

/** Sign in and out. The page without a session; the rest of the console stands behind `requireSession`. */
export const signIn = new Hono<AdminEnv>()
  .get('/sign-in', (c) => {
    const view = viewOf(c, '/admin/sign-in');
    const { signIn: texts } = view.texts;
    const wanted = ownPath(c.req.query('next'), '/admin');
    const isBack = wanted.startsWith('/admin/welcome');
    const note = c.req.query('out') === undefined ? null : texts.signedOut;
    return respond(
      c,
      <SignInPage
        view={view}
        wanted={isBack ? '/admin' : wanted}
        problem={isBack ? texts.noCookie : null}
        note={note}
      />,
    );
  })
  .post('/sign-in', trySecret)
  .get('/welcome', requireSession, (c) => c.redirect(ownPath(c.req.query('next'), '/admin'), 303))
  .post('/sign-out', requireSession, async (c) => {
    await endSession(c);
    return c.redirect('/admin/sign-in?out', 303);
  });
