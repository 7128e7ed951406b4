import { windowStarts } from '../../ledger/windows.ts';
import type { DailySpend } from '../../store/overview.ts';
import type { Ranked } from '../../store/ranked.ts';
import type { ApiKey, RequestLogRow } from '../../store/schema.ts';
import type { KeySpend } from '../../store/spend.ts';
import type { TeamWithMembers } from '../../store/teams.ts';
import type { UserWithKeys } from '../../store/users.ts';
import { Facts } from '../kit/facts.tsx';
import type { FieldErrors } from '../kit/field.tsx';
import { EditForm, Form } from '../kit/form.tsx';
import { count, money } from '../kit/format.ts';
import { Note } from '../kit/note.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import { RequestTable } from '../kit/request-table.tsx';
import { SharedBudgets, type ShownLevel } from '../kit/shared-budgets.tsx';
import { SpendChart } from '../kit/spend-chart.tsx';
import { Table } from '../kit/table.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';
import { BudgetFields } from './key-fields.tsx';
import { fieldsOfBudgets } from './key-input.ts';
import { KeyTable } from './keys-page.tsx';
import { CHART_DAYS } from './overview-data.ts';

export interface TeamProps {
  team: TeamWithMembers;
  members: readonly UserWithKeys[];
  /** What is spent of the team's budgets. */
  levels: readonly ShownLevel[];
  /** What each member has cost the team this month, integer nano-USD. */
  spent: ReadonlyMap<string, number>;
  /** Of the last days. */
  days: readonly DailySpend[];
  /** The dearest keys of its members, of how many, and what each has spent. */
  keys: Ranked<ApiKey>;
  spendOfKeys: ReadonlyMap<string, KeySpend>;
  /** The newest of those that have been looked at. */
  requests: readonly RequestLogRow[];
  /** What the keys of these are called, by id. */
  keyNames: ReadonlyMap<string, string>;
  /** What was typed and could not be taken. */
  typed: FieldValues;
  errors: FieldErrors;
  note: { text: string; bad: boolean } | null;
}

function Settings({ team, typed, errors }: TeamProps) {
  const { keyPage, save, teams } = useView().texts;
  const current = fieldsOfBudgets(team);
  return (
    <section class="panel" id="settings">
      <h2>{keyPage.settings}</h2>
      <p class="soft">{teams.lead}</p>
      <EditForm
        action={`/admin/teams/${encodeURIComponent(team.name)}`}
        seen={{ revision: team.revision, values: current }}
        typed={typed}
        errors={errors}
        submit={save}
      >
        <BudgetFields />
      </EditForm>
    </section>
  );
}

function Members({ members, spent }: Pick<TeamProps, 'members' | 'spent'>) {
  const { teams, users } = useView().texts;
  const ranked = members.toSorted((one, other) => (spent.get(other.name) ?? 0) - (spent.get(one.name) ?? 0));
  if (members.length === 0) return <p class="soft">{teams.noMembers}</p>;
  return (
    <Table
      caption={teams.members}
      rows={ranked}
      columns={[
        { head: users.name, cell: ({ name }) => <a href={`/admin/users/${encodeURIComponent(name)}`}>{name}</a> },
        { head: users.keys, look: 'number', cell: ({ keys }) => count(keys) },
        { head: users.spent, look: 'number', cell: ({ name }) => money(spent.get(name) ?? 0) },
      ]}
    />
  );
}

function Keys({ team, keys, spendOfKeys }: TeamProps) {
  const { teams, users } = useView().texts;
  return (
    <section>
      <div class="head">
        <h2>
          {users.keys} ({count(keys.total)})
        </h2>
        {keys.total > 0 && <a href={`/admin/keys?team=${encodeURIComponent(team.name)}`}>{teams.allKeys}</a>}
      </div>
      {keys.data.length > 0 ? <KeyTable keys={keys.data} spend={spendOfKeys} /> : <p class="soft">{teams.noKeys}</p>}
    </section>
  );
}

function Requests({ team, requests, keyNames }: TeamProps) {
  const { keyPage, teams } = useView().texts;
  return (
    <section>
      <div class="head">
        <h2>{keyPage.lastRequests}</h2>
        <a href={`/admin/requests?team=${encodeURIComponent(team.name)}`}>{teams.allRequests}</a>
      </div>
      {requests.length > 0 ? (
        <RequestTable rows={requests} forOperator withOwner keyNames={keyNames} />
      ) : (
        <p class="soft">{teams.noRequests}</p>
      )}
    </section>
  );
}

/** Removing asks first. */
function Removal({ team }: TeamProps) {
  const { teams } = useView().texts;
  return (
    <section class="panel">
      <details class="danger-zone">
        <summary class="bad">{teams.remove} …</summary>
        <Form
          action={`/admin/teams/${encodeURIComponent(team.name)}/remove`}
          look="row between"
          submit={teams.remove}
          submitLook="danger"
        >
          <p>{teams.removeText}</p>
        </Form>
      </details>
    </section>
  );
}

/** A team: who is in it, and what they may spend together. */
export function TeamPage(props: TeamProps) {
  const { members, note, spent, team } = props;
  const { now, offset, texts } = useView();
  const { overview, teams, users } = texts;
  const inAll = [...spent.values()].reduce((sum, cost) => sum + cost, 0);
  return (
    <Frame title={team.name} place="teams">
      <Head title={team.name} />
      {note !== null && <Note {...note} />}
      <Facts facts={[[users.spent, money(inAll)]]} />
      <SharedBudgets levels={props.levels} forOperator />
      <section>
        <div class="head">
          <h2>
            {teams.members} ({count(team.members)})
          </h2>
          {members.length > 0 && <a href={`/admin/users?team=${encodeURIComponent(team.name)}`}>{teams.allMembers}</a>}
        </div>
        <Members members={members} spent={spent} />
      </section>
      <section>
        <div class="head">
          <h2>{overview.byDay}</h2>
          <small>{overview.byDayNote}</small>
        </div>
        <SpendChart rows={props.days} lastDay={windowStarts(now, offset).day} days={CHART_DAYS} />
      </section>
      <Keys {...props} />
      <Requests {...props} />
      <Settings {...props} />
      <Removal {...props} />
    </Frame>
  );
}
