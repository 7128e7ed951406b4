import { env } from 'cloudflare:workers';
import { SignJWT } from 'jose';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { AUDIENCE, askWith, newTeam, type Team, visitor } from '../support/access.ts';
import { auditOf } from './key-form.ts';
import { newOperator } from './operator.ts';

const BOSS = 'boss@example.com';
const NO_SECRET = { INTERNAL_SECRET: '' };

let team: Team;

beforeEach(async () => {
  team = await newTeam();
});

/** The status of the console for whoever sends this text. */
async function statusFor(token: string, variables: Record<string, string> = {}): Promise<number> {
  const headers = { 'cf-access-jwt-assertion': token };
  return (await askWith({ ...team.variables, ...NO_SECRET, ...variables }, '/admin/users', { headers })).status;
}

function unsigned(claims: object, header: object = { alg: 'none' }): string {
  const part = (value: object) =>
    btoa(JSON.stringify(value)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  return `${part(header)}.${part(claims)}.`;
}

describe('an administrator signs in with Access', () => {
  it('by the header or by the cookie, with a secret or without one', async () => {
    const token = await team.sign(BOSS);
    for (const variables of [team.variables, { ...team.variables, ...NO_SECRET }]) {
      for (const headers of [{ 'cf-access-jwt-assertion': token }, { cookie: `CF_Authorization=${token}` }]) {
        const response = await askWith(variables, '/admin/users', { headers });
        expect(response.status).toBe(200);
        expect(await response.text()).toContain(BOSS);
      }
    }
    expect(team.asked()).toBe(1);
  });

  it('and is named by the audit, on its page too', async () => {
    const boss = await visitor(team, 'Boss@Example.com', NO_SECRET);
    expect((await boss.send('/admin/users', { username: 'named-by-audit' })).status).toBe(303);
    expect(await auditOf('named-by-audit')).toEqual([`console:${BOSS} user.create`]);
    expect(await boss.read('/admin/changes')).toMatch(
      new RegExp(`named-by-audit.*<td class="wide-only who"><span title="console:${BOSS}">${BOSS}</span></td>`, 's'),
    );
  });

  it('and out where Access forgets who it was', async () => {
    const boss = await visitor(team, BOSS);
    const out = await boss.send('/admin/sign-out');
    expect([out.status, out.headers.get('location')]).toEqual([303, '/cdn-cgi/access/logout']);
  });

  it.each([
    ['*@example.com', 'ann@example.com', 200],
    ['ann@example.com, bo@example.com', 'bo@example.com', 200],
    ['ann@example.com', 'bo@example.com', 403],
    ['*@example.com', 'ann@evil-example.com', 403],
    ['*@example.com', 'ann@example.com.evil.test', 403],
    ['ann@example.com', 'ann@example.com.evil.test', 403],
    // A Kelvin sign in place of the k is another person, though small letters make one of both.
    ['kate@example.com', '\u212aate@example.com', 403],
    ['', 'ann@example.com', 403],
  ])('ADMIN_EMAILS=%j: %s gets %i', async (emails, email, status) => {
    expect(await statusFor(await team.sign(email), { ADMIN_EMAILS: emails })).toBe(status);
  });

  it('a member is told so, and shown the way to the own page', async () => {
    const member = await visitor(team, 'ann@example.com');
    const response = await member.open('/admin/keys');
    expect(response.status).toBe(403);
    const html = await response.text();
    expect(html).toContain('ann@example.com');
    expect(html).toContain('href="/me"');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect((await member.send('/admin/users', { username: 'sneaked-in' })).status).toBe(403);
    expect(await auditOf('sneaked-in')).toEqual([]);
  });

  it('and the secret goes on opening the console beside it, for an audit without a name', async () => {
    const operator = await newOperator();
    const headers = { cookie: operator.cookie, origin: 'http://router.test' };
    const body = new URLSearchParams({ username: 'by-secret' });
    expect((await askWith(team.variables, '/admin/users', { method: 'POST', headers, body })).status).toBe(303);
    expect(await auditOf('by-secret')).toEqual(['console user.create']);
  });

  it('a form from another site changes nothing for who is signed in', async () => {
    const boss = await visitor(team, BOSS);
    const response = await boss.send('/admin/users', { username: 'forged' }, { origin: 'https://evil.example' });
    expect(response.status).toBe(403);
    expect(await auditOf('forged')).toEqual([]);
  });
});

describe('a text is refused', () => {
  const now = () => Math.floor(Date.now() / 1000);

  it.each<[string, () => Record<string, unknown>]>([
    ['for another application', () => ({ aud: ['b'.repeat(64)] })],
    ['without an application', () => ({ aud: undefined })],
    ['of another team', () => ({ iss: 'https://other.cloudflareaccess.test' })],
    ['of nobody', () => ({ iss: undefined })],
    ['that has expired', () => ({ exp: now() - 1 })],
    ['that never ends', () => ({ exp: undefined })],
    ['that does not hold yet', () => ({ nbf: now() + 600 })],
    ['of a program, which has no address', () => ({ email: undefined, common_name: 'a-service.access' })],
    ['whose address is none', () => ({ email: 'boss' })],
    ['whose address is a list', () => ({ email: [BOSS] })],
  ])('%s', async (_name, changes) => {
    expect(await statusFor(await team.sign(BOSS))).toBe(200);
    expect(await statusFor(await team.sign(BOSS, changes()))).toBe(401);
  });

  it('that nobody signed, or that the public key was taken for a secret of', async () => {
    expect(await statusFor(await team.sign(BOSS))).toBe(200);
    const claims = team.claims(BOSS);
    expect(await statusFor(unsigned(claims))).toBe(401);
    expect(await statusFor(unsigned(claims, { alg: 'none', kid: 'first' }))).toBe(401);
    expect(await statusFor(unsigned(claims, { alg: 'NONE', kid: 'first' }))).toBe(401);
    const publicKey = new TextEncoder().encode(JSON.stringify(team.publicKey()));
    const confused = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'first' }).sign(publicKey);
    expect(await statusFor(confused)).toBe(401);
  });

  it('that another key signed under a name that is known', async () => {
    const forger = await newTeam();
    const forged = await forger.sign(BOSS, { iss: team.domain });
    // The last double to be played answers: the forger's certificates are not the team's.
    team = await newTeam();
    expect(await statusFor(await team.sign(BOSS))).toBe(200);
    expect(await statusFor(forged)).toBe(401);
    expect(await statusFor(await forger.sign(BOSS, { iss: team.domain }))).toBe(401);
  });

  it.each(['', 'x', 'a.b.c', '..', 'eyJhbGciOiJSUzI1NiJ9.e30.AA', 'x'.repeat(10_000)])(
    'that is none: %.20j',
    async (text) => {
      expect(await statusFor(text)).toBe(401);
    },
  );

  it('and a good cookie beside a bad header is taken', async () => {
    const cookie = `CF_Authorization=${await team.sign(BOSS)}`;
    const headers = { 'cf-access-jwt-assertion': 'stale', cookie };
    expect((await askWith(team.variables, '/admin/users', { headers })).status).toBe(200);
  });

  it('of several applications each counts', async () => {
    const variables = { ACCESS_AUDIENCE: `${'c'.repeat(64)}, ${AUDIENCE}` };
    expect(await statusFor(await team.sign(BOSS), variables)).toBe(200);
    expect(await statusFor(await team.sign(BOSS, { aud: 'c'.repeat(64) }), variables)).toBe(200);
  });
});

describe("Access's certificates", () => {
  it('are read once, and again for a key that was changed meanwhile', async () => {
    const before = await team.sign(BOSS);
    for (let times = 0; times < 3; times += 1) expect(await statusFor(before)).toBe(200);
    expect(team.asked()).toBe(1);
    await team.rotate('second');
    expect(await statusFor(await team.sign(BOSS))).toBe(200);
    expect(await statusFor(before)).toBe(200);
    expect(team.asked()).toBe(2);
  });

  it('are read for made-up names once a minute at most', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      expect(await statusFor(await team.sign(BOSS))).toBe(200);
      for (let times = 0; times < 5; times += 1) {
        expect(await statusFor(await team.sign(BOSS, {}, { kid: `made-up-${times}` }))).toBe(401);
      }
      expect(team.asked()).toBe(2);
      vi.setSystemTime(Date.now() + 61_000);
      await team.rotate('second');
      expect(await statusFor(await team.sign(BOSS))).toBe(200);
      expect(team.asked()).toBe(3);
    } finally {
      vi.useRealTimers();
    }
  });

  it('are kept while they cannot be read', async () => {
    const known = await team.sign(BOSS);
    expect(await statusFor(known)).toBe(200);
    team.fail();
    await team.rotate('second');
    expect(await statusFor(await team.sign(BOSS))).toBe(503);
    expect(await statusFor(known)).toBe(200);
  });

  it('that nobody has seen yet and that cannot be read leave the secret as the way in', async () => {
    team.fail();
    const token = await team.sign(BOSS);
    expect(await statusFor(token)).toBe(503);
    const operator = await newOperator();
    const headers = { 'cf-access-jwt-assertion': token, cookie: operator.cookie };
    expect((await askWith(team.variables, '/admin/users', { headers })).status).toBe(200);
    team.recover();
    expect(await statusFor(token)).toBe(200);
  });
});

describe('the variables of Access', () => {
  it.each([
    ['http://team.cloudflareaccess.com', 500],
    ['https://team.cloudflareaccess.com/path', 500],
    ['https://user@team.cloudflareaccess.com', 500],
    ['team.cloudflareaccess.com', 500],
    ['http://127.0.0.1:9999', 200],
    ['http://localhost:9999', 200],
    ['https://team.cloudflareaccess.com/', 200],
  ])('ACCESS_TEAM_DOMAIN=%j: %i', async (domain, status) => {
    const response = await askWith({ ...team.variables, ACCESS_TEAM_DOMAIN: domain }, '/worker/ping');
    expect(response.status).toBe(status);
    if (status === 500) expect(await response.json()).toMatchObject({ error: { param: 'ACCESS_TEAM_DOMAIN' } });
  });

  it.each([
    ['ADMIN_EMAILS', 'ann'],
    ['ADMIN_EMAILS', '*'],
    ['ADMIN_EMAILS', '*@*'],
    ['ADMIN_EMAILS', 'a b@example.com'],
    ['ACCESS_AUDIENCE', 'two words'],
  ])('%s=%j is a fault that names it', async (name, value) => {
    const response = await askWith({ ...team.variables, [name]: value }, '/worker/ping');
    expect([response.status, await response.json()]).toMatchObject([500, { error: { param: name } }]);
  });

  it.each(['ACCESS_TEAM_DOMAIN', 'ACCESS_AUDIENCE'])(
    'without %s nobody signs in, and all is as before',
    async (name) => {
      const token = await team.sign(BOSS);
      expect(await statusFor(token, { [name]: '' })).toBe(404);
      const headers = { 'cf-access-jwt-assertion': token };
      const response = await askWith({ ...team.variables, [name]: '' }, '/admin', { headers });
      expect(response.headers.get('location')).toBe('/admin/sign-in?next=%2Fadmin');
      expect((await askWith({ ...team.variables, [name]: '' }, '/v1/models')).status).toBe(401);
      expect(team.asked()).toBe(0);
    },
  );

  it('open neither the API nor /internal', async () => {
    const headers = {
      'cf-access-jwt-assertion': await team.sign(BOSS),
      cookie: `CF_Authorization=${await team.sign(BOSS)}`,
    };
    for (const path of ['/api/v1/key', '/internal/users']) {
      expect((await askWith(team.variables, path, { headers })).status, path).toBe(401);
    }
  });

  it('are in nobody’s way who does not sign in with Access', async () => {
    const response = await askWith({ ...team.variables, ...NO_SECRET }, '/admin');
    expect(response.status).toBe(401);
    expect(await response.text()).toContain('Cloudflare Access');
    expect((await askWith({ ...team.variables, ...NO_SECRET }, '/admin/sign-in')).status).toBe(401);
    expect(await (await askWith({ ...team.variables, ...NO_SECRET }, '/')).text()).toContain('href="/admin"');
    expect(env.INTERNAL_SECRET).not.toBe('');
  });
});
