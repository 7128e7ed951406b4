import { type SQL, sql } from 'drizzle-orm';

/** Where a request's end, status and error code are found. */
interface Places {
  end: string;
  status: string;
  errorCode: string;
}

/**
 * Whose a failure is, as SQL that is 0 or 1. What a provider answers to a client's mistake is no failure of the
 * provider, and what went wrong in the router is none either: the error's code tells them apart. What was refused before
 * the provider was asked is not its affair. What is neither is the client's. migrations/0012_errors.sql says the same.
 */
export function whoseErrors({ end, status, errorCode }: Places) {
  const isProviders = `coalesce(substr(${errorCode}, 1, 9), '') = 'upstream_'`;
  const failed = `${end} NOT IN ('completed', 'client_gone')`;
  return {
    failed: `(${failed})`,
    own: `(${failed} AND ${status} >= 500 AND NOT ${isProviders})`,
    providers: `(${end} IN ('upstream_failed', 'timeout') AND ${isProviders})`,
  };
}

const ofLog = whoseErrors({
  end: 'request_logs."end"',
  status: 'request_logs.status',
  errorCode: 'request_logs.error_code',
});

/** The same of the log's rows. */
export const failed: SQL = sql.raw(ofLog.failed);
export const ownFailed: SQL = sql.raw(ofLog.own);
export const providerFailed: SQL = sql.raw(ofLog.providers);
