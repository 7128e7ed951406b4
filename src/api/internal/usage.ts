import { Hono } from 'hono';
import * as z from 'zod/mini';
import { daysBefore, windowsAt } from '../../ledger/windows.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { openDatabase } from '../../store/database.ts';
import { USAGE_GROUPS, usageBy } from '../../store/usage.ts';
import { daysShape, readQuery } from './input.ts';

const DAYS_RULE = 'must be a whole number of days from 1 to 3650';
const WEEK = 7;
const queryShape = {
  by: z._default(z.enum(USAGE_GROUPS, `must be one of ${USAGE_GROUPS.join(', ')}`), 'day'),
  // The router knows in which offset today is; who asks may not.
  days: z._default(
    z.pipe(z.coerce.number(DAYS_RULE), z.int(DAYS_RULE).check(z.minimum(1, DAYS_RULE), z.maximum(3650, DAYS_RULE))),
    WEEK,
  ),
  ...daysShape,
};

/** `GET /internal/usage`: sums by day, key, model, user, team, provider or endpoint; both days count, the last seven (`days`) where none are given. */
export const internalUsage = new Hono<AppEnv>()
  .get('/usage', async (c) => {
    const { by, days, from, to } = readQuery(c, queryShape);
    const offset = c.get('config').budgetUtcOffset;
    const last = to ?? windowsAt(Date.now(), offset).day;
    const first = from ?? daysBefore(last, days - 1);
    return c.json({ data: await usageBy(openDatabase(c.env.DB), by, first, last) });
  })
  .all('/usage', methodNotAllowed('GET'));
