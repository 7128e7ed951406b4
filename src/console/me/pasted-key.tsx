import type { Context } from 'hono';
import { findKey } from '../../keys/find-key.ts';
import { keyPorts } from '../../keys/key-ports.ts';
import { maskSecret } from '../../keys/secret.ts';
import { judgeSecret } from '../../ledger/client.ts';
import { levelsOf } from '../../ledger/shared/level-book.ts';
import { readUsageNow, type UsageNow } from '../../ledger/usage-now.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import { runAfterIn } from '../../middleware/run-after.ts';
import { openDatabase } from '../../store/database.ts';
import { listLogs } from '../../store/log-list.ts';
import type { ApiKey, RequestLogRow } from '../../store/schema.ts';
import { LonePage } from '../kit/document.tsx';
import { Field } from '../kit/field.tsx';
import { Form } from '../kit/form.tsx';
import { KeyLimits, KeyUsage } from '../kit/key-usage.tsx';
import { ModelTable, type ProviderModels } from '../kit/model-table.tsx';
import { readForm } from '../kit/read-form.ts';
import { RequestTable } from '../kit/request-table.tsx';
import { respond } from '../kit/respond.tsx';
import { readLevels, SharedBudgets, type ShownLevel } from '../kit/shared-budgets.tsx';
import { useView, viewOf } from '../kit/view.ts';
import { modelsFor } from './own-models.tsx';

const SHOWN_REQUESTS = 20;

type Shown =
  | { kind: 'nothing' }
  | { kind: 'problem'; text: string }
  | {
      kind: 'key';
      apiKey: ApiKey;
      usage: UsageNow;
      rows: readonly RequestLogRow[];
      models: readonly ProviderModels[];
      levels: readonly ShownLevel[];
    };

function KeyForm({ problem }: { problem: string | null }) {
  const { usagePage } = useView().texts;
  return (
    <Form
      action="/me"
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
  const { apiKey, usage, rows, models, levels } = shown;
  const { offset, texts } = useView();
  const { keyPage, me, usagePage, zone } = texts;
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
      <SharedBudgets levels={levels} />
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
        {rows.length > 0 && <RequestTable rows={rows} withReason />}
      </section>
      {models.length > 0 && (
        <details>
          <summary>{me.places.models}</summary>
          <ModelTable providers={models} />
        </details>
      )}
    </>
  );
}

function PastedKeyPage({ shown }: { shown: Shown }) {
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

/** The form alone. */
export function showKeyForm<E extends AppEnv>(c: Context<E>): Promise<Response> {
  return respond(c, viewOf(c, '/me'), <PastedKeyPage shown={{ kind: 'nothing' }} />);
}

/** The form with what went wrong. */
export function showProblem<E extends AppEnv>(c: Context<E>, text: string, status: 401 | 500 | 503): Promise<Response> {
  return respond(c, viewOf(c, '/me'), <PastedKeyPage shown={{ kind: 'problem', text }} />, status);
}

/** What a key's holder may see of it. The key comes in a form's body and goes nowhere else. */
export async function showPastedKey<E extends AppEnv>(c: Context<E>): Promise<Response> {
  const view = viewOf(c, '/me');
  const { usagePage: texts } = view.texts;
  const { key: secret = '' } = await readForm(c);
  const found = await findKey(secret, keyPorts(c.env, runAfterIn(c.executionCtx)));
  if (found.kind === 'unavailable') return showProblem(c, texts.unavailable, 503);
  if (found.kind !== 'found' || (await judgeSecret(c.env, found.key, found.keyHash)) !== null) {
    return showProblem(c, found.kind === 'malformed' ? texts.malformed : texts.refused, 401);
  }
  const [usage, requests, levels] = await Promise.all([
    readUsageNow(c.env, found.key, view.now, view.offset),
    listLogs(openDatabase(c.env.DB), {
      limit: SHOWN_REQUESTS,
      cursor: null,
      filter: { kind: 'settle', keyId: found.key.id },
    }),
    readLevels(c.env, levelsOf(found.key), view),
  ]);
  const models = await modelsFor(c, [found.key.models]);
  const shown = { kind: 'key', apiKey: found.key, usage, rows: requests.data, models, levels } as const;
  return respond(c, view, <PastedKeyPage shown={shown} />);
}
