import type { UserWithKeys } from '../../store/users.ts';
import { Badge } from '../kit/badge.tsx';
import { Facts } from '../kit/facts.tsx';
import { Field, type FieldErrors, Select } from '../kit/field.tsx';
import { Form } from '../kit/form.tsx';
import { count, dateTime, money } from '../kit/format.ts';
import { Note } from '../kit/note.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import { SharedBudgets, type ShownLevel } from '../kit/shared-budgets.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';
import { BudgetFields } from './key-fields.tsx';
import { fieldsOfUser } from './key-input.ts';

export interface UserProps {
  user: UserWithKeys;
  /** The names of all teams. */
  teams: readonly string[];
  /** This month, integer nano-USD. */
  spent: number;
  /** What is spent of the user's budgets. */
  levels: readonly ShownLevel[];
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
      <Form
        action={`/admin/users/${encodeURIComponent(user.name)}`}
        seen={{ revision: user.revision, values: current }}
        values={{ ...current, ...typed }}
        errors={errors}
        submit={save}
        novalidate
      >
        <div class="fields">
          <Field name="email" label={users.email} hint={users.emailHint} placeholder={users.noEmail} />
          <Select name="team" label={users.team} options={options} />
        </div>
        <BudgetFields />
      </Form>
    </section>
  );
}

/** A person: keys, spend, and what they may spend over all keys. */
export function UserPage(props: UserProps) {
  const { note, spent, user } = props;
  const view = useView();
  const { keys, users } = view.texts;
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
          [users.spent, money(spent)],
          [users.since, dateTime(user.createdAt, view)],
        ]}
      />
      <SharedBudgets levels={props.levels} />
      <Settings {...props} />
    </Frame>
  );
}
