import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { errors, jwtVerify } from 'jose';
import type { Access } from '../config.ts';
import { logFault } from '../log-line.ts';
import { emailOf } from '../protocol/email.ts';
import { CertificatesUnreachable, certificatesOf } from './access-certificates.ts';
import type { AppEnv, Person } from './app-env.ts';

/*
 * Who sits at the browser, as Cloudflare Access says. Access puts a signed text into each request that it lets through;
 * a request that went around it has none. So the text is what counts, and not that a request has arrived here.
 */

/** Where Access forgets who signed in, on every site that it protects. */
export const ACCESS_SIGN_OUT = '/cdn-cgi/access/logout';

/** Who asks; `unreachable` where there is a text that nobody can check just now. */
export type Asker = { kind: 'person'; person: Person } | { kind: 'nobody' } | { kind: 'unreachable' };

function isAdmin(email: string, { adminEmails }: Access): boolean {
  return adminEmails.some((admin) => (admin.startsWith('*') ? email.endsWith(admin.slice(1)) : email === admin));
}

/** The person of a signed text; null for a text that is not good, and for a program's, which has no address. */
async function personOf(token: string, access: Access): Promise<Person | null> {
  try {
    const { payload } = await jwtVerify(token, certificatesOf(access.teamDomain), {
      issuer: access.teamDomain,
      audience: [...access.audience],
      algorithms: ['RS256'],
      requiredClaims: ['exp'],
    });
    const { email: claim } = payload;
    const email = typeof claim === 'string' ? emailOf(claim) : null;
    return email === null ? null : { email, isAdmin: isAdmin(email, access) };
  } catch (cause) {
    if (cause instanceof errors.JOSEError) return null;
    throw cause;
  }
}

/** Reads who asks, from the header that Access sets or from its cookie. */
export async function readAsker<E extends AppEnv>(c: Context<E>): Promise<Asker> {
  const { access } = c.get('config');
  if (access === null) return { kind: 'nobody' };
  try {
    for (const token of [c.req.header('cf-access-jwt-assertion'), getCookie(c, 'CF_Authorization')]) {
      const person = token ? await personOf(token, access) : null;
      if (person !== null) return { kind: 'person', person };
    }
    return { kind: 'nobody' };
  } catch (cause) {
    if (!(cause instanceof CertificatesUnreachable)) throw cause;
    logFault('access_unreachable', cause, { request_id: c.get('requestId') });
    return { kind: 'unreachable' };
  }
}
