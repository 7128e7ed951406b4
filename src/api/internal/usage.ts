import { Hono } from 'hono';
import * as z from 'zod/mini';
import { daysBefore, windowsAt } from '../../ledger/windows.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { RouterError } from '../../protocol/errors.ts';
import { openDatabase } from '../../store/database.ts';
import { USAGE_GROUPS, usageBy } from '../../store/usage.ts';
import { daysShape, readQuery, wholeNumber } from './input.ts';

const DAYS_RULE = 'must be a whole number of days from 1 to 3650';
const WEEK = 7;
const queryShape = {
  by: z._default(z.enum(USAGE_GROUPS, `must be one of ${USAGE_GROUPS.join(', ')}`), 'day'),
  // The router knows in which offset today is; who asks may not.
  days: z.optional(wholeNumber(3650, DAYS_RULE)),
  ...daysShape,
};

/** `GET /internal/usage`: sums by day, key, model, user, team, provider or endpoint; both days count, the last seven (`days`) where none are given. */
export const internalUsage = new Hono<AppEnv>()
  .get('/usage', async (c) => {
    const { by, days, from, to } = readQuery(c, queryShape);
    if (days !== undefined && from !== undefined) {
      const message = 'days counts back from the last day, so it does not go with from. Leave one of them out.';
      throw new RouterError('invalid_value', message, { param: 'days' });
    }
    const offset = c.get('config').budgetUtcOffset;
    const last = to ?? windowsAt(Date.now(), offset).day;
    const first = from ?? daysBefore(last, (days ?? WEEK) - 1);
    return c.json({ data: await usageBy(openDatabase(c.env.DB), by, first, last) });
  })
  .all('/usage', methodNotAllowed('GET'));
