import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { app } from '../../src/app.ts';
import { makeKey } from '../support/keys.ts';

/*
 * What a listener can reach stays in memory until the next full collection, even when nothing else knows it any more:
 * a request that has ended must leave none behind.
 */

afterEach(() => {
  vi.restoreAllMocks();
});

/** Listeners for an abort: whether any was set, and those that were not taken off again. */
function watchListeners() {
  const listening: { target: EventTarget; listener: unknown }[] = [];
  const watched = { wasSet: false, listening };
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  vi.spyOn(EventTarget.prototype, 'addEventListener').mockImplementation(function (this: EventTarget, type, listener) {
    if (type === 'abort') {
      watched.wasSet = true;
      listening.push({ target: this, listener });
    }
    return addEventListener.call(this, type, listener);
  });
  vi.spyOn(EventTarget.prototype, 'removeEventListener').mockImplementation(function (
    this: EventTarget,
    type,
    listener,
  ) {
    const at = listening.findIndex((one) => one.target === this && one.listener === listener);
    if (at >= 0) listening.splice(at, 1);
    return removeEventListener.call(this, type, listener);
  });
  return watched;
}

async function ask(model: string, stream: boolean): Promise<void> {
  const { secret } = await makeKey();
  const context = createExecutionContext();
  const body = JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'one two three' }] });
  const headers = { authorization: `Bearer ${secret}` };
  const request = new Request('http://router.test/api/v1/chat/completions', { method: 'POST', body, headers });
  const response = await app.fetch(request, env, context);
  await response.text();
  await waitOnExecutionContext(context);
}

describe.each([true, false])('an answer that has ended, with stream: %s,', (stream) => {
  it.each(['test/echo', 'test/error'])('by %s, listens for nothing', async (model) => {
    const watched = watchListeners();
    await ask(model, stream);
    expect(watched.wasSet).toBe(true);
    expect(watched.listening).toEqual([]);
  });
});
