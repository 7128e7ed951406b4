import type { Page } from '../../store/page.ts';
import type { OwnerSpend } from '../../store/spend.ts';
import type { UserWithKeys } from '../../store/users.ts';
import { Badge } from '../kit/badge.tsx';
import { Field } from '../kit/field.tsx';
import { Form } from '../kit/form.tsx';
import { count, dateTime, money } from '../kit/format.ts';
import { Note } from '../kit/note.tsx';
import { Pager } from '../kit/pager.tsx';
import { Empty, Table } from '../kit/table.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';

export interface UsersProps {
  page: Page<UserWithKeys>;
  spend: ReadonlyMap<string, OwnerSpend>;
  cursor: string | null;
  note: string | null;
  /** A name that could not be added, and why. */
  refused: { name: string; error: string } | null;
}

/** Disabling asks first, on the person's page; giving back need not. */
function StatusForm({ user }: { user: UserWithKeys }) {
  const { users } = useView().texts;
  const path = `/admin/users/${encodeURIComponent(user.name)}`;
  if (user.status === 'active') {
    return (
      <a class="button plain tight" href={`${path}#status`} aria-label={users.disableHint(user.name)}>
        {users.disable} …
      </a>
    );
  }
  return (
    <Form
      action={`${path}/enable`}
      submit={users.enable}
      submitHint={users.enableHint(user.name)}
      submitLook="plain tight"
    />
  );
}

function UserTable({ users, spend }: { users: readonly UserWithKeys[]; spend: ReadonlyMap<string, OwnerSpend> }) {
  const view = useView();
  const { keys, users: texts } = view.texts;
  return (
    <Table
      caption={texts.caption}
      rows={users}
      columns={[
        { head: texts.name, cell: ({ name }) => <a href={`/admin/users/${encodeURIComponent(name)}`}>{name}</a> },
        {
          head: texts.status,
          cell: ({ status }) => <Badge tone={status === 'active' ? 'good' : 'warn'}>{keys.statuses[status]}</Badge>,
        },
        { head: texts.team, look: 'wide-only', cell: ({ team }) => team ?? '' },
        {
          head: texts.keys,
          look: 'number',
          cell: (user) => <a href={`/admin/keys?owner=${encodeURIComponent(user.name)}`}>{count(user.keys)}</a>,
        },
        { head: texts.spent, look: 'number', cell: ({ name }) => money(spend.get(name)?.month ?? 0) },
        { head: texts.requests, look: 'number wide-only', cell: ({ name }) => count(spend.get(name)?.requests ?? 0) },
        {
          head: texts.since,
          look: 'wide-only',
          cells: 'nowrap',
          cell: ({ createdAt }) => dateTime(createdAt, view).slice(0, 10),
        },
        {
          head: <span class="quiet">{texts.action}</span>,
          look: 'number',
          cell: (user) => <StatusForm user={user} />,
        },
      ]}
    />
  );
}

function NewUser({ refused }: Pick<UsersProps, 'refused'>) {
  const texts = useView().texts.users;
  return (
    <section class="panel">
      <h2>{texts.add}</h2>
      <Form
        action="/admin/users"
        values={refused === null ? {} : { username: refused.name }}
        errors={refused === null ? {} : { username: refused.error }}
        look="row start"
        submit={texts.create}
        novalidate
        submitLook="plain after-label"
      >
        <Field name="username" label={texts.name} required />
      </Form>
    </section>
  );
}

/** Everyone, what they have spent this month, and a form for someone new. */
export function UsersPage({ page, spend, cursor, note, refused }: UsersProps) {
  const texts = useView().texts.users;
  return (
    <Frame title={texts.title} place="users">
      <Head title={texts.title} />
      <Note text={note} />
      {page.data.length > 0 ? (
        <UserTable users={page.data} spend={spend} />
      ) : (
        <Empty>
          <p>{texts.empty}</p>
        </Empty>
      )}
      <Pager path="/admin/users" cursor={cursor} next={page.nextCursor} />
      <NewUser refused={refused} />
    </Frame>
  );
}
