/** How far D1 is known to have the ledger's rows, and where to look for those it may not have. */
export interface Confirmed {
  /** Rows up to this position are in D1. */
  readonly through: number;
  /** The same as it is written down: a row up to here is never sent again, and may go. */
  readonly keptThrough: number;
  /** No running request and no row that is not known to be in D1 has an id below this one, as it is written down. */
  readonly floor: string;
  /** A mark never falls back. */
  raise(through: number): void;
  /** Writes the mark down, with a floor. One row written, or none where nothing changed. */
  keep(floor: string): void;
  /** Makes sure that the floor is not above this id. */
  reach(requestId: string): void;
}

const NAME = 'confirmed';

/** Opens it after a start. */
export function openConfirmed(sql: SqlStorage): Confirmed {
  const [stored] = sql.exec<{ value: string }>('SELECT value FROM marks WHERE name = ?', NAME);
  // Written by `write` below, and by nothing else.
  let kept: { through: number; floor: string } =
    stored === undefined ? { through: 0, floor: '' } : JSON.parse(stored.value);
  let { through } = kept;

  function write(floor: string): void {
    if (through === kept.through && floor === kept.floor) return;
    kept = { through, floor };
    sql.exec(
      'INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
      NAME,
      JSON.stringify(kept),
    );
  }

  return {
    get through() {
      return through;
    },
    get keptThrough() {
      return kept.through;
    },
    get floor() {
      return kept.floor;
    },
    raise(newThrough) {
      through = Math.max(through, newThrough);
    },
    keep: (floor) => write(floor > kept.floor ? floor : kept.floor),
    reach(requestId) {
      if (requestId < kept.floor) write(requestId);
    },
  };
}
