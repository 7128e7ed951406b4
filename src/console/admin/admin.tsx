import { type Context, Hono } from 'hono';
import { logFault } from '../../log-line.ts';
import { type AdminEnv, requireConsole } from '../../middleware/admin-session.ts';
import { requireSameOrigin } from '../../middleware/same-origin.ts';
import { causeOf } from '../../protocol/cause-of.ts';
import { RouterError } from '../../protocol/errors.ts';
import { limitForm } from '../kit/read-form.ts';
import { respond } from '../kit/respond.tsx';
import { securityHeaders } from '../kit/security-headers.ts';
import { useView, viewOf } from '../kit/view.ts';
import { alerts } from './alerts.tsx';
import { catalog } from './catalog.tsx';
import { changes } from './changes.tsx';
import { administrator } from './closed.tsx';
import { Frame, Head } from './frame.tsx';
import { keySecrets } from './key-secrets.tsx';
import { keys } from './keys.tsx';
import { ledger } from './ledger.tsx';
import { members } from './members.tsx';
import { models } from './models.tsx';
import { overview } from './overview.tsx';
import { providers } from './providers.tsx';
import { requests } from './requests.tsx';
import { several } from './several.tsx';
import { signIn } from './sign-in.tsx';
import { teams } from './teams.tsx';
import { tryIt } from './try-it.tsx';
import { users } from './users.tsx';

function ErrorPage({ title, text, id }: { title: string; text: string; id?: string }) {
  const { errors } = useView().texts;
  return (
    <Frame title={title} place={null}>
      <Head title={title} lead={text} />
      {id !== undefined && <p class="mono">{id}</p>}
      <a class="button" href="/admin">
        {errors.toOverview}
      </a>
    </Frame>
  );
}

function showMissing(c: Context<AdminEnv>): Response | Promise<Response> {
  const view = viewOf(c, '/admin');
  const { notFound, notFoundText } = view.texts.errors;
  return respond(c, view, <ErrorPage title={notFound} text={notFoundText} />, 404);
}

/** A fault is told as what it is, with the id that the log knows it by. */
function showFault(error: Error, c: Context<AdminEnv>): Response | Promise<Response> {
  const id = c.get('requestId');
  logFault('console_failed', error, { request_id: id });
  const view = viewOf(c, '/admin');
  const { failed, failedText } = view.texts.errors;
  const status = causeOf(error, RouterError)?.code === 'storage_unavailable' ? 503 : 500;
  return respond(c, view, <ErrorPage title={failed} text={failedText} id={id} />, status);
}

/** What administrators alone see. A page that is not there is a page all the same. */
const pages = new Hono<AdminEnv>()
  .use(administrator, async (c, next) => {
    await next();
    const isPage = c.res.headers.get('content-type')?.startsWith('text/html');
    if (c.res.status === 404 && !isPage) c.res = await showMissing(c);
  })
  .route('/', overview)
  .route('/', keySecrets)
  .route('/', keys)
  .route('/', several)
  .route('/', users)
  .route('/', members)
  .route('/', teams)
  .route('/', requests)
  .route('/', models)
  .route('/', catalog)
  .route('/', tryIt)
  .route('/', alerts)
  .route('/', ledger)
  .route('/', changes)
  .route('/', providers);

/** `/admin`: the console. */
export const admin = new Hono<AdminEnv>()
  .use(requireConsole, securityHeaders, requireSameOrigin, limitForm)
  .route('/', signIn)
  .route('/', pages)
  .onError(showFault);
