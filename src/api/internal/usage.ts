import { Hono } from 'hono';
import * as z from 'zod/mini';
import { daysBefore, windowsAt } from '../../ledger/windows.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { openDatabase } from '../../store/database.ts';
import { USAGE_GROUPS, usageBy } from '../../store/usage.ts';
import { daysShape, readQuery } from './input.ts';

const OTHER_DAYS_OF_A_WEEK = 6;
const queryShape = {
  by: z._default(z.enum(USAGE_GROUPS, `must be one of ${USAGE_GROUPS.join(', ')}`), 'day'),
  ...daysShape,
};

/** `GET /internal/usage`: sums by day, key, model, user, team, provider or endpoint; both days count, the last seven where none are given. */
export const internalUsage = new Hono<AppEnv>()
  .get('/usage', async (c) => {
    const { by, from, to } = readQuery(c, queryShape);
    const offset = c.get('config').budgetUtcOffset;
    const last = to ?? windowsAt(Date.now(), offset).day;
    const first = from ?? daysBefore(last, OTHER_DAYS_OF_A_WEEK);
    return c.json({ data: await usageBy(openDatabase(c.env.DB), by, first, last) });
  })
  .all('/usage', methodNotAllowed('GET'));
