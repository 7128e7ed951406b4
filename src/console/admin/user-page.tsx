import { windowStarts } from '../../ledger/windows.ts';
import type { DailySpend } from '../../store/overview.ts';
import type { ApiKey, RequestLogRow } from '../../store/schema.ts';
import type { KeySpend, OwnerSpend } from '../../store/spend.ts';
import type { UserWithKeys } from '../../store/users.ts';
import { Badge } from '../kit/badge.tsx';
import { Facts } from '../kit/facts.tsx';
import { Field, type FieldErrors, Select } from '../kit/field.tsx';
import { EditForm, Form } from '../kit/form.tsx';
import { count, money } from '../kit/format.ts';
import { Note } from '../kit/note.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import { RequestTable } from '../kit/request-table.tsx';
import { SharedBudgets, type ShownLevel } from '../kit/shared-budgets.tsx';
import { SpendChart } from '../kit/spend-chart.tsx';
import { Time } from '../kit/time.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';
import { BudgetFields } from './key-fields.tsx';
import { fieldsOfUser } from './key-input.ts';
import { KeyTable } from './keys-page.tsx';
import { CHART_DAYS } from './overview-data.ts';

export interface UserProps {
  user: UserWithKeys;
  /** The names of all teams. */
  teams: readonly string[];
  spent: OwnerSpend;
  /** What is spent of the user's budgets. */
  levels: readonly ShownLevel[];
  /** The dearest of their keys, and what each has spent. */
  keys: readonly ApiKey[];
  spendOfKeys: ReadonlyMap<string, KeySpend>;
  /** What all of them are called, by id. */
  keyNames: ReadonlyMap<string, string>;
  /** Of the last days. */
  days: readonly DailySpend[];
  requests: readonly RequestLogRow[];
  /** What was typed and could not be taken. */
  typed: FieldValues;
  errors: FieldErrors;
  note: { text: string; bad: boolean } | null;
}

function Settings({ user, teams, typed, errors }: UserProps) {
  const { keyPage, save, users } = useView().texts;
  const current = fieldsOfUser(user);
  const options = ['', ...teams].map((name) => [name, name === '' ? users.noTeam : name] as const);
  return (
    <section class="panel" id="settings">
      <h2>{keyPage.settings}</h2>
      <p class="soft">{users.budgetsLead}</p>
      <EditForm
        action={`/admin/users/${encodeURIComponent(user.name)}`}
        seen={{ revision: user.revision, values: current }}
        typed={typed}
        errors={errors}
        submit={save}
      >
        <div class="fields">
          <Field name="email" look="grow" label={users.email} hint={users.emailHint} placeholder={users.noEmail} />
          <Select name="team" label={users.team} options={options} />
        </div>
        <BudgetFields />
      </EditForm>
    </section>
  );
}

function Keys({ user, keys, spendOfKeys }: UserProps) {
  const { keyForm, members, users } = useView().texts;
  const name = encodeURIComponent(user.name);
  return (
    <section>
      <div class="head">
        <h2>
          {users.keys} ({count(user.keys)})
        </h2>
        <nav class="row" aria-label={users.keys}>
          <a href={`/admin/keys?owner=${name}`}>{users.allKeys}</a>
          {user.status === 'active' && (
            <>
              <a href={`/admin/keys/new?user=${name}`}>{keyForm.create}</a>
              <a href={`/admin/members?user=${name}#invite`}>{members.inviteThem}</a>
            </>
          )}
        </nav>
      </div>
      {keys.length > 0 ? (
        <KeyTable keys={keys} spend={spendOfKeys} withOwner={false} />
      ) : (
        <p class="soft">{users.noKeys}</p>
      )}
    </section>
  );
}

function Requests({ user, keyNames, requests }: UserProps) {
  const { keyPage, users } = useView().texts;
  return (
    <section>
      <div class="head">
        <h2>{keyPage.lastRequests}</h2>
        <a href={`/admin/requests?owner=${encodeURIComponent(user.name)}`}>{users.allRequests}</a>
      </div>
      {requests.length > 0 ? (
        <RequestTable rows={requests} forOperator keyNames={keyNames} />
      ) : (
        <p class="soft">{users.noRequests}</p>
      )}
    </section>
  );
}

/** Disabling asks first and says what it stops; it can be undone. */
function Status({ user }: { user: UserWithKeys }) {
  const { users } = useView().texts;
  const path = `/admin/users/${encodeURIComponent(user.name)}`;
  if (user.status === 'disabled') {
    return (
      <section class="panel" id="status">
        <Form action={`${path}/enable`} look="row between" submit={users.enable} submitLook="plain">
          <p>{users.enableText(count(user.keys))}</p>
        </Form>
      </section>
    );
  }
  return (
    <section class="panel" id="status">
      <details class="danger-zone">
        <summary class="bad">{users.disable} …</summary>
        <Form action={`${path}/disable`} look="row between" submit={users.disableConfirm} submitLook="danger">
          <p>{users.disableText(count(user.keys))}</p>
        </Form>
      </details>
    </section>
  );
}

/** A person: keys, spend, and what they may spend over all keys. */
export function UserPage(props: UserProps) {
  const { note, spent, user } = props;
  const view = useView();
  const { keys, overview, users } = view.texts;
  return (
    <Frame title={user.name} place="users">
      <Head
        title={
          <span class="title">
            {user.name} <Badge tone={user.status === 'active' ? 'good' : 'warn'}>{keys.statuses[user.status]}</Badge>
          </span>
        }
      />
      {note !== null && <Note {...note} />}
      <Facts
        facts={[
          [users.keys, <a href={`/admin/keys?owner=${encodeURIComponent(user.name)}`}>{count(user.keys)}</a>],
          [users.email, user.email ?? users.noEmail],
          [
            users.team,
            user.team === null ? (
              users.noTeam
            ) : (
              <a href={`/admin/teams/${encodeURIComponent(user.team)}`}>{user.team}</a>
            ),
          ],
          [users.spent, money(spent.month)],
          [users.requests, count(spent.requests)],
          [users.since, <Time at={user.createdAt} />],
        ]}
      />
      <SharedBudgets levels={props.levels} forOperator />
      <section>
        <div class="head">
          <h2>{overview.byDay}</h2>
          <small>{overview.byDayNote}</small>
        </div>
        <SpendChart rows={props.days} lastDay={windowStarts(view.now, view.offset).day} days={CHART_DAYS} />
      </section>
      <Keys {...props} />
      <Requests {...props} />
      <Settings {...props} />
      <Status user={user} />
    </Frame>
  );
}
