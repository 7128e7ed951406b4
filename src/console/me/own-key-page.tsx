import { keyState } from '../../keys/key-state.ts';
import { maskSecret } from '../../keys/secret.ts';
import type { UsageNow } from '../../ledger/usage-now.ts';
import type { ApiKey, RequestLogRow } from '../../store/schema.ts';
import { KeyBadge } from '../kit/badge.tsx';
import { Field, type FieldErrors, Select } from '../kit/field.tsx';
import { Form } from '../kit/form.tsx';
import { KeyLimits, KeyUsage } from '../kit/key-usage.tsx';
import { Note } from '../kit/note.tsx';
import { OldSecret } from '../kit/old-secret.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import { RequestTable } from '../kit/request-table.tsx';
import { SharedBudgets, type ShownLevel } from '../kit/shared-budgets.tsx';
import { useView } from '../kit/view.ts';
import { MeFrame } from './me-frame.tsx';

/** How long an old secret may go on working, as the form offers it. */
export const GRACES = ['24h', '0s'] as const;

export interface OwnKeyProps {
  apiKey: ApiKey;
  usage: UsageNow;
  /** What is spent of the budgets over all their keys, and their team's. */
  levels: readonly ShownLevel[];
  rows: readonly RequestLogRow[];
  typed: FieldValues;
  errors: FieldErrors;
  note: { text: string; bad: boolean } | null;
}

function Actions({ apiKey, typed, errors }: OwnKeyProps) {
  const { texts } = useView();
  const { keyPage, me, save } = texts;
  const path = `/me/keys/${apiKey.id}`;
  return (
    <section class="panel">
      <Form
        action={`${path}/name`}
        hidden={{ revision: apiKey.revision }}
        values={{ name: apiKey.name, ...typed }}
        errors={errors}
        look="row start"
        submit={save}
        submitLook="plain after-label"
        novalidate
      >
        <Field name="name" label={me.rename} />
      </Form>
      <Form
        action={`${path}/rotate`}
        hidden={{ revision: apiKey.revision }}
        look="row start"
        submit={keyPage.rotate}
        submitLook="plain after-label"
      >
        <Select name="grace" label={me.grace} options={GRACES.map((grace) => [grace, me.graces[grace]] as const)} />
      </Form>
      <p class="small soft">{me.rotateText}</p>
      <OldSecret apiKey={apiKey} />
      <details class="danger-zone">
        <summary class="bad">{keyPage.revoke} …</summary>
        <Form action={`${path}/revoke`} look="row between" submit={keyPage.revokeConfirm} submitLook="danger">
          <p>{keyPage.revokeText}</p>
        </Form>
      </details>
    </section>
  );
}

/** One of a member's keys: what it has cost, what it may do, and what can be done with it. */
export function OwnKeyPage(props: OwnKeyProps) {
  const { apiKey, levels, usage, rows, note } = props;
  const { now, texts } = useView();
  const { keyPage, me, usagePage } = texts;
  const state = keyState(apiKey, now);
  return (
    <MeFrame title={apiKey.name || maskSecret(apiKey)} place="keys">
      <div>
        <h1 class="title">
          {apiKey.name || maskSecret(apiKey)} <KeyBadge apiKey={apiKey} />
        </h1>
        <p class="soft">
          {apiKey.purpose} · <span class="mono">{maskSecret(apiKey)}</span>
        </p>
      </div>
      {note !== null && <Note {...note} />}
      {state === 'disabled' && <p class="note bad">{me.disabledText}</p>}
      {state === 'revoked' && <p class="note bad">{keyPage.revokedText}</p>}
      <div class="two">
        <section>
          <h2>{keyPage.usage}</h2>
          <KeyUsage apiKey={apiKey} usage={usage} />
        </section>
        <section>
          <h2>{usagePage.limits}</h2>
          <KeyLimits apiKey={apiKey} />
        </section>
      </div>
      <SharedBudgets levels={levels} />
      <section>
        <div class="head">
          <h2>{keyPage.lastRequests}</h2>
          {rows.length > 0 && <a href={`/me/requests?key=${apiKey.id}`}>{keyPage.allRequests}</a>}
        </div>
        {rows.length === 0 ? <p class="soft">{keyPage.noRequests}</p> : <RequestTable rows={rows} withReason />}
      </section>
      {state === 'revoked' ? null : <Actions {...props} />}
    </MeFrame>
  );
}
