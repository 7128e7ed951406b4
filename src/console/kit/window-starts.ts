import { windowsAt } from '../../ledger/windows.ts';
import type { WindowStarts } from '../../store/overview.ts';

/** The first days of the running budget windows at an offset such as +08:00. `now` is ms since 1970. */
export function windowStarts(now: number, offset: string): WindowStarts {
  const { day, weekStart, monthStart } = windowsAt(now, offset);
  return { day, week: weekStart, month: monthStart };
}
