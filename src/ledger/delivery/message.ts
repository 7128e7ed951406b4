import * as z from 'zod/mini';
import { isObject } from '../../protocol/json.ts';
import { LEDGER_JURISDICTIONS, type LedgerJurisdiction } from '../../protocol/ledger-place.ts';
import type { ApiKey } from '../../store/schema.ts';
import type { LedgerRow, Settlement } from '../calls.ts';

/** What travels through the queue. */
export type LogMessage =
  /** Rows of one key's ledger on their way to D1. A ledger of the version before says nothing of its jurisdiction: it has none. */
  | { kind: 'rows'; rows: LedgerRow[]; jurisdiction?: LedgerJurisdiction | null }
  /** A settlement that could not be brought to its ledger, and its key without hashes. */
  | { kind: 'settle'; key: ApiKey; settlement: Settlement };

/** What stands in place of a key's hashes; and older than any row, so that no ledger takes this one for the newest. */
const NO_HASHES = { hash: '', previousHash: null, revision: 0, updatedAt: '' };

/** A settlement on its way through the queue. Its message may end among the dead letters, where people read it. */
export function settleMessage(key: ApiKey, settlement: Settlement): LogMessage {
  return { kind: 'settle', key: { ...key, ...NO_HASHES }, settlement };
}

/** A message's body without a key's hashes, which the version before sent along. */
export function withoutHashes(body: unknown): unknown {
  if (!isObject(body) || !isObject(body['key'])) return body;
  return { ...body, key: { ...body['key'], ...NO_HASHES } };
}

const whole = z.int();
const name = z.nullable(z.string());

// All that D1's table insists on: a row that passes cannot hold up those beside it.
const settlementSchema = z.looseObject({
  requestId: z.string().check(z.minLength(1)),
  provider: name,
  model: name,
  requestedModel: name,
  stream: z.boolean(),
  // What SQLite makes a date of.
  startedAt: whole.check(z.minimum(0), z.maximum(253_402_300_799_999)),
  status: whole,
  end: z.enum(['completed', 'client_gone', 'upstream_failed', 'rejected', 'timeout']),
  source: z.enum(['reported', 'estimated', 'checkpoint', 'lease_expired', 'none']),
  usage: z.looseObject({
    inputTokens: whole,
    cachedTokens: whole,
    cacheWriteTokens: whole,
    outputTokens: whole,
    reasoningTokens: whole,
  }),
  costNanoUsd: whole,
  attempts: z.array(z.unknown()),
  repeated: z.nullish(whole.check(z.minimum(0))),
  durationMs: whole,
});

const rowSchema = z.extend(settlementSchema, {
  kind: z.enum(['settle', 'adjust']),
  keyId: z.string().check(z.minLength(1)),
  owner: z.string(),
  purpose: z.string(),
  day: z.string(),
});

const settleSchema = z.looseObject({
  kind: z.literal('settle'),
  key: z.looseObject({ id: z.string().check(z.minLength(1)), owner: z.string(), purpose: z.string(), revision: whole }),
  settlement: settlementSchema,
});

function isRow(value: unknown): value is LedgerRow {
  return rowSchema.safeParse(value).success;
}

function isSettleMessage(value: unknown): value is Extract<LogMessage, { kind: 'settle' }> {
  return settleSchema.safeParse(value).success;
}

/** What a message's body holds. `unusable` is what cannot be stored: the whole body, or some rows of it; null for nothing. */
export interface ReadMessage {
  message: LogMessage | null;
  unusable: unknown;
}

/** Reads a message's body. One bad row does not spoil those beside it. */
export function readMessage(body: unknown): ReadMessage {
  if (isSettleMessage(body)) return { message: body, unusable: null };
  const { rows: values = null, jurisdiction: text } = isObject(body) && body['kind'] === 'rows' ? body : {};
  if (!Array.isArray(values)) return { message: null, unusable: body ?? 'nothing' };
  const rows = values.filter(isRow);
  const bad = values.filter((value) => !isRow(value));
  const jurisdiction = LEDGER_JURISDICTIONS.find((name) => name === text) ?? null;
  return {
    message: rows.length === 0 ? null : { kind: 'rows', rows, jurisdiction },
    unusable: bad.length === 0 && rows.length > 0 ? null : { kind: 'rows', rows: bad },
  };
}

// A queue takes messages of 128 KB. https://developers.cloudflare.com/queues/platform/limits/
const MESSAGE_BYTES = 100_000;
const encoder = new TextEncoder();

/** Packs a ledger's rows into as few messages as the queue's limit allows, in order. */
export function packRows(rows: readonly LedgerRow[], jurisdiction: LedgerJurisdiction | null): LogMessage[] {
  const messages: Extract<LogMessage, { kind: 'rows' }>[] = [];
  let room = 0;
  for (const row of rows) {
    const size = encoder.encode(JSON.stringify(row)).length + 1;
    const last = messages.at(-1);
    if (last === undefined || size > room) {
      messages.push({ kind: 'rows', rows: [row], jurisdiction });
      room = MESSAGE_BYTES - size;
    } else {
      last.rows.push(row);
      room -= size;
    }
  }
  return messages;
}
