import { DurableObject } from 'cloudflare:workers';
import { logFault } from '../log-line.ts';
import type { TurnKey } from '../pipelines/pipeline.ts';

/** One turn to be remembered. */
export interface RememberedTurn {
  /** The request's id and the choice: the same one again replaces what stood there, and later ones are greater. */
  id: string;
  /** `provider/model`; a turn is never found by another model. */
  model: string;
  key: TurnKey;
  reasoning: string;
}

const KEPT_MS = 7 * 86_400_000;
const PRUNE_EVERY_MS = 6 * 3_600_000;
/** UTF-16 code units per key, about 1 to 3 bytes each. The oldest turns go first. */
const KEY_LIMIT = 32_000_000;
/** What a turn takes beside its reasoning: its id, its hashes, their indexes. A key of many short turns fills up too. */
const TURN_OVERHEAD = 300;
/** A row may hold 2 MB. A part of a text would not be what the provider said, so a longer one is not kept at all. */
const TURN_LIMIT = 600_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS turns (
    id TEXT PRIMARY KEY,
    model TEXT NOT NULL,
    calls TEXT,
    turn TEXT NOT NULL,
    size INTEGER NOT NULL,
    written_at INTEGER NOT NULL,
    reasoning TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS turns_by_calls ON turns (calls) WHERE calls IS NOT NULL;
  CREATE INDEX IF NOT EXISTS turns_by_turn ON turns (turn);`;

const WRITE = `
  INSERT INTO turns (id, model, calls, turn, size, written_at, reasoning) VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET calls = excluded.calls, turn = excluded.turn, size = excluded.size,
    written_at = excluded.written_at, reasoning = excluded.reasoning`;

/** The oldest first, so that the newest request's is left. One statement for all turns: each statement has its own price. */
function findBy(column: 'calls' | 'turn'): string {
  return `
    SELECT wanted.key AS position, turn, reasoning FROM json_each(?2) AS wanted CROSS JOIN turns ON ${column} = wanted.value
    WHERE model = ?1 ORDER BY turns.id`;
}

const FIND_BY_CALLS = findBy('calls');
const FIND_BY_TURN = findBy('turn');

type FoundTurn = { position: number; turn: string; reasoning: string };

/**
 * The reasoning of one key's recent conversations, for clients that drop it, found by hashes of what the client sends back.
 * One object a key, named by the key's id, so keys cannot mix. It holds text of models, and nothing else of a conversation.
 */
export class ConversationMemory extends DurableObject {
  readonly #sql: SqlStorage;
  /** Sum of all sizes, and whether an alarm is set; unknown until the first write since the object woke. */
  #size: number | null = null;
  #isArmed = false;
  /** Turns that are about to be written, by id. */
  readonly #coming = new Map<string, RememberedTurn>();

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(SCHEMA);
  }

  /**
   * The remembered reasoning of each turn, null where none is known. The calls' ids tell a turn, its text and arguments do
   * where a client changed the ids, and both together do best. Of two that are alike the newer request's is meant, and
   * not what was written last: after Stop and another try, the answer that was stopped is read on, and may come to its
   * end after the new one.
   */
  recall(model: string, turns: readonly TurnKey[]): (string | null)[] {
    this.#writeComing();
    const found: (FoundTurn | undefined)[] = turns.map(() => undefined);
    for (const row of this.#find(
      FIND_BY_CALLS,
      model,
      turns.map(({ calls }) => calls),
    )) {
      const wanted = turns[row.position]?.turn;
      if (row.turn === wanted || found[row.position]?.turn !== wanted) found[row.position] = row;
    }
    const others = turns.map(({ turn }, position) => (found[position] === undefined ? turn : null));
    for (const row of this.#find(FIND_BY_TURN, model, others)) found[row.position] = row;
    return found.map((row) => (row === undefined ? null : (JSON.parse(row.reasoning) as string))); // written as such below
  }

  #find(statement: string, model: string, hashes: readonly (string | null)[]): Iterable<FoundTurn> {
    // Rows read are paid for, those of the list too.
    if (hashes.every((hash) => hash === null)) return [];
    return this.#sql.exec<FoundTurn>(statement, model, JSON.stringify(hashes));
  }

  /**
   * Writes a turn, over what its id held before. Known at once, and written a moment after: the bytes that tell of the turn
   * are on their way to the client, and locally it is the same thread that sends them. Of several under one id the last counts.
   */
  async remember(turn: RememberedTurn): Promise<void> {
    this.#coming.set(turn.id, turn);
    await scheduler.wait(0);
    this.#writeComing();
    await this.#arm();
  }

  #writeComing(): void {
    const coming = [...this.#coming.values()];
    this.#coming.clear();
    for (const turn of coming) this.#write(turn);
  }

  #write({ id, model, key, reasoning }: RememberedTurn): void {
    // SQLite keeps UTF-8, where half a surrogate pair has no place. JSON escapes it.
    const text = JSON.stringify(reasoning);
    if (text.length > TURN_LIMIT) return;
    const size = text.length + TURN_OVERHEAD;
    const [before] = this.#sql.exec<{ size: number }>('SELECT size FROM turns WHERE id = ?', id);
    this.#size ??= this.#sql.exec<{ size: number }>('SELECT coalesce(sum(size), 0) AS size FROM turns').one().size;
    this.#sql.exec(WRITE, id, model, key.calls, key.turn, size, Date.now(), text);
    this.#size += size - (before?.size ?? 0);
    if (this.#size > KEY_LIMIT) this.#makeRoom();
  }

  /** Removes what is too old. Never throws: a failed alarm is given up by the platform after a few tries. */
  override async alarm(): Promise<void> {
    try {
      this.#sql.exec('DELETE FROM turns WHERE written_at < ?', Date.now() - KEPT_MS);
      this.#size = null;
      const { count } = this.#sql.exec<{ count: number }>('SELECT count(*) AS count FROM turns').one();
      this.#isArmed = count > 0;
    } catch (cause) {
      logFault('memory_prune_failed', cause);
      this.#isArmed = true;
    }
    if (this.#isArmed) await this.ctx.storage.setAlarm(Date.now() + PRUNE_EVERY_MS);
  }

  async #arm(): Promise<void> {
    if (this.#isArmed) return;
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + PRUNE_EVERY_MS);
    this.#isArmed = true;
  }

  /** Oldest first, down to nine tenths of the limit, so that not every write has to. */
  #makeRoom(): void {
    let size = this.#size ?? 0;
    const rows = this.#sql
      .exec<{ id: string; size: number }>('SELECT id, size FROM turns ORDER BY written_at')
      .toArray();
    for (const row of rows) {
      if (size <= KEY_LIMIT * 0.9) break;
      this.#sql.exec('DELETE FROM turns WHERE id = ?', row.id);
      size -= row.size;
    }
    this.#size = size;
  }
}
