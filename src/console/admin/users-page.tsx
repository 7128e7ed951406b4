import type { Ranked, Ranking, UserSort, UserWithSpend } from '../../store/ranked.ts';
import type { UserWithKeys } from '../../store/users.ts';
import { Badge } from '../kit/badge.tsx';
import { Field } from '../kit/field.tsx';
import { Form } from '../kit/form.tsx';
import { count, money } from '../kit/format.ts';
import { Note } from '../kit/note.tsx';
import { Pick, Picking } from '../kit/picks.tsx';
import { type RankedList, RankedPages, RankedSearch, rankedHeading } from '../kit/ranking.tsx';
import { Empty, Table } from '../kit/table.tsx';
import { Time } from '../kit/time.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';

export interface UsersProps {
  people: Ranked<UserWithSpend>;
  ranking: Ranking<UserSort>;
  /** Whose members alone are shown. */
  team: string | null;
  picksAll: boolean;
  note: string | null;
  /** A name that could not be added, and why. */
  refused: { name: string; error: string } | null;
}

/** What a user's row may say of them. */
export const USER_STATUSES = ['active', 'disabled'] as const;

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

interface UserTableProps {
  users: readonly UserWithSpend[];
  list: RankedList;
  picksAll: boolean;
}

function UserTable({ users, list, picksAll }: UserTableProps) {
  const { keys, several, users: texts } = useView().texts;
  const heading = (by: UserSort, name: string) => rankedHeading(list, by, name);
  return (
    <Table
      caption={texts.caption}
      rows={users}
      columns={[
        {
          head: <span class="quiet">{several.column}</span>,
          cell: ({ name }) => <Pick id={name} name={name} checked={picksAll} />,
        },
        {
          ...heading('name', texts.name),
          isName: true,
          cell: ({ name }) => <a href={`/admin/users/${encodeURIComponent(name)}`}>{name}</a>,
        },
        {
          ...heading('status', texts.status),
          cell: ({ status }) => <Badge tone={status === 'active' ? 'good' : 'warn'}>{keys.statuses[status]}</Badge>,
        },
        { ...heading('team', texts.team), look: 'wide-only', cell: ({ team }) => team ?? '' },
        {
          ...heading('keys', texts.keys),
          look: 'number',
          cell: (user) => <a href={`/admin/keys?owner=${encodeURIComponent(user.name)}`}>{count(user.keys)}</a>,
        },
        { ...heading('spend', texts.spent), look: 'number', cell: ({ spent }) => money(spent) },
        {
          ...heading('created', texts.since),
          look: 'wide-only',
          cells: 'nowrap',
          cell: ({ createdAt }) => <Time at={createdAt} look="day" />,
        },
        {
          head: <span class="quiet">{texts.action}</span>,
          // On a phone a person's page has it.
          look: 'number wide-only',
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

/** Everyone, the dearest of this month first, or those that a search finds, and a form for someone new. */
export function UsersPage({ people, ranking, team, picksAll, note, refused }: UsersProps) {
  const { keys, users: texts } = useView().texts;
  const isFiltered = ranking.search !== '' || ranking.status !== '' || team !== null;
  const list = { path: '/admin/users', ranking, query: team === null ? {} : { team } };
  const statuses = USER_STATUSES.map((each) => [each, keys.statuses[each]] as const);
  return (
    <Frame title={texts.title} place="users">
      <Head title={texts.title} {...(team === null ? {} : { lead: `${texts.team}: ${team}` })} />
      <Note text={note} />
      <RankedSearch list={list} hint={texts.searchHint} status={{ label: texts.status, options: statuses }} />
      {people.data.length > 0 ? (
        <Picking of="users" list={list}>
          <UserTable users={people.data} list={list} picksAll={picksAll} />
        </Picking>
      ) : (
        <Empty>
          <p>{isFiltered ? texts.noMatch : texts.empty}</p>
          {isFiltered && <a href="/admin/users">{texts.all}</a>}
        </Empty>
      )}
      <RankedPages list={list} shown={people.data.length} total={people.total} />
      <NewUser refused={refused} />
    </Frame>
  );
}
