import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { app } from '../../src/app.ts';
import { playProvider } from './provider.ts';

/* Cloudflare Access as a double: a team that signs, serves its certificates, changes its key and fails. */

export const AUDIENCE = 'a'.repeat(64);
const ORIGIN = 'http://router.test';

type Signer = (claims: JWTPayload, header?: Record<string, string>) => Promise<string>;

interface SigningKey {
  jwk: Record<string, unknown>;
  sign: Signer;
}

async function newKey(kid: string): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' };
  return {
    jwk,
    sign: (claims, header = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid, ...header }).sign(privateKey),
  };
}

let teams = 0;

/** A team of its own for each test, so that nothing is known of its keys. */
export async function newTeam() {
  teams += 1;
  const domain = `https://team${teams}.cloudflareaccess.test`;
  const keys = [await newKey('first')];
  let isUp = true;
  const { seen } = playProvider(({ url }) => {
    if (url !== `${domain}/cdn-cgi/access/certs`) return new Response('elsewhere', { status: 404 });
    if (!isUp) throw new TypeError('connection refused');
    return Response.json({ keys: keys.map(({ jwk }) => jwk), public_cert: { kid: 'first', cert: '' } });
  });
  const claims = (email: string): JWTPayload => {
    const now = Math.floor(Date.now() / 1000);
    return { iss: domain, aud: [AUDIENCE], email, iat: now, nbf: now, exp: now + 3600, type: 'app', sub: 'subject' };
  };
  const newest = () => keys.at(-1)?.sign ?? Promise.reject.bind(Promise);
  return {
    domain,
    claims,
    /** How often the certificates were asked for. */
    asked: () => seen.length,
    publicKey: () => keys[0]?.jwk ?? {},
    variables: { ACCESS_TEAM_DOMAIN: domain, ACCESS_AUDIENCE: AUDIENCE, ADMIN_EMAILS: 'boss@example.com' },
    fail: () => {
      isUp = false;
    },
    recover: () => {
      isUp = true;
    },
    /** Signs with a new key from now on; the old one is still served. */
    async rotate(kid: string) {
      keys.push(await newKey(kid));
    },
    sign: (email: string, changes: JWTPayload = {}, header: Record<string, string> = {}) =>
      newest()({ ...claims(email), ...changes }, header),
  };
}

export type Team = Awaited<ReturnType<typeof newTeam>>;

/** Asks the Worker as it is with these variables. */
export async function askWith(
  variables: Record<string, string>,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const request = new Request(new URL(path, ORIGIN), { redirect: 'manual', ...init });
  return await app.fetch(request, { ...env, ...variables }, createExecutionContext());
}

/** Somebody whom the team lets through. */
export async function visitor(team: Team, email: string, variables: Record<string, string> = {}) {
  const token = await team.sign(email);
  const all = { ...team.variables, ...variables };
  const headers = { 'cf-access-jwt-assertion': token, origin: ORIGIN };
  const open = (path: string, more: Record<string, string> = {}) =>
    askWith(all, path, { headers: { ...headers, ...more } });
  return {
    open,
    read: async (path: string, more: Record<string, string> = {}) => (await open(path, more)).text(),
    send: (path: string, fields: Record<string, string> = {}, more: Record<string, string> = {}) =>
      askWith(all, path, { method: 'POST', body: new URLSearchParams(fields), headers: { ...headers, ...more } }),
  };
}

export type Visitor = Awaited<ReturnType<typeof visitor>>;
