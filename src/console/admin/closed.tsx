import type { Context } from 'hono';
import { type AdminEnv, type Closed, requireAdmin } from '../../middleware/admin-session.ts';
import { ACCESS_SIGN_OUT } from '../../middleware/person.ts';
import { LonePage } from '../kit/document.tsx';
import { respond } from '../kit/respond.tsx';
import { useView, viewOf } from '../kit/view.ts';

/** Says why the console stays closed, and where to go. */
export function ClosedPage({ closed, hasSecret = false }: { closed: Closed; hasSecret?: boolean }) {
  const { closed: texts, signIn } = useView().texts;
  const words = closed.kind === 'member' ? texts.member(closed.person.email) : texts[closed.kind];
  return (
    <LonePage title={texts.titles[closed.kind]} narrow>
      <h1>{texts.titles[closed.kind]}</h1>
      <p>{words}</p>
      <div class="row">
        {closed.kind === 'member' && (
          <a class="button" href="/me">
            {texts.toOwnPage}
          </a>
        )}
        {hasSecret && (
          <a class="button plain" href="/admin/sign-in">
            {texts.bySecret}
          </a>
        )}
        {closed.kind === 'member' && <a href={ACCESS_SIGN_OUT}>{signIn.signOut}</a>}
      </div>
    </LonePage>
  );
}

function showClosed(c: Context<AdminEnv>, closed: Closed): Response | Promise<Response> {
  const hasSecret = c.get('config').internalSecret !== null;
  if (closed.kind === 'nobody' && hasSecret) {
    const { pathname, search } = new URL(c.req.url);
    const wanted = c.req.method === 'GET' ? pathname + search : '/admin';
    return c.redirect(`/admin/sign-in?next=${encodeURIComponent(wanted)}`, 303);
  }
  const status = { nobody: 401, member: 403, unreachable: 503 } as const;
  const page = <ClosedPage closed={closed} hasSecret={hasSecret} />;
  return respond(c, viewOf(c, '/admin'), page, status[closed.kind]);
}

/** Lets administrators through; others are sent to sign in, or told why they cannot. */
export const administrator = requireAdmin(showClosed);
