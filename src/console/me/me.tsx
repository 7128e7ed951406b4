import { type Context, Hono } from 'hono';
import { createMiddleware } from 'hono/factory';
import { keyId } from '../../keys/secret.ts';
import { windowStarts } from '../../ledger/windows.ts';
import { logFault } from '../../log-line.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { requireSameOrigin } from '../../middleware/same-origin.ts';
import { openDatabase } from '../../store/database.ts';
import { keysOfOwner } from '../../store/keys.ts';
import { readTemplate } from '../../store/member-template.ts';
import { dailySpend } from '../../store/overview.ts';
import { spendByKeyOf } from '../../store/spend.ts';
import { getTeam } from '../../store/teams.ts';
import type { UserWithKeys } from '../../store/users.ts';
import { LonePage } from '../kit/document.tsx';
import { limitForm } from '../kit/read-form.ts';
import { respond } from '../kit/respond.tsx';
import { securityHeaders } from '../kit/security-headers.ts';
import { readLevels, type ShownLevel } from '../kit/shared-budgets.tsx';
import { useView, type View, viewOf } from '../kit/view.ts';
import type { Texts } from '../texts/english.ts';
import { ProblemPage } from './me-frame.tsx';
import { type Hindered, type MemberEnv, standingOf } from './member.ts';
import { ownKeys } from './own-keys.tsx';
import { ownModels } from './own-models.tsx';
import { monthsAt, OwnPage } from './own-page.tsx';
import { ownRequests } from './own-requests.tsx';
import { showKeyForm, showPastedKey, showProblem } from './pasted-key.tsx';

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

function noteOf(done: string | undefined, { keyForm, me }: Texts) {
  if (done === 'refused') return { text: me.refused, bad: true };
  return done === 'invalid' ? { text: `${keyForm.invalid} ${keyForm.errors.name}`, bad: true } : null;
}

/** Budgets over all of a member's keys, and over those of their team. */
async function ownLevels(env: Cloudflare.Env, user: UserWithKeys, view: View): Promise<ShownLevel[]> {
  const team = user.team === null ? null : await getTeam(openDatabase(env.DB), user.team);
  const levels = [{ ...user, kind: 'user' } as const, ...(team === null ? [] : [{ ...team, kind: 'team' } as const])];
  return await readLevels(env, levels, view);
}

async function showOwnPage(c: Context<MemberEnv>, user: UserWithKeys): Promise<Response> {
  const view = viewOf(c, '/me');
  const database = openDatabase(c.env.DB);
  const starts = windowStarts(view.now, view.offset);
  const months = monthsAt(starts.month, starts.day);
  const [keys, template, days, spentByKey, levels] = await Promise.all([
    keysOfOwner(database, user.name),
    readTemplate(database),
    dailySpend(database, months.last.first, { owner: user.name }),
    spendByKeyOf(database, user.name, months.this.first),
    ownLevels(c.env, user, view),
  ]);
  const page = (
    <OwnPage
      {...{ keys, template, days, spentByKey, levels, months }}
      today={starts.day}
      shown={c.req.query('month') === 'last' ? months.last : months.this}
      newId={keyId(view.now)}
      note={noteOf(c.req.query('done'), view.texts)}
    />
  );
  return respond(c, view, page);
}

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
    return standing.kind === 'member' ? showOwnPage(c, standing.user) : refuse(c, standing);
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
