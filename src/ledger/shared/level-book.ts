import type { ApiKey } from '../../store/schema.ts';
import { budgetsOf } from '../policy.ts';
import type { Payer } from '../spend-book.ts';
import type { KnownLevel, LevelNo } from './calls.ts';
import { type LevelStand, newStand, stateName } from './stand.ts';

/** Where a key's ledger stands with the users and teams that have budgets: rows in SQLite. Times are ms since 1970. */
export interface LevelBook {
  /** A new one for a level that this ledger has never drawn from. */
  stand(level: KnownLevel): LevelStand;
  put(stand: LevelStand): void;
  find(id: string): LevelStand | undefined;
  /** Of a name that was given again, the newest. */
  findByPayer(payer: Payer): LevelStand | undefined;
  /** Those that may have something reserved, or something untold. */
  open(): LevelStand[];
  /** Keeps a level's no for a second: to what asks for as much or more. */
  keepNo(level: KnownLevel, asked: number, no: LevelNo | null, now: number): void;
  /** A level's no that is still kept, and until when. None of it holds once the level has changed. */
  keptNo(level: KnownLevel, asked: number, now: number): KeptNo | null;
}

export interface KeptNo {
  no: LevelNo;
  until: number;
}

const KEEP_NO_MS = 1_000;

/** The user and the team of a key, where they have budgets. */
export function levelsOf({ user, team }: ApiKey): KnownLevel[] {
  const levels = [
    { kind: 'user', level: user },
    { kind: 'team', level: team },
  ] as const;
  return levels.flatMap(({ kind, level }) => (level && budgetsOf(level).length > 0 ? [{ ...level, kind }] : []));
}

/** Opens the book after a start. */
export function openLevelBook(sql: SqlStorage): LevelBook {
  const stands = new Map<string, LevelStand>();
  const noes = new Map<string, KeptNo & { asked: number; state: string }>();
  for (const { id, stand } of sql.exec<{ id: string; stand: string }>('SELECT id, stand FROM levels')) {
    // Written by `put` below, and by nothing else.
    stands.set(id, JSON.parse(stand));
  }

  return {
    stand: (level) => stands.get(level.id) ?? newStand(level),
    put(stand) {
      stands.set(stand.id, stand);
      sql.exec(
        'INSERT INTO levels (id, stand) VALUES (?, ?) ON CONFLICT DO UPDATE SET stand = excluded.stand',
        stand.id,
        JSON.stringify(stand),
      );
    },
    find: (id) => stands.get(id),
    findByPayer: ({ kind, name }) =>
      [...stands.values()].findLast((stand) => stand.kind === kind && stand.name === name),
    open: () => [...stands.values()].filter(({ isOpen }) => isOpen),
    keepNo(level, asked, no, now) {
      if (no === null) noes.delete(level.id);
      else noes.set(level.id, { no, asked, until: now + KEEP_NO_MS, state: stateName(level) });
    },
    keptNo(level, asked, now) {
      const kept = noes.get(level.id);
      if (kept === undefined || now >= kept.until || kept.state !== stateName(level)) return null;
      return asked >= kept.asked ? kept : null;
    },
  };
}
