import { budgetByWindow } from '../../ledger/tightest-budget.ts';
import { WINDOWS } from '../../ledger/windows.ts';
import type { Ranked, Ranking, TeamSort, TeamWithSpend } from '../../store/ranked.ts';
import type { TeamWithMembers } from '../../store/teams.ts';
import { Field, type FieldErrors } from '../kit/field.tsx';
import { Form } from '../kit/form.tsx';
import { budgetMoney, count, money } from '../kit/format.ts';
import { Note } from '../kit/note.tsx';
import { Pick, Picking } from '../kit/picks.tsx';
import { type RankedList, RankedPages, RankedSearch, rankedHeading } from '../kit/ranking.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import { Empty, Table } from '../kit/table.tsx';
import { Time } from '../kit/time.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';
import { BudgetFields } from './key-fields.tsx';

export interface TeamsProps {
  teams: Ranked<TeamWithSpend>;
  ranking: Ranking<TeamSort>;
  picksAll: boolean;
  note: string | null;
  /** A form that could not be taken. */
  typed: FieldValues;
  errors: FieldErrors;
}

function BudgetList({ team }: { team: TeamWithMembers }) {
  const { keyForm, teams } = useView().texts;
  const names = {
    day: keyForm.budgetDay,
    week: keyForm.budgetWeek,
    month: keyForm.budgetMonth,
    total: keyForm.budgetTotal,
  };
  const budgets = budgetByWindow(team);
  const words = WINDOWS.flatMap((window) => {
    const budget = budgets[window];
    return budget === null ? [] : [`${names[window]}: ${budgetMoney(budget)}`];
  });
  return <>{words.length === 0 ? teams.none : words.join(' · ')}</>;
}

interface TeamTableProps {
  teams: readonly TeamWithSpend[];
  list: RankedList;
  picksAll: boolean;
}

function TeamTable({ teams, list, picksAll }: TeamTableProps) {
  const { several, teams: texts, users } = useView().texts;
  const heading = (by: TeamSort, name: string) => rankedHeading(list, by, name);
  return (
    <Table
      caption={texts.caption}
      rows={teams}
      columns={[
        {
          head: <span class="quiet">{several.column}</span>,
          cell: ({ name }) => <Pick id={name} name={name} checked={picksAll} />,
        },
        {
          ...heading('name', texts.name),
          isName: true,
          cell: ({ name }) => <a href={`/admin/teams/${encodeURIComponent(name)}`}>{name}</a>,
        },
        {
          ...heading('members', texts.members),
          look: 'number',
          cell: ({ name, members }) => <a href={`/admin/users?team=${encodeURIComponent(name)}`}>{count(members)}</a>,
        },
        { ...heading('spend', users.spent), look: 'number', cell: ({ spent }) => money(spent) },
        { ...heading('budget', texts.budgets), look: 'wide-only', cell: (team) => <BudgetList team={team} /> },
        {
          ...heading('created', texts.since),
          look: 'wide-only',
          cells: 'nowrap',
          cell: ({ createdAt }) => <Time at={createdAt} look="day" />,
        },
      ]}
    />
  );
}

function NewTeam({ typed, errors }: Pick<TeamsProps, 'typed' | 'errors'>) {
  const texts = useView().texts.teams;
  return (
    <section class="panel">
      <h2>{texts.add}</h2>
      <Form action="/admin/teams" values={typed} errors={errors} submit={texts.create} novalidate>
        <div class="fields">
          <Field name="teamname" label={texts.name} required />
        </div>
        <BudgetFields />
      </Form>
    </section>
  );
}

/** Every team, the dearest of this month first, or those that a search finds, and a form for a new one. */
export function TeamsPage({ teams, ranking, picksAll, note, typed, errors }: TeamsProps) {
  const texts = useView().texts.teams;
  const list = { path: '/admin/teams', ranking };
  const isFiltered = ranking.search !== '';
  return (
    <Frame title={texts.title} place="teams">
      <Head title={texts.title} />
      <Note text={note} />
      <RankedSearch list={list} hint={texts.name} />
      {teams.data.length > 0 ? (
        <Picking of="teams" actions={['limit']} list={list}>
          <TeamTable teams={teams.data} list={list} picksAll={picksAll} />
        </Picking>
      ) : (
        <Empty>
          <p>{isFiltered ? texts.noMatch : texts.empty}</p>
          {isFiltered && <a href="/admin/teams">{texts.all}</a>}
        </Empty>
      )}
      <RankedPages list={list} shown={teams.data.length} total={teams.total} />
      <NewTeam typed={typed} errors={errors} />
    </Frame>
  );
}
