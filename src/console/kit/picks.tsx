import type { Context } from 'hono';
import type { Child } from 'hono/jsx';
import { addressOf, type RankedList } from './ranking.tsx';
import { useView } from './view.ts';

/** What can be done to several of a list at once. */
export const ACTIONS = ['disable', 'enable', 'limit'] as const;
export type Action = (typeof ACTIONS)[number];

const FORM = 'picks';

/** Whether a list is asked for with all of its page ticked: without a script that takes an address. */
export function isAllPicked(c: Context): boolean {
  return c.req.query('pick') === 'all';
}

interface PickProps {
  id: string;
  /** What it is called, for those who do not see what the box stands beside. */
  name: string;
  checked: boolean;
}

/** The box by which one of a list is ticked. */
export function Pick({ id, name, checked }: PickProps) {
  const { several } = useView().texts;
  return (
    <label class="pick">
      <input type="checkbox" form={FORM} name="id" value={id} checked={checked} />
      <span class="quiet">{several.pick(name)}</span>
    </label>
  );
}

interface PickingProps {
  of: 'keys' | 'users' | 'teams';
  actions?: readonly Action[];
  list: RankedList;
  children?: Child;
}

/** A list with what can be done to those that are ticked, without a script too: a page asks before anything is. */
export function Picking({ of, actions = ACTIONS, list, children }: PickingProps) {
  const { several } = useView().texts;
  const here = { page: String(list.ranking.page) };
  return (
    <div>
      {children}
      <form id={FORM} method="get" action={`/admin/several/${of}`} class="row picks" aria-label={several.bar}>
        <input type="hidden" name="back" value={addressOf(list, here)} />
        <span class="soft">{several.bar}</span>
        {actions.map((action) => (
          <button type="submit" name="do" value={action} class="plain tight">
            {action === 'limit' ? several[of].limit : several.actions[action]}
          </button>
        ))}
        <a class="small" href={addressOf(list, { ...here, pick: 'all' })}>
          {several.all}
        </a>
      </form>
    </div>
  );
}
