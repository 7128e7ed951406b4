import { costNanoUsd, priceAt } from '../../src/catalog/price.ts';
import { requestId } from '../../src/protocol/request-id.ts';
import { PROVIDERS } from '../../src/providers/registry.ts';

export interface TeamKey {
  id: string;
  key: string;
  owner: string;
  purpose: string;
  /** How much it is used, against the others. */
  share: number;
}

const DAYS = 60;
const DAY_MS = 86_400_000;
const REQUESTS_A_DAY = 110;
const MODELS = [
  ['moonshot', 'kimi-k2.7-code', 8],
  ['deepseek', 'deepseek-v4-pro', 6],
  ['zai', 'glm-5.3', 5],
  ['deepseek', 'deepseek-flash', 4],
  ['moonshot', 'kimi-k3', 1],
  ['zai', 'glm-4.7', 2],
] as const;
const ENDS = [
  { end: 'completed', status: 200, error_code: null, weight: 190 },
  { end: 'client_gone', status: 200, error_code: null, weight: 5 },
  { end: 'upstream_failed', status: 503, error_code: 'upstream_overloaded', weight: 3 },
  { end: 'rejected', status: 429, error_code: 'rate_limit_exceeded', weight: 2 },
  { end: 'timeout', status: 504, error_code: 'upstream_timeout', weight: 1 },
] as const;

/** Always the same numbers, from 0 to 1: pictures of two runs can be compared. */
function makeDice(): () => number {
  let state = 20_261_124;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** One of a list, by weight. */
function pick<T>(list: readonly T[], weight: (each: T) => number, dice: () => number): T {
  let rest = dice() * list.reduce((sum, each) => sum + weight(each), 0);
  const found = list.find((each) => {
    rest -= weight(each);
    return rest < 0;
  });
  if (found === undefined) throw new Error('Nothing to pick from.');
  return found;
}

/** How busy an hour is: office hours, a little at night, less at weekends. */
function busyness(at: Date): number {
  const hour = at.getUTCHours() + at.getUTCMinutes() / 60;
  const day = at.getUTCDay() % 6 === 0 ? 0.3 : 1;
  return day * (0.12 + Math.exp(-(((hour - 10) / 2.2) ** 2)) + 0.9 * Math.exp(-(((hour - 15.5) / 2.4) ** 2)));
}

function providerModel(provider: string, id: string) {
  const model = PROVIDERS.find((each) => each.id === provider)?.models.find((each) => each.id === id);
  if (model === undefined) throw new Error(`The catalogue has no ${provider}/${id}.`);
  return model;
}

function usageOf(dice: () => number) {
  const input = Math.round(2_000 + 52_000 * dice() ** 2);
  const output = Math.round(120 + 3_600 * dice() ** 2);
  return {
    inputTokens: input,
    cachedTokens: Math.round(input * (0.35 + 0.6 * dice())),
    cacheWriteTokens: 0,
    outputTokens: output,
    reasoningTokens: Math.round(output * 0.55 * dice()),
  };
}

function rowAt(time: number, team: readonly TeamKey[], dice: () => number) {
  const key = pick(team, ({ share }) => share, dice);
  const [provider, model] = pick(MODELS, ([, , weight]) => weight, dice);
  const { end, status, error_code } = pick(ENDS, ({ weight }) => weight, dice);
  const price = priceAt(providerModel(provider, model), time);
  const isServed = status === 200;
  const usage = usageOf(dice);
  const failure = [{ status: 503, code: 'upstream_overloaded', ms: 210 }];
  const wasRetried = isServed && dice() < 0.02;
  const first = Math.round(280 + 1_900 * dice() ** 2);
  return {
    request_id: requestId(time),
    kind: 'settle',
    key_id: key.id,
    owner: key.owner,
    purpose: key.purpose,
    provider: end === 'rejected' ? null : provider,
    model: end === 'rejected' ? null : model,
    requested_model: `${provider}/${model}`,
    stream: 1,
    status,
    end,
    source: isServed ? 'reported' : 'none',
    input_tokens: isServed ? usage.inputTokens : 0,
    cached_tokens: isServed ? usage.cachedTokens : 0,
    cache_write_tokens: 0,
    output_tokens: isServed ? usage.outputTokens : 0,
    reasoning_tokens: isServed ? usage.reasoningTokens : 0,
    cost_nano_usd: isServed && price !== null ? costNanoUsd(usage, price.prices) : 0,
    price_revision: price?.revision ?? null,
    attempts: end === 'rejected' ? 0 : wasRetried ? 2 : 1,
    attempt_details: wasRetried
      ? JSON.stringify([...failure, { status: 200, code: null, ms: first }])
      : isServed
        ? null
        : JSON.stringify(failure),
    finish_reason: end === 'completed' ? 'stop' : null,
    error_code,
    started_at: new Date(time).toISOString(),
    first_token_ms: isServed ? first : null,
    duration_ms: isServed ? first + Math.round(usage.outputTokens * 9) : 240,
    colo: 'FRA',
    day: new Date(time).toISOString().slice(0, 10),
  };
}

export type LogRow = ReturnType<typeof rowAt>;

/** Two months of a team's requests, oldest first: what is compared with the month before finds one. */
export function monthOf(team: readonly TeamKey[], now: number): LogRow[] {
  const dice = makeDice();
  const first = Math.floor(now / DAY_MS) * DAY_MS - (DAYS - 1) * DAY_MS;
  const rows: LogRow[] = [];
  for (let minute = first; minute < now; minute += 60_000) {
    const growth = 0.6 + (0.4 * (minute - first)) / (now - first);
    if (dice() < (REQUESTS_A_DAY / 560) * growth * busyness(new Date(minute))) {
      rows.push(rowAt(minute + Math.floor(dice() * 60_000), team, dice));
    }
  }
  return rows;
}
