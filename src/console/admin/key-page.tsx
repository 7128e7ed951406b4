import { maskSecret } from '../../keys/secret.ts';
import type { DailySpend } from '../../store/overview.ts';
import type { ApiKey, RequestLogRow } from '../../store/schema.ts';
import { KeyBadge } from '../kit/badge.tsx';
import { dateTime } from '../kit/format.ts';
import { KeyUsage, type KeyUsageState } from '../kit/key-usage.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import { RequestTable } from '../kit/request-table.tsx';
import { SpendChart } from '../kit/spend-chart.tsx';
import type { View } from '../kit/view.ts';
import { windowStarts } from '../kit/window-starts.ts';
import { Field } from './field.tsx';
import { Frame, Head, Note } from './frame.tsx';
import { KeyDangers, RotateForm } from './key-actions.tsx';
import { NameField, SettingsFields } from './key-fields.tsx';
import type { FieldErrors } from './key-input.ts';
import { CHART_DAYS } from './overview-data.ts';

interface KeyProps {
  view: View;
  apiKey: ApiKey;
  usage: KeyUsageState;
  days: readonly DailySpend[];
  rows: readonly RequestLogRow[];
  /** The settings as they stand, or as they were sent and could not be taken. */
  values: FieldValues;
  errors: FieldErrors;
  note: string | null;
}

function Facts({ view, apiKey }: KeyProps) {
  const { keyPage, keys } = view.texts;
  return (
    <dl class="facts">
      <dt>{keyPage.id}</dt>
      <dd class="mono">{apiKey.id}</dd>
      <dt>{keys.owner}</dt>
      <dd>
        <a href={`/admin/keys?owner=${encodeURIComponent(apiKey.owner)}`}>{apiKey.owner}</a>
      </dd>
      <dt>{keys.key}</dt>
      <dd class="mono">{maskSecret(apiKey)}</dd>
      <dt>{keyPage.made}</dt>
      <dd>{dateTime(apiKey.createdAt, view)}</dd>
      <dt>{keyPage.expires}</dt>
      <dd>{apiKey.expiresAt === null ? view.texts.keyForm.noExpiry : dateTime(apiKey.expiresAt, view)}</dd>
    </dl>
  );
}

function Settings(props: KeyProps) {
  const { view, apiKey, values, errors } = props;
  const { keyForm, keyPage } = view.texts;
  return (
    <section class="panel" id="settings">
      <h2>{keyPage.settings}</h2>
      <form method="post" action={`/admin/keys/${apiKey.id}`} novalidate>
        <div class="fields">
          <NameField {...props} />
          <Field
            name="expires_at"
            label={keyForm.expiresAt}
            value={values['expires_at'] ?? ''}
            error={errors['expires_at']}
            hint={keyForm.expiresAtHint}
            placeholder={keyForm.noExpiry}
          />
        </div>
        <SettingsFields {...props} />
        <button type="submit">{view.texts.save}</button>
      </form>
    </section>
  );
}

function Usage(props: KeyProps) {
  const { view, usage, days } = props;
  const { keyPage, overview } = view.texts;
  return (
    <div class="two">
      <section>
        <h2>{keyPage.usage}</h2>
        <p class="small soft">{usage.held === null ? keyPage.ledgerDown : keyPage.usageNote}</p>
        <KeyUsage {...props} />
      </section>
      <section>
        <div class="head">
          <h2>{overview.byDay}</h2>
          <small>{overview.byDayNote}</small>
        </div>
        <SpendChart view={view} rows={days} lastDay={windowStarts(view.now, view.offset).day} days={CHART_DAYS} />
      </section>
    </div>
  );
}

function LastRequests({ view, apiKey, rows }: KeyProps) {
  const { keyPage } = view.texts;
  return (
    <section>
      <div class="head">
        <h2>{keyPage.lastRequests}</h2>
        {rows.length > 0 && <a href={`/admin/requests?key=${apiKey.id}`}>{keyPage.allRequests}</a>}
      </div>
      {rows.length === 0 ? (
        <p class="soft">{keyPage.noRequests}</p>
      ) : (
        <RequestTable view={view} rows={rows} forOperator />
      )}
    </section>
  );
}

/** A key's own page: what it did, what it may do, and what can be done with it. */
export function KeyPage(props: KeyProps) {
  const { view, apiKey, errors, note } = props;
  const { keyPage, keyForm } = view.texts;
  const name = apiKey.name || maskSecret(apiKey);
  const isRevoked = apiKey.status === 'revoked';
  const hasErrors = Object.keys(errors).length > 0;
  return (
    <Frame view={view} title={name} place="keys">
      <Head
        title={
          <span class="title">
            {name} <KeyBadge view={view} apiKey={apiKey} />
          </span>
        }
        lead={`${apiKey.owner} · ${apiKey.purpose}`}
      />
      <Note text={hasErrors ? keyForm.invalid : note} bad={hasErrors} />
      {isRevoked && <p class="note bad">{keyPage.revokedText}</p>}
      {!isRevoked && apiKey.ownerStatus !== 'active' && <p class="note bad">{keyPage.ownerDisabled}</p>}
      <Usage {...props} />
      <LastRequests {...props} />
      {isRevoked ? null : <Settings {...props} />}
      <div class="two">
        <Facts {...props} />
        {isRevoked ? null : <RotateForm view={view} apiKey={apiKey} error={errors['grace']} />}
      </div>
      {isRevoked ? null : <KeyDangers view={view} apiKey={apiKey} />}
    </Frame>
  );
}
