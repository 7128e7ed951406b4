import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { app } from '../../src/app.ts';
import { judgeTry } from '../../src/middleware/guess-throttle.ts';
import { networkOf } from '../../src/middleware/network.ts';
import { newAddress, submit } from '../console/operator.ts';
import { get, SECRET } from '../support/router.ts';

const HOUR = 3_600_000;

/** A call of the operator's API from an address. */
async function callFrom(
  address: string,
  secret: string | null,
): Promise<{ status: number; wait: number; code: string }> {
  const headers = new Headers({ 'cf-connecting-ip': address });
  if (secret !== null) headers.set('authorization', `Bearer ${secret}`);
  const response = await get('/internal/users', { headers });
  const body: { error?: { code: string } } = await response.json();
  return {
    status: response.status,
    wait: Number(response.headers.get('retry-after') ?? 0),
    code: body.error?.code ?? '',
  };
}

async function signInFrom(address: string, secret: string): Promise<number> {
  return (await submit('/admin/sign-in', { secret }, { 'cf-connecting-ip': address })).status;
}

describe('guesses at /internal are slowed by network', () => {
  it('lets a network wait after five guesses, and says how long', async () => {
    const address = newAddress();
    const answers = [];
    for (let guess = 0; guess < 7; guess += 1) answers.push(await callFrom(address, `guess-${guess}`));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429, 429]);
    expect(answers[6]).toMatchObject({ code: 'rate_limit_exceeded' });
    expect(answers[6]?.wait).toBeGreaterThan(0);
    expect((await callFrom(newAddress(), SECRET)).status).toBe(200);
  });

  it('counts guesses that come at the same moment one by one', async () => {
    const address = newAddress();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, guess) => callFrom(address, `together-${guess}`)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(15);
  });

  it('never has the right secret in its own way, however often it comes at once', async () => {
    const address = newAddress();
    const answers = await Promise.all(Array.from({ length: 20 }, () => callFrom(address, SECRET)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  });

  it('takes the same wrong secret for one guess: who has the right one is not locked out by a wrong setting', async () => {
    const address = newAddress();
    const statuses = [];
    for (let times = 0; times < 8; times += 1) statuses.push((await callFrom(address, 'an old secret')).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect((await callFrom(address, SECRET)).status).toBe(200);
  });

  it('guards /worker/settle by the same count, and takes no secret at all for no guess', async () => {
    const address = newAddress();
    for (let times = 0; times < 9; times += 1) expect((await callFrom(address, null)).status).toBe(401);
    for (let guess = 0; guess < 5; guess += 1) await callFrom(address, `settle-${guess}`);
    const response = await get('/worker/settle', {
      method: 'POST',
      headers: { authorization: `Bearer ${SECRET}`, 'cf-connecting-ip': address },
    });
    expect(response.status).toBe(429);
  });

  it('is one count for the console and the API: no door gives five more guesses', async () => {
    const address = newAddress();
    for (let guess = 0; guess < 5; guess += 1) await callFrom(address, `shared-${guess}`);
    expect(await signInFrom(address, 'another guess')).toBe(429);
    const other = newAddress();
    for (let guess = 0; guess < 5; guess += 1) expect(await signInFrom(other, `shared-${guess}`)).toBe(401);
    expect((await callFrom(other, 'another guess')).status).toBe(429);
  });

  it('takes an IPv6 network for one, whichever way its addresses are written', async () => {
    const own = [
      '2001:db8:77::1',
      '2001:db8:77::2',
      '2001:DB8:77:0:1::',
      '2001:0db8:0077::a:b',
      '2001:db8:77:0:9:8:7:6',
    ];
    for (const [guess, address] of own.entries()) expect((await callFrom(address, `v6-${guess}`)).status).toBe(401);
    expect((await callFrom('2001:db8:77::ffff', 'v6-6')).status).toBe(429);
    expect((await callFrom('2001:db8:77:1::1', 'v6-7')).status).toBe(401);
    expect(await signInFrom('2001:db8:77::3', 'v6-8')).toBe(429);
  });
});

describe('the wait', () => {
  const person = (address: string, isRight = false) => ({ address, isRight, guess: null });

  it('doubles up to a minute, and is forgotten after an hour', () => {
    let now = 1_700_000_000_000;
    for (let times = 0; times < 5; times += 1) {
      expect(judgeTry(person('203.0.113.9'), now)).toEqual({ kind: 'wrong' });
    }
    const waits = Array.from({ length: 9 }, () => {
      const verdict = judgeTry(person('203.0.113.9', true), now);
      const seconds = verdict.kind === 'wait' ? verdict.seconds : 0;
      expect(judgeTry(person('203.0.113.9'), now + 1000 * seconds - 1)).toEqual({ kind: 'wait', seconds: 1 });
      now += 1000 * seconds;
      expect(judgeTry(person('203.0.113.9'), now)).toEqual({ kind: 'wrong' });
      return seconds;
    });
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    for (let times = 0; times < 5; times += 1) {
      expect(judgeTry(person('203.0.113.9'), now + 2 * HOUR)).toEqual({ kind: 'wrong' });
    }
  });

  it('counts an IPv6 network as one, and forgives who has the right secret', () => {
    for (let times = 0; times < 4; times += 1) judgeTry(person(`2001:db8:1:2::${times}`), 1000);
    expect(judgeTry(person('2001:db8:1:2:ffff::1', true), 1000)).toEqual({ kind: 'right' });
    for (let times = 0; times < 5; times += 1) {
      expect(judgeTry(person(`2001:db8:1:2::${times}`), 1000)).toEqual({ kind: 'wrong' });
    }
    expect(judgeTry(person('2001:db8:1:2::9', true), 1000)).toEqual({ kind: 'wait', seconds: 1 });
    expect(judgeTry(person('2001:db8:1:3::1', true), 1000)).toEqual({ kind: 'right' });
  });
});

describe('a network', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:1:2:3:4', '2001:db8:0:0::/64'],
    ['2001:0DB8:0:0::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1:2::3:4:5:192.0.2.1', '1:2:0:3::/64'],
    ['::ffff:192.0.2.33', '192.0.2.33'],
    ['::ffff:c000:221', '192.0.2.33'],
    ['unknown', 'unknown'],
    ['not:an:address', 'not:an:address'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('INTERNAL_SECRET', () => {
  const statusWith = async (INTERNAL_SECRET: string, presented: string) => {
    const request = new Request('http://router.test/internal/users', {
      headers: { authorization: `Bearer ${presented}`, 'cf-connecting-ip': newAddress() },
    });
    return (await app.fetch(request, { ...env, INTERNAL_SECRET }, createExecutionContext())).status;
  };

  it('counts without blanks and line ends around it, as it is pasted', async () => {
    expect(await statusWith(`${SECRET}\n`, SECRET)).toBe(200);
    expect(await statusWith(` \t${SECRET}\r\n`, SECRET)).toBe(200);
    expect(await statusWith('four words that nobody would guess', 'four words that nobody would guess')).toBe(200);
  });

  it.each([
    ['of 31 characters', 'abcdefghijklmnopqrstuvwxyz01234'],
    ['of 31 characters and a line end', 'abcdefghijklmnopqrstuvwxyz01234\n'],
    ['of seven different characters', 'abcdefgabcdefgabcdefgabcdefgabcdefg'],
  ])('%s opens nothing', async (_, secret) => {
    expect(await statusWith(secret, secret.trim())).toBe(404);
  });
});
