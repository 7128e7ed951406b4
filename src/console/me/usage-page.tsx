import { type Context, Hono } from 'hono';
import { findKey } from '../../keys/find-key.ts';
import { keyPorts } from '../../keys/key-ports.ts';
import { maskSecret } from '../../keys/secret.ts';
import { judgeSecret } from '../../ledger/client.ts';
import { readUsageNow, type UsageNow } from '../../ledger/usage-now.ts';
import { logFault } from '../../log-line.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { runAfterIn } from '../../middleware/run-after.ts';
import { requireSameOrigin } from '../../middleware/same-origin.ts';
import { openDatabase } from '../../store/database.ts';
import { listLogs } from '../../store/log-list.ts';
import type { ApiKey, RequestLogRow } from '../../store/schema.ts';
import { LonePage } from '../kit/document.tsx';
import { Field } from '../kit/field.tsx';
import { Form } from '../kit/form.tsx';
import { KeyLimits, KeyUsage } from '../kit/key-usage.tsx';
import { limitForm, readForm } from '../kit/read-form.ts';
import { RequestTable } from '../kit/request-table.tsx';
import { respond } from '../kit/respond.tsx';
import { securityHeaders } from '../kit/security-headers.ts';
import { useView, viewOf } from '../kit/view.ts';

const SHOWN_REQUESTS = 20;

type Shown =
  | { kind: 'nothing' }
  | { kind: 'problem'; text: string }
  | { kind: 'key'; apiKey: ApiKey; usage: UsageNow; rows: readonly RequestLogRow[] };

function KeyForm({ problem }: { problem: string | null }) {
  const { usagePage } = useView().texts;
  return (
    <Form
      action="/usage"
      errors={problem === null ? {} : { key: problem }}
      look="row start"
      submit={usagePage.submit}
      submitLook="after-label"
    >
      <Field name="key" type="password" look="grow" label={usagePage.key} required />
    </Form>
  );
}

function KeySheet({ shown }: { shown: Extract<Shown, { kind: 'key' }> }) {
  const { apiKey, usage, rows } = shown;
  const { offset, texts } = useView();
  const { keyPage, usagePage, zone } = texts;
  return (
    <>
      <section class="panel">
        <h2>
          {apiKey.name || maskSecret(apiKey)}{' '}
          <small>
            {apiKey.owner} · {apiKey.purpose}
            {apiKey.name !== '' && ` · ${maskSecret(apiKey)}`}
          </small>
        </h2>
        <KeyUsage apiKey={apiKey} usage={usage} />
      </section>
      <section>
        <h2>{usagePage.limits}</h2>
        <KeyLimits apiKey={apiKey} />
      </section>
      <section>
        <div class="head">
          <h2>{keyPage.lastRequests}</h2>
          <small>{zone(offset)}</small>
        </div>
        {rows.length === 0 && <p class="soft">{keyPage.noRequests}</p>}
        {rows.length > 0 && <RequestTable rows={rows} />}
      </section>
    </>
  );
}

function UsagePage({ shown }: { shown: Shown }) {
  const { usagePage } = useView().texts;
  return (
    <LonePage title={usagePage.title}>
      <h1>{usagePage.title}</h1>
      <p class="soft">{usagePage.lead}</p>
      <KeyForm problem={shown.kind === 'problem' ? shown.text : null} />
      {shown.kind === 'key' && <KeySheet shown={shown} />}
    </LonePage>
  );
}

/** A fault, told on the page with the id that the log knows it by. */
function showFault(error: Error, c: Context<AppEnv>): Response | Promise<Response> {
  const id = c.get('requestId');
  logFault('usage_page_failed', error, { request_id: id });
  const view = viewOf(c);
  return respond(c, view, <UsagePage shown={{ kind: 'problem', text: view.texts.usagePage.failed(id) }} />, 500);
}

/** `/usage`: what a key's holder may see of it. The key comes in a form's body and goes nowhere else. */
export const usagePage = new Hono<AppEnv>()
  .use('/', securityHeaders, requireSameOrigin, limitForm)
  .get('/', (c) => respond(c, viewOf(c), <UsagePage shown={{ kind: 'nothing' }} />))
  .post('/', async (c) => {
    const view = viewOf(c);
    const { usagePage: texts } = view.texts;
    const { key: secret = '' } = await readForm(c);
    const found = await findKey(secret, keyPorts(c.env, runAfterIn(c.executionCtx)));
    if (found.kind !== 'found' || (await judgeSecret(c.env, found.key, found.keyHash)) !== null) {
      const text =
        found.kind === 'malformed' ? texts.malformed : found.kind === 'unavailable' ? texts.unavailable : texts.refused;
      return respond(
        c,
        view,
        <UsagePage shown={{ kind: 'problem', text }} />,
        found.kind === 'unavailable' ? 503 : 401,
      );
    }
    const [usage, requests] = await Promise.all([
      readUsageNow(c.env, found.key, view.now, view.offset),
      listLogs(openDatabase(c.env.DB), {
        limit: SHOWN_REQUESTS,
        cursor: null,
        filter: { kind: 'settle', keyId: found.key.id },
      }),
    ]);
    return respond(c, view, <UsagePage shown={{ kind: 'key', apiKey: found.key, usage, rows: requests.data }} />);
  })
  .all('/', methodNotAllowed('GET', 'POST'))
  .onError(showFault);
