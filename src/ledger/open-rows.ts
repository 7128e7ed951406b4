import { requestIdFloor } from '../protocol/request-id.ts';
import type { LedgerRow } from './entry.ts';

/** A row's name: a request has one settle row and at most one adjust row. */
export interface RowName {
  requestId: string;
  kind: LedgerRow['kind'];
}

/** The rows that D1 is not known to have: the outbox. Times are ms since 1970. */
export interface OpenRows {
  add(name: RowName): void;
  /** False where the row was not open. */
  remove(name: RowName): boolean;
  /** Rows not given to the queue since `sentBefore`, oldest first. */
  unsent(sentBefore: number, limit: number): RowName[];
  markSent(names: readonly RowName[], now: number): void;
  /** When the row that waits longest was last sent, 0 for never; Infinity where none is open. */
  oldestSend(): number;
  /** Everything that is kept is open again. */
  reopen(): void;
  /** Moves the floor up to the oldest open row, or to `time`. */
  raiseFloor(time: number): void;
  readonly size: number;
}

const OPEN_FLOOR = 'open_floor';

interface OpenRow {
  name: RowName;
  /** 0 for never. */
  sentAt: number;
}

function textOf({ requestId, kind }: RowName): string {
  return `${requestId}/${kind}`;
}

function readFloor(sql: SqlStorage): string {
  const [mark] = sql.exec<{ value: string }>('SELECT value FROM marks WHERE name = ?', OPEN_FLOOR);
  return mark?.value ?? '';
}

/** Open rows are looked up from a floor on, so that a restart reads those few and not three days of entries. */
function readOpen(sql: SqlStorage, floor: string): Map<string, OpenRow> {
  const rows = sql.exec<{ request_id: string; kind: RowName['kind'] }>(
    'SELECT request_id, kind FROM entries WHERE request_id >= ? AND acknowledged = 0 ORDER BY request_id',
    floor,
  );
  const names = [...rows].map(({ request_id: requestId, kind }) => ({ requestId, kind }));
  return new Map(names.map((name) => [textOf(name), { name, sentAt: 0 }]));
}

export function openOpenRows(sql: SqlStorage): OpenRows {
  let floor = readFloor(sql);
  let rows = readOpen(sql, floor);

  function setFloor(value: string): void {
    if (value === floor) return;
    floor = value;
    sql.exec(
      'INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
      OPEN_FLOOR,
      value,
    );
  }

  return {
    add(name) {
      // A long request settles under an id older than the floor.
      if (name.requestId < floor) setFloor(name.requestId);
      rows.set(textOf(name), { name, sentAt: 0 });
    },
    remove: (name) => rows.delete(textOf(name)),
    unsent: (sentBefore, limit) =>
      [...rows.values()]
        .filter(({ sentAt }) => sentAt <= sentBefore)
        .slice(0, limit)
        .map(({ name }) => name),
    markSent(names, now) {
      for (const name of names) {
        const known = rows.get(textOf(name));
        if (known !== undefined) known.sentAt = now;
      }
    },
    oldestSend: () =>
      [...rows.values()].reduce((oldest, { sentAt }) => Math.min(oldest, sentAt), Number.POSITIVE_INFINITY),
    reopen() {
      sql.exec('UPDATE entries SET acknowledged = 0');
      setFloor('');
      rows = readOpen(sql, floor);
    },
    raiseFloor(time) {
      const least = (one: string, other: string) => (other < one ? other : one);
      setFloor([...rows.values()].map(({ name }) => name.requestId).reduce(least, requestIdFloor(time)));
    },
    get size() {
      return rows.size;
    },
  };
}
