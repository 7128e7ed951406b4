import { Hono } from 'hono';
import type { AppEnv } from '../../middleware/app-env.ts';
import { internalAuth } from '../../middleware/internal-auth.ts';
import { internalAudit } from './audit.ts';
import { internalCatalog } from './catalog.ts';
import { internalKeys } from './keys.ts';
import { internalLedger } from './ledger.ts';
import { internalLogs } from './logs.ts';
import { internalInvitations, internalTemplate } from './members.ts';
import { internalProviders } from './providers.ts';
import { internalTeams } from './teams.ts';
import { internalUsage } from './usage.ts';
import { internalUsers } from './users.ts';

/** `/internal`: the admin API, behind INTERNAL_SECRET. */
export const internal = new Hono<AppEnv>({ strict: false })
  .use(internalAuth)
  .route('/users', internalInvitations)
  .route('/users', internalUsers)
  .route('/teams', internalTeams)
  .route('/member-template', internalTemplate)
  .route('/keys', internalKeys)
  .route('/catalog', internalCatalog)
  .route('/logs', internalLogs)
  .route('/ledger', internalLedger)
  .route('/', internalUsage)
  .route('/', internalAudit)
  .route('/', internalProviders);
