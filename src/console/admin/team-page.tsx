import type { TeamWithMembers } from '../../store/teams.ts';
import type { UserWithKeys } from '../../store/users.ts';
import type { FieldErrors } from '../kit/field.tsx';
import { Form } from '../kit/form.tsx';
import { count } from '../kit/format.ts';
import { Note } from '../kit/note.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import { SharedBudgets, type ShownLevel } from '../kit/shared-budgets.tsx';
import { Table } from '../kit/table.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';
import { BudgetFields } from './key-fields.tsx';
import { fieldsOfBudgets } from './key-input.ts';

export interface TeamProps {
  team: TeamWithMembers;
  members: readonly UserWithKeys[];
  /** What is spent of the team's budgets. */
  levels: readonly ShownLevel[];
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
      <Form
        action={`/admin/teams/${encodeURIComponent(team.name)}`}
        seen={{ revision: team.revision, values: current }}
        values={{ ...current, ...typed }}
        errors={errors}
        submit={save}
        novalidate
      >
        <BudgetFields />
      </Form>
    </section>
  );
}

function Members({ members }: Pick<TeamProps, 'members'>) {
  const { teams, users } = useView().texts;
  if (members.length === 0) return <p class="soft">{teams.noMembers}</p>;
  return (
    <Table
      caption={teams.members}
      rows={members}
      columns={[
        { head: users.name, cell: ({ name }) => <a href={`/admin/users/${encodeURIComponent(name)}`}>{name}</a> },
        { head: users.keys, look: 'number', cell: ({ keys }) => count(keys) },
      ]}
    />
  );
}

/** A team: who is in it, and what they may spend together. */
export function TeamPage(props: TeamProps) {
  const { members, note, team } = props;
  const { teams } = useView().texts;
  return (
    <Frame title={team.name} place="teams">
      <Head title={team.name} />
      {note !== null && <Note {...note} />}
      <section>
        <h2>
          {teams.members} ({count(team.members)})
        </h2>
        <Members members={members} />
      </section>
      <SharedBudgets levels={props.levels} />
      <Settings {...props} />
      <section class="panel">
        <Form
          action={`/admin/teams/${encodeURIComponent(team.name)}/remove`}
          look="row between"
          submit={teams.remove}
          submitLook="plain"
        >
          <p>{teams.removeText}</p>
        </Form>
      </section>
    </Frame>
  );
}
