import { type Context, Hono } from 'hono';
import { acceptInvitation, invitationOf } from '../../keys/members.ts';
import { logFault } from '../../log-line.ts';
import type { ActorEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { requireSameOrigin } from '../../middleware/same-origin.ts';
import { openDatabase } from '../../store/database.ts';
import { type InvitationState, invitationState } from '../../store/invitations.ts';
import { readTemplate } from '../../store/member-template.ts';
import type { MemberTemplate } from '../../store/schema.ts';
import { deskOf } from '../kit/desk-of.ts';
import { LonePage } from '../kit/document.tsx';
import { Form } from '../kit/form.tsx';
import { reachOf } from '../kit/reach-of.ts';
import { limitForm, readForm } from '../kit/read-form.ts';
import { respond } from '../kit/respond.tsx';
import { Secret, type SecretProps } from '../kit/secret.tsx';
import { securityHeaders } from '../kit/security-headers.ts';
import { useView, viewOf } from '../kit/view.ts';
import { choiceFor, clientIn } from './own-keys.tsx';
import { ClientField, TemplateFacts } from './own-page.tsx';

type Closed = Exclude<InvitationState, 'open'> | 'missing';

function ClosedPage({ state }: { state: Closed }) {
  const { invitation } = useView().texts;
  return (
    <LonePage title={invitation.closedTitle} narrow>
      <h1>{invitation.closedTitle}</h1>
      <p>{invitation.closed[state]}</p>
    </LonePage>
  );
}

function showClosed(c: Context<ActorEnv>, state: Closed): Promise<Response> {
  return respond(c, viewOf(c), <ClosedPage state={state} />, state === 'missing' ? 404 : 410);
}

/** The link alone makes nothing: programs that look at links before people do would use it up. */
function OpenPage({ action, owner, template }: { action: string; owner: string; template: MemberTemplate }) {
  const { invitation, me } = useView().texts;
  return (
    <LonePage title={invitation.title}>
      <h1>{invitation.title}</h1>
      <p>{invitation.lead(owner)}</p>
      <section class="panel">
        <Form action={action} look="row start" submit={invitation.make} submitLook="after-label">
          <ClientField />
        </Form>
        <details>
          <summary>{me.what}</summary>
          <TemplateFacts template={template} />
        </details>
      </section>
    </LonePage>
  );
}

function MadePage(props: SecretProps) {
  const { invitation, secret } = useView().texts;
  return (
    <LonePage title={secret.created} wide>
      <h1>{secret.created}</h1>
      <Secret {...props} />
      <p>
        {invitation.toUsage} <a href="/me">/me</a>
      </p>
    </LonePage>
  );
}

async function look(c: Context<ActorEnv>): Promise<Response> {
  const database = openDatabase(c.env.DB);
  const invitation = await invitationOf({ database }, c.req.param('secret') ?? '');
  if (invitation === null) return showClosed(c, 'missing');
  const view = viewOf(c);
  const state = invitationState(invitation, view.now);
  if (state !== 'open') return showClosed(c, state);
  const template = await readTemplate(database);
  return respond(c, view, <OpenPage action={c.req.path} owner={invitation.owner} template={template} />);
}

async function accept(c: Context<ActorEnv>): Promise<Response> {
  const client = clientIn(await readForm(c));
  if (client === undefined) return c.redirect(c.req.path, 303);
  // Whose link it is gives the audit its name.
  c.set('actor', 'console');
  const accepted = await acceptInvitation(deskOf(c), c.req.param('secret') ?? '', choiceFor(client, ''));
  if (accepted.kind === 'missing') return showClosed(c, 'missing');
  if (accepted.kind === 'closed') return showClosed(c, accepted.state);
  const { key, secret } = accepted;
  const shown: SecretProps = {
    ...{ apiKey: key, reach: await reachOf(c, key, secret), rotated: false, warning: null },
    client: client.id,
  };
  return respond(c, viewOf(c, '/me'), <MadePage {...shown} />);
}

/** `/invitation/{secret}`: a link that shows one person one key, once. */
export const invitation = new Hono<ActorEnv>()
  .use(securityHeaders, requireSameOrigin, limitForm)
  .get('/:secret', look)
  .post('/:secret', accept)
  .all('/:secret', methodNotAllowed('GET', 'POST'))
  .onError((error, c) => {
    const id = c.get('requestId');
    logFault('invitation_failed', error, { request_id: id });
    const view = viewOf(c, '/');
    const { errors, me } = view.texts;
    const page = (
      <LonePage title={errors.failed} narrow>
        <h1>{errors.failed}</h1>
        <p>{me.failed(id)}</p>
      </LonePage>
    );
    return respond(c, view, page, 500);
  });
