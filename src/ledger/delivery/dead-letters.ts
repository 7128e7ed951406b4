import * as z from 'zod/mini';
import { logFault } from '../../log-line.ts';
import { whileBusy } from '../../store/while-busy.ts';
import { withoutHashes } from './message.ts';

/*
 * Both queues have one consumer, and what a queue is called is the deployment's affair: a letter is told by its own
 * form. What the platform moves here by itself, unwrapped, is read once more as what it was.
 */

/** A message that could not be used, and why. */
export interface Letter {
  kind: 'letter';
  id: string;
  reason: string;
  body: unknown;
}

// The version before wrote no `kind`.
const letterSchema = z.looseObject({
  kind: z._default(z.literal('letter'), 'letter'),
  id: z.string(),
  reason: z.string(),
  body: z.unknown(),
});

const STORE_AGAIN_AFTER_S = 300;

/** What is kept of a message that cannot be used. */
export function letterOf(message: Message, reason: string, body: unknown): Letter {
  return { kind: 'letter', id: message.id, reason, body };
}

/** The letter that a message is; null where it is none. */
export function readLetter({ body }: Message): Letter | null {
  const parsed = letterSchema.safeParse(body);
  return parsed.success ? parsed.data : null;
}

interface LetterPlaces {
  DB: D1Database;
  DEAD_LETTERS: Pick<Queue, 'send'>;
}

async function store(letters: readonly Letter[], { DB }: LetterPlaces): Promise<void> {
  const insert = DB.prepare('INSERT INTO dead_letters (id, body, reason) VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
  const rows = letters.map(({ id, body, reason }) =>
    insert.bind(id, JSON.stringify(withoutHashes(body) ?? null), reason),
  );
  await whileBusy(() => DB.batch(rows));
}

/**
 * Keeps letters in D1, where they can be looked at and put back. While D1 fails they go round in their queue, as new
 * messages: one that is only tried again is thrown away by the platform after so many times.
 */
export async function keepDeadLetters(
  taken: readonly { message: Message; letter: Letter }[],
  places: LetterPlaces,
): Promise<void> {
  if (taken.length === 0) return;
  try {
    const letters = taken.map(({ letter }) => letter);
    await store(letters, places);
    for (const { message } of taken) message.ack();
  } catch (cause) {
    logFault('dead_letters_failed', cause);
    for (const { message, letter } of taken) {
      try {
        await places.DEAD_LETTERS.send(letter, { delaySeconds: STORE_AGAIN_AFTER_S });
        message.ack();
      } catch {
        message.retry({ delaySeconds: STORE_AGAIN_AFTER_S });
      }
    }
  }
}
