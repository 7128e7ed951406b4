import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  forgetHealth,
  isolateHealth,
  keepHealthShared,
  shareHealth,
  tryFailed,
  trySucceeded,
} from '../../src/offer/health-memory.ts';
import { standingOf } from '../../src/providers/health.ts';

const REFUSED = { status: 401, code: 'upstream_auth_error', retryAfter: null } as const;
const LIMITED = { status: 429, code: 'upstream_rate_limited', retryAfter: null } as const;
const BROKEN = { status: 500, code: 'upstream_error', retryAfter: null } as const;

function place() {
  const jobs: Promise<unknown>[] = [];
  return {
    env,
    jobs,
    runAfter: (_: string, job: Promise<unknown>) => {
      jobs.push(job);
    },
  };
}

function isWell(label: string | null): boolean {
  return standingOf(isolateHealth(), 'one', label, Date.now()).well;
}

beforeEach(async () => {
  forgetHealth();
  await env.KEY_CACHE.delete('health');
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('what one isolate has met', () => {
  it('holds in another for a refused key, and for nothing that is over in moments', async () => {
    const first = place();
    tryFailed(first, 'one', '#1', REFUSED);
    tryFailed(first, 'one', '#2', LIMITED);
    for (const _ of [1, 2, 3]) tryFailed(first, 'one', '#3', BROKEN);
    await Promise.all(first.jobs);
    forgetHealth();
    await shareHealth(env);
    expect(['#1', '#2', null].map(isWell)).toEqual([false, true, true]);
  });

  it('is taken back where the key has served since', async () => {
    const first = place();
    tryFailed(first, 'one', '#1', REFUSED);
    await Promise.all(first.jobs);
    trySucceeded('one', '#1');
    await shareHealth(env);
    forgetHealth();
    await shareHealth(env);
    expect(isWell('#1')).toBe(true);
  });

  it('is put beside what others have met, and written once', async () => {
    const put = vi.spyOn(env.KEY_CACHE, 'put');
    const first = place();
    tryFailed(first, 'one', '#1', REFUSED);
    await Promise.all(first.jobs);
    forgetHealth();
    const second = place();
    for (const _ of [1, 2, 3]) tryFailed(second, 'one', '#2', REFUSED);
    await Promise.all(second.jobs);
    await shareHealth(env);
    expect(put).toHaveBeenCalledTimes(2);
    forgetHealth();
    await shareHealth(env);
    expect(['#1', '#2'].map(isWell)).toEqual([false, false]);
  });

  it('is logged by its name, with no key in it', () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const here = place();
    tryFailed(here, 'one', '#1', REFUSED);
    for (const _ of [1, 2, 3, 4]) tryFailed(here, 'one', '#1', BROKEN);
    expect(error.mock.calls.map(([line]) => JSON.parse(String(line)))).toEqual([
      {
        ...{ level: 'error', event: 'credential_out', provider: 'one', credential: '#1' },
        ...{ reason: 'upstream_auth_error', until: expect.stringMatching(/^2\d{3}-/) },
      },
      expect.objectContaining({ event: 'provider_out', credential: null, reason: 'upstream_error' }),
    ]);
  });
});

describe('a request', () => {
  it('reads the record in the background, and not again for 25 s', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const get = vi.spyOn(env.KEY_CACHE, 'get');
    const here = place();
    for (let count = 0; count < 100; count += 1) keepHealthShared(here);
    await Promise.all(here.jobs);
    expect(get).toHaveBeenCalledTimes(1);
    vi.setSystemTime(Date.now() + 25_000);
    keepHealthShared(here);
    await Promise.all(here.jobs);
    expect(get).toHaveBeenCalledTimes(2);
  });

  it('goes on where the record is not what it should be', async () => {
    for (const text of ['{"trips": [{"provider": 7}]}', 'no JSON']) {
      await env.KEY_CACHE.put('health', text);
      await shareHealth(env);
      expect(isWell('#1')).toBe(true);
    }
  });
});
