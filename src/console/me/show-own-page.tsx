import type { Context } from 'hono';
import { keyId } from '../../keys/secret.ts';
import { windowStarts } from '../../ledger/windows.ts';
import { openDatabase } from '../../store/database.ts';
import { keysOfOwner } from '../../store/keys.ts';
import { readTemplate } from '../../store/member-template.ts';
import { dailySpend } from '../../store/overview.ts';
import { spendByKeyOf } from '../../store/spend.ts';
import { getTeam } from '../../store/teams.ts';
import type { UserWithKeys } from '../../store/users.ts';
import { respond } from '../kit/respond.tsx';
import { readLevels, type ShownLevel } from '../kit/shared-budgets.tsx';
import { type View, viewOf } from '../kit/view.ts';
import type { MemberEnv } from './member.ts';
import { monthsAt, OwnPage, type OwnPageProps } from './own-page.tsx';

type Occasion = Pick<OwnPageProps, 'typed' | 'errors' | 'note'> & { status: 200 | 400 };

/** Budgets over all of a member's keys, and over those of their team. */
async function ownLevels(env: Cloudflare.Env, user: UserWithKeys, view: View): Promise<ShownLevel[]> {
  const team = user.team === null ? null : await getTeam(openDatabase(env.DB), user.team);
  const levels = [{ ...user, kind: 'user' } as const, ...(team === null ? [] : [{ ...team, kind: 'team' } as const])];
  return await readLevels(env, levels, view);
}

/** A member's own page, with what was wrong with the form of a new key. */
export async function showOwnPage(
  c: Context<MemberEnv>,
  user: UserWithKeys,
  { status, ...occasion }: Occasion,
): Promise<Response> {
  const view = viewOf(c, '/me');
  const database = openDatabase(c.env.DB);
  const starts = windowStarts(view.now, view.offset);
  const months = monthsAt(starts.month, starts.day);
  const [keys, template, days, spentByKey, levels] = await Promise.all([
    keysOfOwner(database, user.name),
    readTemplate(database),
    dailySpend(database, months.last.first, { owner: user.name }),
    spendByKeyOf(database, user.name, months.this.first),
    ownLevels(c.env, user, view),
  ]);
  const page = (
    <OwnPage
      {...{ keys, template, days, spentByKey, levels, months }}
      today={starts.day}
      shown={c.req.query('month') === 'last' ? months.last : months.this}
      newId={keyId(view.now)}
      {...occasion}
    />
  );
  return respond(c, view, page, status);
}
