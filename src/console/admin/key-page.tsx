import { maskSecret } from '../../keys/secret.ts';
import type { UsageNow } from '../../ledger/usage-now.ts';
import { windowStarts } from '../../ledger/windows.ts';
import type { DailySpend } from '../../store/overview.ts';
import type { ApiKey, RequestLogRow } from '../../store/schema.ts';
import { KeyBadge } from '../kit/badge.tsx';
import { Facts } from '../kit/facts.tsx';
import type { FieldErrors } from '../kit/field.tsx';
import { EditForm } from '../kit/form.tsx';
import { KeyUsage } from '../kit/key-usage.tsx';
import type { ModelGroup } from '../kit/model-picker.tsx';
import { Note } from '../kit/note.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import { RequestTable } from '../kit/request-table.tsx';
import { SharedBudgets, type ShownLevel } from '../kit/shared-budgets.tsx';
import { SpendChart } from '../kit/spend-chart.tsx';
import { Sentence, Time } from '../kit/time.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';
import { KeyDangers, StatusForm } from './key-actions.tsx';
import { ExpiryField, NameField, SettingsFields } from './key-fields.tsx';
import { fieldsOfKey } from './key-input.ts';
import { CHART_DAYS } from './overview-data.ts';

interface KeyProps {
  apiKey: ApiKey;
  usage: UsageNow;
  /** What is spent of the budgets of its user and team. */
  levels: readonly ShownLevel[];
  days: readonly DailySpend[];
  rows: readonly RequestLogRow[];
  models: readonly ModelGroup[];
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
    <section>
      <h2>{keyPage.facts}</h2>
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
    </section>
  );
}

function Settings({ apiKey, models, typed, errors }: KeyProps) {
  const { offset, texts } = useView();
  const { keyPage, save } = texts;
  const current = fieldsOfKey(apiKey, offset);
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
          <ExpiryField />
        </div>
        <SettingsFields models={models} />
      </EditForm>
    </section>
  );
}

function Usage({ apiKey, usage, days }: KeyProps) {
  const { now, offset, texts } = useView();
  const { keyPage, overview } = texts;
  return (
    <div class="two" id="usage">
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
    <section id="requests">
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

/** What can be done with a key, and where on its page. */
function Actions({ apiKey }: { apiKey: ApiKey }) {
  const { keyPage } = useView().texts;
  const places = [
    ['#usage', keyPage.usage],
    ['#requests', keyPage.lastRequests],
    ['#settings', keyPage.settings],
    ['#danger', keyPage.danger],
  ] as const;
  return (
    <div class="row">
      <nav class="row places" aria-label={keyPage.places}>
        {places.map(([place, name]) => (
          <a href={place}>{name}</a>
        ))}
      </nav>
      <StatusForm apiKey={apiKey} />
    </div>
  );
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
        lead={
          <>
            <a href={`/admin/users/${encodeURIComponent(apiKey.owner)}`}>{apiKey.owner}</a> · {apiKey.purpose}
          </>
        }
      >
        {isRevoked ? null : <Actions apiKey={apiKey} />}
      </Head>
      {note !== null && <Note {...note} />}
      <Hindrance apiKey={apiKey} />
      <Usage {...props} />
      <SharedBudgets levels={props.levels} forOperator />
      <LastRequests {...props} />
      <KeyFacts {...props} />
      {isRevoked ? null : <Settings {...props} />}
      {isRevoked ? null : <KeyDangers apiKey={apiKey} values={typed} errors={errors} />}
    </Frame>
  );
}
