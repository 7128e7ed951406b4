import { type Context, Hono } from 'hono';
import { createMiddleware } from 'hono/factory';
import { logFault } from '../../log-line.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { requireSameOrigin } from '../../middleware/same-origin.ts';
import { LonePage } from '../kit/document.tsx';
import { limitForm } from '../kit/read-form.ts';
import { respond } from '../kit/respond.tsx';
import { securityHeaders } from '../kit/security-headers.ts';
import { useView, viewOf } from '../kit/view.ts';
import { ProblemPage } from './me-frame.tsx';
import { type Hindered, type MemberEnv, standingOf } from './member.ts';
import { ownKeys } from './own-keys.tsx';
import { ownModels } from './own-models.tsx';
import { ownRequests } from './own-requests.tsx';
import { showKeyForm, showPastedKey, showProblem } from './pasted-key.tsx';
import { showOwnPage } from './show-own-page.tsx';

/** Says to who signed in why they cannot go on. */
function refuse(c: Context<MemberEnv>, standing: Hindered): Promise<Response> {
  return respond(c, viewOf(c, '/me'), <ProblemPage standing={standing} />, standing.kind === 'unreachable' ? 503 : 403);
}

/** Lets members through; who has not signed in is sent to where a key can be pasted. */
const requireMember = createMiddleware<MemberEnv>(async (c, next) => {
  const standing = await standingOf(c);
  if (standing.kind === 'nobody') return c.redirect('/me', 303);
  if (standing.kind !== 'member') return refuse(c, standing);
  c.set('member', standing.user);
  return await next();
});

function MissingPage() {
  const { errors, me } = useView().texts;
  return (
    <LonePage title={errors.notFound} narrow>
      <h1>{errors.notFound}</h1>
      <p>{errors.notFoundText}</p>
      <a class="button" href="/me">
        {me.back}
      </a>
    </LonePage>
  );
}

/** What members alone see. Somebody else's key is a page that is not there, as one that never was. */
const pages = new Hono<MemberEnv>()
  .use(requireMember, async (c, next) => {
    await next();
    const isPage = c.res.headers.get('content-type')?.startsWith('text/html');
    if (c.res.status === 404 && !isPage) c.res = await respond(c, viewOf(c, '/me'), <MissingPage />, 404);
  })
  .route('/', ownKeys)
  .route('/', ownRequests)
  .route('/', ownModels);

/** A fault, told on the page with the id that the log knows it by. */
function showFault(error: Error, c: Context<MemberEnv>): Promise<Response> {
  const id = c.get('requestId');
  logFault('own_page_failed', error, { request_id: id });
  return showProblem(c, viewOf(c).texts.usagePage.failed(id), 500);
}

/** `/me`: a member's own pages; for who has not signed in, what a key that they paste has to tell. */
export const me = new Hono<MemberEnv>()
  .use(securityHeaders, requireSameOrigin, limitForm)
  .get('/', async (c) => {
    const standing = await standingOf(c);
    if (standing.kind === 'nobody') return showKeyForm(c);
    if (standing.kind !== 'member') return refuse(c, standing);
    const isRefused = c.req.query('done') === 'refused';
    const note = isRefused ? { text: viewOf(c).texts.me.refused, bad: true } : null;
    return showOwnPage(c, standing.user, { typed: {}, errors: {}, note, status: 200 });
  })
  .post('/', showPastedKey)
  .all('/', methodNotAllowed('GET', 'POST'))
  .route('/', pages)
  .onError(showFault);

/** `/usage`, which people have bookmarked, leads to `/me`; a form that was open there goes on working. */
export const usage = new Hono<MemberEnv>()
  .use('/', securityHeaders, requireSameOrigin, limitForm)
  .get('/', (c) => c.redirect('/me'))
  .post('/', showPastedKey)
  .all('/', methodNotAllowed('GET', 'POST'))
  .onError(showFault);
