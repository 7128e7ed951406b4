import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Page } from 'playwright-core';
import { freePort } from '../e2e/clone.ts';

const AUDIENCE = 'tests';

/** Cloudflare Access on this machine: it signs for whom a test says, and serves the key to check it with. */
export interface AccessDouble {
  /** What the router is told of it. */
  variables: Record<string, string>;
  /** What Access sends with a request of this person. */
  tokenOf(email: string): Promise<string>;
  /** Lets a browser in as this person. */
  signIn(page: Page, email: string): Promise<void>;
  close(): void;
}

export async function playAccess(admins: string): Promise<AccessDouble> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'tests', alg: 'RS256', use: 'sig' }];
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/cdn-cgi/access/certs' ? 200 : 404;
    response.end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  function tokenOf(email: string): Promise<string> {
    const signer = new SignJWT({ email }).setProtectedHeader({ alg: 'RS256', kid: 'tests' });
    return signer.setIssuer(issuer).setAudience(AUDIENCE).setIssuedAt().setExpirationTime('1h').sign(privateKey);
  }

  return {
    tokenOf,
    variables: { ACCESS_TEAM_DOMAIN: issuer, ACCESS_AUDIENCE: AUDIENCE, ADMIN_EMAILS: admins },
    async signIn(page, email) {
      const value = await tokenOf(email);
      await page.context().addCookies([{ name: 'CF_Authorization', value, domain: '127.0.0.1', path: '/' }]);
    },
    close: () => server.close(),
  };
}
