import { Hono } from 'hono';
import { checkLedger, repairLedgers } from '../../ledger/check.ts';
import { readMessage } from '../../ledger/delivery/message.ts';
import { budgetsBehind, budgetsCursor, checkShared, sharesAgree } from '../../ledger/shared/check-shared.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { RouterError } from '../../protocol/errors.ts';
import { writeAudit } from '../../store/audit.ts';
import { openDatabase } from '../../store/database.ts';
import { deleteDeadLetters, getDeadLetters, listDeadLetters } from '../../store/dead-letters.ts';
import { countLedgers } from '../../store/ledgers.ts';
import type { DeadLetter } from '../../store/schema.ts';
import { actorOf, cursorShape, noQuery, pageShape, readQuery } from './input.ts';

function missing(id: string): RouterError {
  return new RouterError('not_found', `There is no dead letter ${id}.`, { param: 'id' });
}

function silent(whose: string): RouterError {
  const message = `The ${whose} does not answer. Try again shortly.`;
  return new RouterError('ledger_unavailable', message, { retryAfter: 5 });
}

function describe(letter: DeadLetter) {
  return { id: letter.id, reason: letter.reason, arrived_at: letter.arrivedAt, body: JSON.parse(letter.body) };
}

const deadLetters = new Hono<AppEnv>({ strict: false })
  .use('/:id/*', noQuery)
  .get('/', async (c) => {
    const page = await listDeadLetters(openDatabase(c.env.DB), readQuery(c, pageShape(/^\S+$/)));
    return c.json({ data: page.data.map(describe), next_cursor: page.nextCursor });
  })
  .post('/:id/retry', async (c) => {
    const id = c.req.param('id');
    const database = openDatabase(c.env.DB);
    const [letter] = await getDeadLetters(database, [id]);
    if (letter === undefined) throw missing(id);
    const { message, unusable } = readMessage(JSON.parse(letter.body));
    if (message === null || unusable !== null) {
      throw new RouterError(
        'conflict',
        `The dead letter ${id} is no message that this router can store: look at it, then delete it.`,
      );
    }
    // Sent before it is taken away: twice is harmless, never is not.
    await c.env.LOG_QUEUE.send(message);
    await deleteDeadLetters(database, [id]);
    await writeAudit(database, { actor: actorOf(c), action: 'dead_letter.retry', target: id });
    return c.json({ id, retried: true });
  })
  .delete('/:id', async (c) => {
    const id = c.req.param('id');
    const database = openDatabase(c.env.DB);
    if ((await deleteDeadLetters(database, [id])) === 0) throw missing(id);
    await writeAudit(database, { actor: actorOf(c), action: 'dead_letter.delete', target: id });
    return c.json({ id, deleted: true });
  })
  .all('/', methodNotAllowed('GET'))
  .all('/:id', methodNotAllowed('DELETE'))
  .all('/:id/retry', methodNotAllowed('POST'));

// Behind the last key come the budgets of users and teams.
async function checkBudgets(env: Cloudflare.Env, after: string) {
  const { data, nextCursor, unanswered } = await checkShared(env, after);
  if (unanswered.length > 0) throw silent(`budget of ${unanswered.join(', ')}, or a ledger of theirs,`);
  const next_cursor = nextCursor === null ? null : budgetsCursor(nextCursor);
  return { ok: data.every(sharesAgree), next_cursor, data: [], shared: data };
}

/** `/internal/ledger`: whether the sums agree, and what could not be written. */
export const internalLedger = new Hono<AppEnv>({ strict: false })
  .get('/check', async (c) => {
    const { cursor } = readQuery(c, cursorShape);
    const behind = budgetsBehind(cursor);
    if (behind !== null) return c.json(await checkBudgets(c.env, behind));
    const [check, ledgers] = await Promise.all([checkLedger(c.env, cursor), countLedgers(openDatabase(c.env.DB))]);
    const { ok, data, nextCursor, unanswered } = check;
    if (unanswered.length > 0) throw silent(`ledger of key ${unanswered.join(', ')}`);
    if (nextCursor !== null) return c.json({ ok, next_cursor: nextCursor, ledgers, data, shared: [] });
    const budgets = await checkBudgets(c.env, '');
    return c.json({ ...budgets, ok: ok && budgets.ok, ledgers, data });
  })
  .post('/repair', async (c) => {
    const { cursor } = readQuery(c, cursorShape);
    const { repaired, check } = await repairLedgers(c.env, cursor);
    return c.json({ repaired, next_cursor: check.nextCursor });
  })
  .route('/dead-letters', deadLetters)
  .all('/check', methodNotAllowed('GET'))
  .all('/repair', methodNotAllowed('POST'));
