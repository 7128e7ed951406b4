import type { Refusal } from '../ledger/calls.ts';
import { type ErrorCode, invalidKey, RouterError } from '../protocol/errors.ts';
import { nanoToUsd } from '../protocol/money.ts';
import { rateLimitHeaders } from './answer-headers.ts';

const RATE_CODES: Partial<Record<Refusal['reason'], ErrorCode>> = {
  rpm: 'rate_limit_exceeded',
  tpm: 'rate_limit_exceeded',
  concurrency: 'concurrency_limit_exceeded',
};

const RATE_NAMES: Partial<Record<Refusal['reason'], string>> = {
  rpm: 'requests a minute',
  tpm: 'tokens a minute',
  concurrency: 'requests at the same time',
};

/** Whose budget it is, as the holder of the key is told. */
function whoseOf({ level }: Refusal): string {
  if (level === undefined) return "this key's";
  return level.kind === 'user' ? `the user ${level.name}'s` : `the team ${level.name}'s`;
}

function budgetMessage(refused: Refusal): string {
  const { window, reserved = 0, resetAt, shortage } = refused;
  const budget = window === null || window === 'total' ? 'total budget' : `budget of this ${window}`;
  const whose = whoseOf(refused);
  const administrator = 'your administrator can raise it';
  const again = resetAt === null ? `Only ${administrator}.` : `It begins anew at ${resetAt}; ${administrator}.`;
  const held = `${nanoToUsd(reserved)} USD of it is held for running requests of all its keys.`;
  const then = reserved > 0 ? `${held} ${again}` : again;
  const name = `${whose} ${budget}`;
  if (shortage === null || shortage.free <= 0) {
    return `${name.charAt(0).toUpperCase()}${name.slice(1)} is used up. ${then}`;
  }
  const asked = `This request may cost up to ${nanoToUsd(shortage.asked)} USD`;
  const fewer = 'Ask for a shorter answer with max_tokens';
  if (shortage.asked > shortage.limit) {
    const whole = `${whose} whole ${budget}`;
    return `${asked}: more than ${whole}, ${nanoToUsd(shortage.limit)} USD. ${fewer}. ${then}`;
  }
  // A total budget never begins anew; what running requests hold may come free, but nobody is told to wait for that.
  const wait = resetAt === null ? '' : ', or wait';
  return `${asked}, and ${nanoToUsd(shortage.free)} USD of ${name} is free. ${fewer}${wait}. ${then}`;
}

/** A request that is larger than all that the limit allows: no waiting makes it fit. */
function isTooLarge({ shortage }: Refusal): boolean {
  return shortage !== null && shortage.asked > shortage.limit;
}

function rateMessage(refused: Refusal, wait: number): string {
  const { reason, shortage } = refused;
  if (shortage !== null && isTooLarge(refused)) {
    return `This request has about ${shortage.asked} tokens, and this key may send ${shortage.limit} a minute. Shorten it, or ask your administrator to raise the limit.`;
  }
  return `This key may make no more ${RATE_NAMES[reason]} for now. Try again in ${wait} s.`;
}

/** The ledger's no, as the error the client gets. */
export function refusal(refused: Refusal, model: string): RouterError {
  switch (refused.reason) {
    case 'disabled':
    case 'expired':
      return invalidKey();
    case 'model':
      return notAllowed(model);
    case 'unpriced':
      return new RouterError(
        'unpriced_model',
        `The model '${model}' has no price, and this key has a budget. Use a model with a price, or ask your administrator to give it a price.`,
        { param: 'model' },
      );
    case 'budget':
      return new RouterError('budget_exceeded', budgetMessage(refused), { headers: rateLimitHeaders(refused) });
    case 'rpm':
    case 'tpm':
    case 'concurrency': {
      const wait = refused.retryAfter ?? 1;
      return new RouterError(RATE_CODES[refused.reason] ?? 'rate_limit_exceeded', rateMessage(refused, wait), {
        retryAfter: wait,
        headers: rateLimitHeaders(refused),
        ...(isTooLarge(refused) ? { passes: false } : {}),
      });
    }
  }
}

/** The error for a model that is not in the key's list. */
export function notAllowed(model: string): RouterError {
  return new RouterError(
    'model_not_allowed',
    `This key may not use the model '${model}'. GET /api/v1/models lists those it may use; your administrator can allow more.`,
    { param: 'model' },
  );
}
