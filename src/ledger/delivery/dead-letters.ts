import { logFault } from '../../log-line.ts';
import { isObject } from '../../protocol/json.ts';
import { whileBusy } from '../../store/while-busy.ts';

const RETRY_AFTER_S = 300;

/** A letter as `consumeLogs` writes it, or a message that the platform gave up on. */
function read(message: Message): { id: string; body: unknown; reason: string } {
  const { body } = message;
  if (isObject(body) && typeof body['reason'] === 'string' && typeof body['id'] === 'string') {
    return { id: body['id'], body: body['body'], reason: body['reason'] };
  }
  return { id: message.id, body, reason: 'too many retries' };
}

/** Keeps dead letters in D1, where they can be looked at and put back. While D1 fails they stay in their queue. */
export async function keepDeadLetters(batch: MessageBatch, places: { DB: D1Database }): Promise<void> {
  const insert = places.DB.prepare(
    'INSERT INTO dead_letters (id, body, reason) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  );
  try {
    const letters = batch.messages.map(read);
    const rows = letters.map(({ id, body, reason }) => insert.bind(id, JSON.stringify(body), reason));
    await whileBusy(() => places.DB.batch(rows));
    batch.ackAll();
  } catch (cause) {
    logFault('dead_letters_failed', cause);
    batch.retryAll({ delaySeconds: RETRY_AFTER_S });
  }
}
