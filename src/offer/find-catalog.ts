import type { StoredCatalog } from '../store/catalog.ts';
import { freshnessAt, MAX_AGE, REFRESH_AGE } from '../store/freshness.ts';

/* The catalogue's rows are read as keys are: isolate memory, then KV, then D1. While D1 fails, what is known goes on. */

/** What was read, and when (ms since 1970) the read from D1 began. */
export interface CatalogRecord {
  rows: StoredCatalog;
  readAt: number;
}

/** What an isolate remembers. */
export interface CatalogMemory {
  record: CatalogRecord | null;
  triedAt: number;
}

/** What reading the catalogue needs of the world. */
export interface CatalogPorts {
  memory: CatalogMemory;
  /** Milliseconds since 1970. */
  now(): number;
  /** Reads the shared cache; null on a miss. May throw. */
  readCache(): Promise<CatalogRecord | null>;
  writeCache(record: CatalogRecord): Promise<void>;
  /** Reads D1, and gives `known` back where nothing has changed; throws when it fails or takes too long. */
  readDatabase(known: StoredCatalog | null): Promise<StoredCatalog>;
  /** Lets a job outlive the request. */
  runAfter(name: string, job: Promise<unknown>): void;
}

/** Remembers a record unless a newer one is there: reads may finish out of order. Equal rows stay the same object. */
function remember(memory: CatalogMemory, record: CatalogRecord): CatalogRecord {
  const known = memory.record;
  if (known !== null && known.readAt > record.readAt) return known;
  const isSame = known !== null && known.rows.revision === record.rows.revision;
  memory.record = isSame ? { ...record, rows: known.rows } : record;
  return memory.record;
}

/** Reads D1, and tells memory and KV. */
export async function readCatalogNow(ports: CatalogPorts): Promise<CatalogRecord> {
  const readAt = ports.now();
  ports.memory.triedAt = readAt;
  const rows = await ports.readDatabase(ports.memory.record?.rows ?? null);
  const record = remember(ports.memory, { rows, readAt });
  ports.memory.triedAt = 0;
  ports.runAfter('write the catalogue cache', ports.writeCache(record));
  return record;
}

async function readCacheSafely(ports: CatalogPorts): Promise<CatalogRecord | null> {
  try {
    return await ports.readCache();
  } catch {
    return null;
  }
}

/** A record younger than `maxAge`, from KV or D1; while D1 fails the newest that is known; null for none. */
async function readRecord(ports: CatalogPorts, maxAge: number): Promise<CatalogRecord | null> {
  const cached = await readCacheSafely(ports);
  if (cached !== null && ports.now() - cached.readAt < maxAge) return remember(ports.memory, cached);
  try {
    return await readCatalogNow(ports);
  } catch {
    // Kept with its age, so that D1 is asked again as soon as it answers.
    return cached === null ? ports.memory.record : remember(ports.memory, cached);
  }
}

/** The rows as they are known now, read as often as their age asks for; null where nobody can tell. Never throws. */
export async function findCatalog(ports: CatalogPorts): Promise<StoredCatalog | null> {
  const known = ports.memory.record;
  if (known === null) return (await readRecord(ports, MAX_AGE))?.rows ?? null;
  const freshness = freshnessAt(ports.now(), known.readAt, ports.memory.triedAt);
  if (freshness === 'fresh') return known.rows;
  if (freshness === 'old') return (await readRecord(ports, MAX_AGE))?.rows ?? known.rows;
  ports.memory.triedAt = ports.now();
  ports.runAfter('read the catalogue again', readRecord(ports, REFRESH_AGE));
  return known.rows;
}
