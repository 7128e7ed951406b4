import * as z from 'zod/mini';
import { parseJson } from '../protocol/json.ts';
import type { RequestLogRow } from './schema.ts';

/** One try of a provider, as `attempt_details` tells it. */
export interface AttemptDetail {
  provider: string | null;
  model: string | null;
  credential: string | null;
  /** HTTP status; null where no answer came. */
  status: number | null;
  /** Our error code; null for the try that served. */
  code: string | null;
  ms: number | null;
  /** Only of a try that broke off: what it cost. */
  cost_nano_usd?: number;
}

const text = z.nullish(z.string());
const number = z.nullish(z.number());
const detailsSchema = z.array(
  z.looseObject({
    provider: text,
    model: text,
    credential: text,
    status: number,
    code: text,
    ms: number,
    cost_nano_usd: number,
    // Rows written before migration 0005 have this in place of `ms`, and no provider: there was one a request.
    durationMs: number,
  }),
);

/** What is known of each try of a request; null where there was one, or what stands there cannot be read: rows may be edited by hand. */
export function readAttemptDetails(row: RequestLogRow): AttemptDetail[] | null {
  if (row.attemptDetails === null) return null;
  const { success, data } = detailsSchema.safeParse(parseJson(row.attemptDetails));
  if (!success) return null;
  return data.map(({ durationMs, provider, model, credential, status, code, ms, cost_nano_usd, ...more }) => ({
    provider: provider ?? row.provider,
    model: model ?? row.model,
    credential: credential ?? null,
    status: status ?? null,
    code: code ?? null,
    ms: ms ?? durationMs ?? null,
    ...(cost_nano_usd == null ? {} : { cost_nano_usd }),
    ...more,
  }));
}
