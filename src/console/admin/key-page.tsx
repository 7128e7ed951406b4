import { maskSecret } from '../../keys/secret.ts';
import type { UsageNow } from '../../ledger/usage-now.ts';
import { windowStarts } from '../../ledger/windows.ts';
import type { DailySpend } from '../../store/overview.ts';
import type { ApiKey, RequestLogRow } from '../../store/schema.ts';
import { KeyBadge } from '../kit/badge.tsx';
import { Facts } from '../kit/facts.tsx';
import { Field, type FieldErrors } from '../kit/field.tsx';
import { EditForm } from '../kit/form.tsx';
import { KeyUsage } from '../kit/key-usage.tsx';
import { Note } from '../kit/note.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import { RequestTable } from '../kit/request-table.tsx';
import { SharedBudgets, type ShownLevel } from '../kit/shared-budgets.tsx';
import { SpendChart } from '../kit/spend-chart.tsx';
import { Sentence, Time } from '../kit/time.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';
import { KeyDangers, RotateForm } from './key-actions.tsx';
import { NameField, SettingsFields } from './key-fields.tsx';
import { fieldsOfKey } from './key-input.ts';
import { CHART_DAYS } from './overview-data.ts';

interface KeyProps {
  apiKey: ApiKey;
  usage: UsageNow;
  /** What is spent of the budgets of its user and team. */
  levels: readonly ShownLevel[];
  days: readonly DailySpend[];
  rows: readonly RequestLogRow[];
  /** What was typed and could not be taken. */
  typed: FieldValues;
  errors: FieldErrors;
  note: { text: string; bad: boolean } | null;
}

/** Where a key's ledger is, and how far from who asks. */
function LedgerPlace({ apiKey, usage: { beginMs } }: Pick<KeyProps, 'apiKey' | 'usage'>) {
  const { ledgerSince, ledgerLocation, ledgerTime, noLedger } = useView().texts.keyPage;
  if (apiKey.ledgerSince === null) return <>{noLedger}</>;
  const place = [apiKey.ledgerLocation, apiKey.ledgerJurisdiction].filter((each) => each !== null).join(', ');
  return (
    <>
      <Sentence words={ledgerSince}>
        <Time at={apiKey.ledgerSince} />
      </Sentence>
      {place !== '' && ` · ${ledgerLocation(place)}`}
      {beginMs !== null && ` · ${ledgerTime(beginMs)}`}
    </>
  );
}

function KeyFacts({ apiKey, usage }: KeyProps) {
  const { keyForm, keyPage, keys } = useView().texts;
  return (
    <Facts
      facts={[
        [keyPage.id, <span class="mono">{apiKey.id}</span>],
        [keys.owner, <a href={`/admin/keys?owner=${encodeURIComponent(apiKey.owner)}`}>{apiKey.owner}</a>],
        [keys.key, <span class="mono">{maskSecret(apiKey)}</span>],
        [keyPage.made, <Time at={apiKey.createdAt} />],
        [keyPage.expires, apiKey.expiresAt === null ? keyForm.noExpiry : <Time at={apiKey.expiresAt} />],
        [keyPage.ledger, <LedgerPlace apiKey={apiKey} usage={usage} />],
      ]}
    />
  );
}

function Settings({ apiKey, typed, errors }: KeyProps) {
  const { keyForm, keyPage, save } = useView().texts;
  const current = fieldsOfKey(apiKey);
  return (
    <section class="panel" id="settings">
      <h2>{keyPage.settings}</h2>
      <EditForm
        action={`/admin/keys/${apiKey.id}`}
        seen={{ revision: apiKey.revision, values: current }}
        typed={typed}
        errors={errors}
        submit={save}
      >
        <div class="fields">
          <NameField />
          <Field
            name="expires_at"
            label={keyForm.expiresAt}
            hint={keyForm.expiresAtHint}
            placeholder={keyForm.noExpiry}
          />
        </div>
        <SettingsFields />
      </EditForm>
    </section>
  );
}

function Usage({ apiKey, usage, days }: KeyProps) {
  const { now, offset, texts } = useView();
  const { keyPage, overview } = texts;
  return (
    <div class="two">
      <section>
        <h2>{keyPage.usage}</h2>
        <KeyUsage apiKey={apiKey} usage={usage} />
      </section>
      <section>
        <div class="head">
          <h2>{overview.byDay}</h2>
          <small>{overview.byDayNote}</small>
        </div>
        <SpendChart rows={days} lastDay={windowStarts(now, offset).day} days={CHART_DAYS} />
      </section>
    </div>
  );
}

function LastRequests({ apiKey, rows }: KeyProps) {
  const { keyPage } = useView().texts;
  return (
    <section>
      <div class="head">
        <h2>{keyPage.lastRequests}</h2>
        {rows.length > 0 && <a href={`/admin/requests?key=${apiKey.id}`}>{keyPage.allRequests}</a>}
      </div>
      {rows.length === 0 ? <p class="soft">{keyPage.noRequests}</p> : <RequestTable rows={rows} forOperator />}
    </section>
  );
}

/** What keeps the key from being used, whatever its own settings say. */
function Hindrance({ apiKey }: { apiKey: ApiKey }) {
  const { keyPage } = useView().texts;
  if (apiKey.status === 'revoked') return <p class="note bad">{keyPage.revokedText}</p>;
  return apiKey.ownerStatus === 'active' ? null : <p class="note bad">{keyPage.ownerDisabled}</p>;
}

/** A key's own page: what it did, what it may do, and what can be done with it. */
export function KeyPage(props: KeyProps) {
  const { apiKey, typed, errors, note } = props;
  const name = apiKey.name || maskSecret(apiKey);
  const isRevoked = apiKey.status === 'revoked';
  return (
    <Frame title={name} place="keys">
      <Head
        title={
          <span class="title">
            {name} <KeyBadge apiKey={apiKey} />
          </span>
        }
        lead={`${apiKey.owner} · ${apiKey.purpose}`}
      />
      {note !== null && <Note {...note} />}
      <Hindrance apiKey={apiKey} />
      <Usage {...props} />
      <SharedBudgets levels={props.levels} forOperator />
      <LastRequests {...props} />
      {isRevoked ? null : <Settings {...props} />}
      <div class="two">
        <KeyFacts {...props} />
        {isRevoked ? null : <RotateForm apiKey={apiKey} values={typed} errors={errors} />}
      </div>
      {isRevoked ? null : <KeyDangers apiKey={apiKey} />}
    </Frame>
  );
}
