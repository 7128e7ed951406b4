import type { Ranked, Ranking, UserSort } from '../../store/ranked.ts';
import type { OwnerSpend } from '../../store/spend.ts';
import type { UserWithKeys } from '../../store/users.ts';
import { Badge } from '../kit/badge.tsx';
import { Field, Select } from '../kit/field.tsx';
import { Form, SearchForm } from '../kit/form.tsx';
import { count, money } from '../kit/format.ts';
import { Note } from '../kit/note.tsx';
import { orderOf, type RankedList, RankedPages, SortLink } from '../kit/ranking.tsx';
import { Empty, Table } from '../kit/table.tsx';
import { Time } from '../kit/time.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';

export interface UsersProps {
  people: Ranked<UserWithKeys>;
  ranking: Ranking<UserSort>;
  spend: ReadonlyMap<string, OwnerSpend>;
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
  users: readonly UserWithKeys[];
  spend: ReadonlyMap<string, OwnerSpend>;
  list: RankedList;
}

function UserTable({ users, spend, list }: UserTableProps) {
  const { keys, users: texts } = useView().texts;
  const heading = (by: UserSort, name: string) => ({
    head: (
      <SortLink list={list} by={by}>
        {name}
      </SortLink>
    ),
    order: orderOf(list.ranking, by),
  });
  return (
    <Table
      caption={texts.caption}
      rows={users}
      columns={[
        {
          ...heading('name', texts.name),
          cell: ({ name }) => <a href={`/admin/users/${encodeURIComponent(name)}`}>{name}</a>,
        },
        {
          head: texts.status,
          cell: ({ status }) => <Badge tone={status === 'active' ? 'good' : 'warn'}>{keys.statuses[status]}</Badge>,
        },
        { ...heading('team', texts.team), look: 'wide-only', cell: ({ team }) => team ?? '' },
        {
          head: texts.keys,
          look: 'number',
          cell: (user) => <a href={`/admin/keys?owner=${encodeURIComponent(user.name)}`}>{count(user.keys)}</a>,
        },
        { ...heading('spend', texts.spent), look: 'number', cell: ({ name }) => money(spend.get(name)?.month ?? 0) },
        { head: texts.requests, look: 'number wide-only', cell: ({ name }) => count(spend.get(name)?.requests ?? 0) },
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

function Search({ ranking }: Pick<UsersProps, 'ranking'>) {
  const { keys, requests, users } = useView().texts;
  const statuses = USER_STATUSES.map((status) => [status, keys.statuses[status]] as const);
  return (
    <SearchForm action="/admin/users" submit={keys.find} values={{ q: ranking.search, status: ranking.status }}>
      <Field look="grow" name="q" type="search" label={keys.search} placeholder={users.searchHint} />
      <Select name="status" label={users.status} options={[['', requests.any], ...statuses]} />
    </SearchForm>
  );
}

/** Everyone, the dearest of this month first, or those that a search finds, and a form for someone new. */
export function UsersPage({ people, ranking, spend, note, refused }: UsersProps) {
  const { users: texts } = useView().texts;
  const isFiltered = ranking.search !== '' || ranking.status !== '';
  const list = { path: '/admin/users', ranking };
  return (
    <Frame title={texts.title} place="users">
      <Head title={texts.title} />
      <Note text={note} />
      <Search ranking={ranking} />
      {people.data.length > 0 ? (
        <UserTable users={people.data} spend={spend} list={list} />
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
