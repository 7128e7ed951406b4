import { Hono } from 'hono';
import * as z from 'zod/mini';
import { daysBefore, windowsAt } from '../../ledger/windows.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import { methodNotAllowed } from '../../middleware/error-response.ts';
import { openDatabase } from '../../store/database.ts';
import { USAGE_GROUPS, usageBy } from '../../store/usage.ts';
import { checked } from './input.ts';

const OTHER_DAYS_OF_A_WEEK = 6;
const day = z.iso.date('must be a day such as 2026-11-23');
const querySchema = z.object({
  by: z._default(z.enum(USAGE_GROUPS, `must be one of ${USAGE_GROUPS.join(', ')}`), 'day'),
  from: z.optional(day),
  to: z.optional(day),
});

/** `GET /internal/usage`: sums by day, key, model or user; both days count, the last seven where none are given. */
export const internalUsage = new Hono<AppEnv>()
  .get('/usage', async (c) => {
    const { by, from, to } = checked(querySchema, {
      by: c.req.query('by') || undefined,
      from: c.req.query('from') || undefined,
      to: c.req.query('to') || undefined,
    });
    const offset = c.get('config').budgetUtcOffset;
    const last = to ?? windowsAt(Date.now(), offset).day;
    const first = from ?? daysBefore(last, OTHER_DAYS_OF_A_WEEK);
    return c.json({ data: await usageBy(openDatabase(c.env.DB), by, first, last) });
  })
  .all('/usage', methodNotAllowed('GET'));
