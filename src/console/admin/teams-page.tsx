import { budgetByWindow } from '../../ledger/tightest-budget.ts';
import { WINDOWS } from '../../ledger/windows.ts';
import type { Page } from '../../store/page.ts';
import type { TeamWithMembers } from '../../store/teams.ts';
import { Field, type FieldErrors } from '../kit/field.tsx';
import { Form } from '../kit/form.tsx';
import { budgetMoney, count } from '../kit/format.ts';
import { Note } from '../kit/note.tsx';
import { Pager } from '../kit/pager.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import { Empty, Table } from '../kit/table.tsx';
import { Time } from '../kit/time.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';
import { BudgetFields } from './key-fields.tsx';

export interface TeamsProps {
  page: Page<TeamWithMembers>;
  cursor: string | null;
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

function TeamTable({ teams }: { teams: readonly TeamWithMembers[] }) {
  const { teams: texts } = useView().texts;
  return (
    <Table
      caption={texts.caption}
      rows={teams}
      columns={[
        { head: texts.name, cell: ({ name }) => <a href={`/admin/teams/${encodeURIComponent(name)}`}>{name}</a> },
        { head: texts.members, look: 'number', cell: ({ members }) => count(members) },
        { head: texts.budgets, cell: (team) => <BudgetList team={team} /> },
        {
          head: texts.since,
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

/** Every team, and a form for a new one. */
export function TeamsPage({ page, cursor, note, typed, errors }: TeamsProps) {
  const texts = useView().texts.teams;
  return (
    <Frame title={texts.title} place="teams">
      <Head title={texts.title} />
      <Note text={note} />
      {page.data.length > 0 ? (
        <TeamTable teams={page.data} />
      ) : (
        <Empty>
          <p>{texts.empty}</p>
        </Empty>
      )}
      <Pager path="/admin/teams" cursor={cursor} next={page.nextCursor} />
      <NewTeam typed={typed} errors={errors} />
    </Frame>
  );
}
