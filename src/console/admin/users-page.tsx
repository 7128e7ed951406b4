import type { OwnerSpend } from '../../store/spend.ts';
import type { UserWithKeys } from '../../store/users.ts';
import { Badge } from '../kit/badge.tsx';
import { count, dateTime, money } from '../kit/format.ts';
import type { View } from '../kit/view.ts';
import { Field } from './field.tsx';
import { Frame, Head, Note, Pager, Scroll } from './frame.tsx';

export interface UsersProps {
  view: View;
  users: readonly UserWithKeys[];
  spend: ReadonlyMap<string, OwnerSpend>;
  cursor: string | null;
  next: string | null;
  note: string | null;
  /** A name that could not be added, and why. */
  refused: { name: string; error: string } | null;
}

function StatusForm({ view, user }: { view: View; user: UserWithKeys }) {
  const { users } = view.texts;
  const isActive = user.status === 'active';
  return (
    <form method="post" action={`/admin/users/${encodeURIComponent(user.name)}/${isActive ? 'disable' : 'enable'}`}>
      <button
        type="submit"
        class="plain tight"
        aria-label={isActive ? users.disableHint(user.name) : users.enableHint(user.name)}
      >
        {isActive ? users.disable : users.enable}
      </button>
    </form>
  );
}

function UserRow({ view, user, spend }: { view: View; user: UserWithKeys; spend: OwnerSpend | undefined }) {
  const { keys } = view.texts;
  const isActive = user.status === 'active';
  return (
    <tr>
      <th scope="row">
        <a href={`/admin/keys?owner=${encodeURIComponent(user.name)}`}>{user.name}</a>
      </th>
      <td>
        <Badge tone={isActive ? 'good' : 'warn'}>{keys.statuses[user.status]}</Badge>
      </td>
      <td class="number">{count(user.keys)}</td>
      <td class="number">{money(spend?.month ?? 0)}</td>
      <td class="number wide-only">{count(spend?.requests ?? 0)}</td>
      <td class="wide-only nowrap">{dateTime(user.createdAt, view).slice(0, 10)}</td>
      <td class="number">
        <StatusForm view={view} user={user} />
      </td>
    </tr>
  );
}

function UserTable({ view, users, spend }: UsersProps) {
  const texts = view.texts.users;
  return (
    <Scroll label={texts.caption}>
      <table>
        <caption class="quiet">{texts.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{texts.name}</th>
            <th scope="col">{texts.status}</th>
            <th scope="col" class="number">
              {texts.keys}
            </th>
            <th scope="col" class="number">
              {texts.spent}
            </th>
            <th scope="col" class="number wide-only">
              {texts.requests}
            </th>
            <th scope="col" class="wide-only">
              {texts.since}
            </th>
            <th scope="col" class="number">
              <span class="quiet">{texts.action}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {users.map((user) => (
            <UserRow view={view} user={user} spend={spend.get(user.name)} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** Everyone, what they have spent this month, and a form for someone new. */
export function UsersPage(props: UsersProps) {
  const { view, users, cursor, next, note, refused } = props;
  const texts = view.texts.users;
  return (
    <Frame view={view} title={texts.title} place="users">
      <Head title={texts.title} />
      <Note text={note} />
      {users.length > 0 && <UserTable {...props} />}
      {users.length === 0 && (
        <div class="empty">
          <p>{texts.empty}</p>
        </div>
      )}
      <Pager view={view} path="/admin/users" query={new URLSearchParams()} cursor={cursor} next={next} />
      <section class="panel">
        <h2>{texts.add}</h2>
        <form method="post" action="/admin/users" class="row start" novalidate>
          <Field name="username" label={texts.name} value={refused?.name ?? ''} error={refused?.error} required />
          <button type="submit" class="plain after-label">
            {texts.create}
          </button>
        </form>
      </section>
    </Frame>
  );
}
