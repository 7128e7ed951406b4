import { stripVTControlCharacters } from 'node:util';
import type { Place } from './place.ts';
import { placeFlags } from './wrangler.ts';

/** One line out of what wrangler said when it failed. */
function lineOf(stdout: string, stderr: string): string {
  try {
    const text: unknown = JSON.parse(stdout.slice(stdout.search(/^\{/m)))?.error?.text;
    if (typeof text === 'string') return text;
  } catch {
    // It was no JSON: the first line that says something is the best there is.
  }
  const line = `${stderr}\n${stdout}`
    .split('\n')
    .map((part) =>
      stripVTControlCharacters(part)
        .replace(/^.*\[ERROR\]\s*/, '')
        .trim(),
    )
    .find((part) => part !== '');
  return line ?? 'wrangler ended without a word';
}

/** Why a call of wrangler for the database failed, and what to do, on one line. */
export function databaseFailure(place: Place, said: { stdout: string; stderr: string }): string {
  const line = lineOf(said.stdout, said.stderr);
  if (place.remote) {
    if (/log ?in|CLOUDFLARE_API_TOKEN|authenticat/i.test(line)) {
      return 'Cloudflare has to know who asks. Log in first: npx wrangler login (or set CLOUDFLARE_API_TOKEN).';
    }
    if (/fetch failed|Unable to resolve/.test(line)) return 'Cloudflare could not be reached. Look at the network.';
    if (/Couldn't find an? .*D1 DB/.test(line)) {
      return 'The account has no such database yet. Deploy first: npm run deploy';
    }
  }
  const migrate = `npx wrangler d1 migrations apply DB ${placeFlags(place).join(' ')}`;
  const hint = /no such (table|column)/.test(line) ? ` Bring it up to date: ${migrate}` : '';
  return `The database refused: ${line.replace(/\.$/, '')}.${hint}`;
}
