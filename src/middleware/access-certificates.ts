import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/*
 * The public keys that Cloudflare Access signs with. They are read once an isolate, and again when a text names one
 * that is not among them: Access changes its key every six weeks and goes on serving the one before for a week.
 * https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json/ (2026-11-28)
 */

/** A name that nobody knows makes us ask again at most this often, in ms: anyone can make names up. */
const ASK_AGAIN_AFTER = 60_000;
const TIMEOUT = 5_000;

/** Access's keys could not be read, so nobody can say who asks. */
export class CertificatesUnreachable extends Error {}

type KeySet = ReturnType<typeof createLocalJWKSet>;

interface Known {
  keys: KeySet;
  /** Ms since 1970; 0 where they were read once only. */
  askedAgainAt: number;
}

/** By team. A request never waits for another's reading: the runtime binds what is read to the request that reads. */
const knownOf = new Map<string, Known>();

async function readKeys(teamDomain: string): Promise<KeySet> {
  try {
    const response = await fetch(`${teamDomain}/cdn-cgi/access/certs`, {
      // What sends us elsewhere is not the team's own word.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (!response.ok) throw new Error(`${teamDomain} answered ${response.status}`);
    // Which throws where it is none.
    return createLocalJWKSet(await response.json<JSONWebKeySet>());
  } catch (cause) {
    throw new CertificatesUnreachable('The keys of Cloudflare Access cannot be read.', { cause });
  }
}

async function knownKeys(teamDomain: string): Promise<Known> {
  const known = knownOf.get(teamDomain);
  if (known !== undefined) return known;
  const read = { keys: await readKeys(teamDomain), askedAgainAt: 0 };
  knownOf.set(teamDomain, read);
  return read;
}

/** Finds the key that a text says it was signed with. Throws CertificatesUnreachable, or jose's error where there is none. */
export function certificatesOf(teamDomain: string): JWTVerifyGetKey {
  return async (header, token) => {
    const known = await knownKeys(teamDomain);
    try {
      return await known.keys(header, token);
    } catch (cause) {
      const now = Date.now();
      if (!(cause instanceof errors.JWKSNoMatchingKey) || now - known.askedAgainAt < ASK_AGAIN_AFTER) throw cause;
      // Before the reading, so that of many at once one asks. What is known stays where it fails.
      known.askedAgainAt = now;
      known.keys = await readKeys(teamDomain);
      return await known.keys(header, token);
    }
  };
}
