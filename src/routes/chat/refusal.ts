import type { Admission } from '../../ledger/entry.ts';
import { INVALID_KEY } from '../../middleware/key-auth.ts';
import { type ErrorCode, RouterError } from '../../protocol/errors.ts';

type Refused = Extract<Admission, { kind: 'refused' }>;

const RATE_CODES: Partial<Record<Refused['reason'], ErrorCode>> = {
  rpm: 'rate_limit_exceeded',
  tpm: 'rate_limit_exceeded',
  concurrency: 'concurrency_limit_exceeded',
};

const RATE_NAMES: Partial<Record<Refused['reason'], string>> = {
  rpm: 'requests a minute',
  tpm: 'tokens a minute',
  concurrency: 'requests at the same time',
};

function budgetMessage({ window, resetAt }: Refused): string {
  const name = window === null || window === 'total' ? 'total budget' : `budget of this ${window}`;
  const then =
    resetAt === null
      ? 'Ask your administrator to raise it.'
      : `It begins anew at ${resetAt}; your administrator can raise it.`;
  return `This key's ${name} is used up. ${then}`;
}

/** The ledger's no, as the error the client gets. */
export function refusal(refused: Refused, model: string): RouterError {
  switch (refused.reason) {
    case 'disabled':
    case 'expired':
      return new RouterError('invalid_api_key', INVALID_KEY);
    case 'model':
      return notAllowed(model);
    case 'unpriced':
      return new RouterError(
        'unpriced_model',
        `The model '${model}' has no price, and this key has a budget. Use a model with a price, or ask your administrator to add one with MODELS_JSON.`,
        { param: 'model' },
      );
    case 'budget':
      return new RouterError('budget_exceeded', budgetMessage(refused));
    case 'rpm':
    case 'tpm':
    case 'concurrency': {
      const wait = refused.retryAfter ?? 1;
      return new RouterError(
        RATE_CODES[refused.reason] ?? 'rate_limit_exceeded',
        `This key may make no more ${RATE_NAMES[refused.reason]} for now. Try again in ${wait} s.`,
        { retryAfter: wait },
      );
    }
  }
}

export function notAllowed(model: string): RouterError {
  return new RouterError(
    'model_not_allowed',
    `This key may not use the model '${model}'. GET /api/v1/models lists those it may use; your administrator can allow more.`,
    { param: 'model' },
  );
}
