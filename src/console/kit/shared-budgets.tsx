import type { LevelKind } from '../../ledger/shared/calls.ts';
import { type LevelNow, readLevelNow } from '../../ledger/shared/level-now.ts';
import { budgetByWindow } from '../../ledger/tightest-budget.ts';
import { WINDOWS } from '../../ledger/windows.ts';
import type { Budgets } from '../../store/schema.ts';
import { money } from './format.ts';
import { WindowMeter } from './key-usage.tsx';
import { useView, type View } from './view.ts';

/** A user or a team with budgets over all keys. */
export interface BudgetedLevel extends Budgets {
  kind: LevelKind;
  id: string;
  name: string;
}

/** The same with what is spent of them. */
export interface ShownLevel {
  level: BudgetedLevel;
  now: LevelNow;
}

function hasBudget(level: Budgets): boolean {
  return Object.values(budgetByWindow(level)).some((budget) => budget !== null);
}

/** What is spent of the budgets over all keys; levels without any are left out. */
export async function readLevels(
  env: Cloudflare.Env,
  levels: readonly BudgetedLevel[],
  { now, offset }: View,
): Promise<ShownLevel[]> {
  const budgeted = levels.filter(hasBudget);
  return await Promise.all(
    budgeted.map(async (level) => ({ level, now: await readLevelNow(env, level, now, offset) })),
  );
}

interface SharedBudgetsProps {
  levels: readonly ShownLevel[];
  /** An administrator looks at somebody's: it names them, and leads to their page. */
  forOperator?: boolean;
}

/** The way to a user or a team, for an administrator. */
export function LevelLink({ kind, name }: Pick<BudgetedLevel, 'kind' | 'name'>) {
  const { me } = useView().texts;
  return <a href={`/admin/${kind}s/${encodeURIComponent(name)}`}>{me[kind](name)}</a>;
}

function LevelName({ level: { kind, name }, forOperator }: { level: BudgetedLevel; forOperator: boolean }) {
  const { me } = useView().texts;
  if (forOperator) return <LevelLink kind={kind} name={name} />;
  return <>{kind === 'user' ? me.allKeys : me.team(name)}</>;
}

function LevelMeters({ level, now, forOperator }: ShownLevel & { forOperator: boolean }) {
  const { me } = useView().texts;
  const budgets = budgetByWindow(level);
  return (
    <section>
      <h3>
        <LevelName level={level} forOperator={forOperator} />
      </h3>
      <div class="meters">
        {WINDOWS.filter((window) => budgets[window] !== null).map((window) => (
          <WindowMeter budgets={level} usage={now} reserved={now.reserved} window={window} />
        ))}
        {now.reserved === null && <p class="small soft">{me.levelDown}</p>}
        {now.reserved !== null && now.reserved > 0 && (
          <p class="small soft">
            {me.reserved}: {money(now.reserved)}
          </p>
        )}
      </div>
    </section>
  );
}

/** Budgets over all keys of a user and of a team, with what is left of each and when it begins anew. */
export function SharedBudgets({ levels, forOperator = false }: SharedBudgetsProps) {
  const { me } = useView().texts;
  if (levels.length === 0) return null;
  return (
    <section id="budgets">
      <h2>{me.budgets}</h2>
      <div class={levels.length > 1 ? 'two' : undefined}>
        {levels.map((shown) => (
          <LevelMeters {...shown} forOperator={forOperator} />
        ))}
      </div>
    </section>
  );
}
