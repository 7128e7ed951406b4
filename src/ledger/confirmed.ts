/** How far D1 is known to have the ledger's rows, and where to look for those it may not have. */
export interface Confirmed {
  /** Rows up to this position are in D1. */
  readonly through: number;
  /** No running request and no unconfirmed row has an id below this one. */
  readonly floor: string;
  /** Keeps both; a mark never falls back. One row written, or none where nothing changed. */
  raise(through: number, floor: string): void;
  /** Makes sure that the floor is not above this id. */
  reach(requestId: string): void;
}

const NAME = 'confirmed';

/** Opens it after a start. */
export function openConfirmed(sql: SqlStorage): Confirmed {
  const [stored] = sql.exec<{ value: string }>('SELECT value FROM marks WHERE name = ?', NAME);
  // Written by `keep` below, and by nothing else.
  const kept: { through: number; floor: string } =
    stored === undefined ? { through: 0, floor: '' } : JSON.parse(stored.value);
  let { through, floor } = kept;

  function keep(newThrough: number, newFloor: string): void {
    if (newThrough === through && newFloor === floor) return;
    through = newThrough;
    floor = newFloor;
    sql.exec(
      'INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
      NAME,
      JSON.stringify({ through, floor }),
    );
  }

  return {
    get through() {
      return through;
    },
    get floor() {
      return floor;
    },
    raise: (newThrough, newFloor) => keep(Math.max(through, newThrough), newFloor > floor ? newFloor : floor),
    reach(requestId) {
      if (requestId < floor) keep(through, requestId);
    },
  };
}
