import { type Context, Hono } from 'hono';
import { type AdminEnv, endSession, startSession } from '../../middleware/admin-session.ts';
import { checkSecret } from '../../middleware/guess-throttle.ts';
import { ACCESS_SIGN_OUT } from '../../middleware/person.ts';
import { LonePage } from '../kit/document.tsx';
import { Field } from '../kit/field.tsx';
import { Form } from '../kit/form.tsx';
import { Note } from '../kit/note.tsx';
import { readForm } from '../kit/read-form.ts';
import { respond } from '../kit/respond.tsx';
import { ownPath, useView, viewOf } from '../kit/view.ts';
import { administrator, ClosedPage } from './closed.tsx';

interface SignInProps {
  /** Where to go after signing in. */
  wanted: string;
  problem: string | null;
  note?: string | null;
}

function SignInPage({ wanted, problem, note = null }: SignInProps) {
  const { signIn } = useView().texts;
  return (
    <LonePage title={signIn.title} narrow>
      <h1>{signIn.title}</h1>
      <p class="soft">{signIn.lead}</p>
      <Note text={note} />
      <Form
        action="/admin/sign-in"
        hidden={{ next: wanted }}
        errors={problem === null ? {} : { secret: problem }}
        submit={signIn.submit}
      >
        <Field name="secret" type="password" label={signIn.secret} autocomplete="current-password" autofocus required />
      </Form>
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
    return respond(c, view, <SignInPage wanted={wanted} problem={view.texts.signIn.wait(seconds)} />, 429);
  }
  if (internalSecret === null || verdict?.kind !== 'right') {
    return respond(c, view, <SignInPage wanted={wanted} problem={view.texts.signIn.wrong} />, 401);
  }
  await startSession(c, internalSecret);
  // Without a session the next page comes back to the sign-in page, which then knows why.
  return c.redirect(`/admin/welcome?next=${encodeURIComponent(wanted)}`, 303);
}

/** Sign in and out. The page without a session; the rest of the console stands behind `administrator`. */
export const signIn = new Hono<AdminEnv>()
  .get('/sign-in', (c) => {
    const view = viewOf(c, '/admin/sign-in');
    if (c.get('config').internalSecret === null)
      return respond(c, view, <ClosedPage closed={{ kind: 'nobody' }} />, 401);
    const { signIn: texts } = view.texts;
    const wanted = ownPath(c.req.query('next'), '/admin');
    const isBack = wanted.startsWith('/admin/welcome');
    const note = c.req.query('out') === undefined ? null : texts.signedOut;
    return respond(
      c,
      view,
      <SignInPage wanted={isBack ? '/admin' : wanted} problem={isBack ? texts.noCookie : null} note={note} />,
    );
  })
  .post('/sign-in', trySecret)
  .get('/welcome', administrator, (c) => c.redirect(ownPath(c.req.query('next'), '/admin'), 303))
  .post('/sign-out', administrator, async (c) => {
    await endSession(c);
    return c.redirect(c.get('person') === undefined ? '/admin/sign-in?out' : ACCESS_SIGN_OUT, 303);
  });
