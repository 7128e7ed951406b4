import * as z from 'zod';
import type { LedgerRow, Settlement } from '../ledger/entry.ts';
import type { ApiKey } from '../store/schema.ts';

/** What travels through the queue. */
export type LogMessage =
  /** Ledger rows on their way to D1. */
  | { kind: 'rows'; rows: LedgerRow[] }
  /** A settlement that could not be brought to its ledger. */
  | { kind: 'settle'; key: ApiKey; settlement: Settlement };

const rowSchema = z.looseObject({
  requestId: z.string(),
  kind: z.enum(['settle', 'adjust']),
  keyId: z.string(),
  costNanoUsd: z.number().int(),
  day: z.string(),
  usage: z.looseObject({ inputTokens: z.number(), outputTokens: z.number() }),
  attempts: z.array(z.unknown()),
});

const messageSchema = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('rows'), rows: z.array(rowSchema).min(1) }),
  z.looseObject({
    kind: z.literal('settle'),
    key: z.looseObject({ id: z.string() }),
    settlement: z.looseObject({ requestId: z.string() }),
  }),
]);

function isLogMessage(body: unknown): body is LogMessage {
  return messageSchema.safeParse(body).success;
}

/** Reads a message's body; null for one that cannot be used. */
export function readMessage(body: unknown): LogMessage | null {
  return isLogMessage(body) ? body : null;
}

// A queue takes messages of 128 KB. https://developers.cloudflare.com/queues/platform/limits/
const MESSAGE_BYTES = 100_000;

/** Packs rows into as few messages as the queue's limit allows, in order. */
export function packRows(rows: readonly LedgerRow[]): LogMessage[] {
  const messages: { kind: 'rows'; rows: LedgerRow[] }[] = [];
  let room = 0;
  for (const row of rows) {
    const size = new TextEncoder().encode(JSON.stringify(row)).length + 1;
    const last = messages.at(-1);
    if (last === undefined || size > room) {
      messages.push({ kind: 'rows', rows: [row] });
      room = MESSAGE_BYTES - size;
    } else {
      last.rows.push(row);
      room -= size;
    }
  }
  return messages;
}
