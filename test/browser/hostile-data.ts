import { requestId as newRequestId } from '../../src/protocol/request-id.ts';
import type { Router } from './router.ts';
import { insertRows, openDatabases } from './stores.ts';

/** If any page took it as markup, it would run, and leave a mark that can be seen. A name's length at most. */
export const MARKUP = `"'><img src=x onerror="planted=1"><script>planted=2</script>`;

/** Where every stored text is markup. */
export interface Hostile {
  keyId: string;
  requestId: string;
}

function hostileRow(keyId: string, requestId: string) {
  const now = new Date().toISOString();
  const texts = ['owner', 'purpose', 'provider', 'model', 'requested_model', 'end', 'source', 'price_revision'];
  const answers = ['finish_reason', 'vendor_finish_reason', 'error_code', 'colo'];
  return {
    ...Object.fromEntries([...texts, ...answers].map((column) => [column, MARKUP])),
    ...{ request_id: requestId, kind: 'settle', key_id: keyId, stream: 1, status: 500, attempts: 1 },
    ...{ input_tokens: 1, cached_tokens: 0, cache_write_tokens: 0, output_tokens: 1, reasoning_tokens: 0 },
    ...{ cost_nano_usd: 3_000_000_000, started_at: now, duration_ms: 5, day: now.slice(0, 10) },
    attempt_details: JSON.stringify([{ status: 500, code: MARKUP, ms: 1 }]),
  };
}

/**
 * A key, a user, a request, a change and a dead letter whose every text is markup, written into the files of a
 * router that is stopped: no form and no API takes such names.
 */
export function plantMarkup(router: Router): Hostile {
  const keyId = `key_${'0'.repeat(26)}`;
  const requestId = newRequestId(Date.now());
  for (const database of openDatabases(router)) {
    insertRows(database, [hostileRow(keyId, requestId)]);
    database.prepare('INSERT INTO users (name, created_at) VALUES (?, ?)').run(MARKUP, MARKUP);
    database
      .prepare(
        `INSERT INTO api_keys (id, owner, purpose, name, hash, prefix, last4, models, budget_day_usd)
         VALUES (?, ?, ?, ?, 'no hash', ?, ?, ?, 1.0)`,
      )
      .run(keyId, MARKUP, MARKUP, MARKUP, MARKUP, MARKUP, MARKUP);
    database
      .prepare("INSERT INTO audit (at, actor, action, target, details) VALUES (?, 'cli', ?, ?, ?)")
      .run(new Date().toISOString(), `key.${MARKUP}`, MARKUP, JSON.stringify({ [MARKUP]: MARKUP }));
    database.prepare("INSERT INTO dead_letters (id, body, reason) VALUES (?, '{}', ?)").run(MARKUP, MARKUP);
    database.close();
  }
  return { keyId, requestId };
}
