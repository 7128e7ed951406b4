import type { RouterError } from '../protocol/errors.ts';
import type { Failure } from './attempts.ts';

/**
 * How providers say that a model is not there (any more): in a code, or in words. Moonshot: 404 `resource_not_found_error`,
 * "Not found the model … or Permission denied"; DeepSeek: 400 "Model Not Exist"; Z.ai: 400 with code 1211, 模型不存在;
 * OpenAI: 404 `model_not_found`; others 400 "… is not a valid model ID", "… has been decommissioned". Read 2026-11-28.
 */
const GONE_CODES: ReadonlySet<string | null> = new Set(['model_not_found', 'model_decommissioned', '1211']);
const GONE_WORDS =
  /model.{0,120}(?:not exist|not found|no longer|decommissioned|deprecated|retired|not a valid model)|not found the model|not a valid model|模型不存在/i;

function saysModelIsGone(error: RouterError, status: number | null): boolean {
  if (error.code !== 'invalid_request' || (status !== 400 && status !== 404)) return false;
  return status === 404 || GONE_CODES.has(error.providerCode) || GONE_WORDS.test(error.message);
}

/** Says something about the request: another provider would say the same. */
function isAboutRequest({ status }: RouterError): boolean {
  return status === 400 || status === 404 || status === 413;
}

/**
 * True for a failure that says nothing about the request, so that another target may serve it: no connection, silence,
 * 408, 429, 5xx, overload, the account empty or its key refused, a redirect, a page or an error in a good answer, one
 * that ends too soon, a model that the provider no longer has. Never what the request itself is to blame for, and never
 * an end that is ours.
 */
export function passesOn({ status, stop }: Failure): boolean {
  if (stop.kind === 'silent') return true;
  if (stop.kind !== 'provider_failed') return false;
  return !isAboutRequest(stop.error) || saysModelIsGone(stop.error, status);
}
