import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { routerWith } from '../support/impatient-router.ts';
import { makeKey, mistyped } from '../support/keys.ts';
import { playProvider, sse, streamOf } from '../support/provider.ts';
import { SECRET as INTERNAL_SECRET, internal } from '../support/router.ts';
import { asked, completion, delta, usage } from './asking.ts';

let provider: ReturnType<typeof playProvider> | null = null;
afterEach(() => {
  vi.restoreAllMocks();
});

describe('what is never written down', () => {
  it('I11 whole keys, provider keys and prompts, in rows, messages, log lines and errors', {
    timeout: 20_000,
  }, async () => {
    const lines: string[] = [];
    for (const level of ['log', 'error', 'warn', 'info'] as const) {
      vi.spyOn(console, level).mockImplementation(
        (...words: unknown[]) => void lines.push(words.map(String).join(' ')),
      );
    }
    const { key, secret } = await makeKey({ budgetDayUsd: 1 });
    const open = await makeKey();
    const prompt = 'the-secret-of-the-prompt';
    const body = { messages: [{ role: 'user', content: prompt }], user: prompt };
    const answers = [
      () => completion(),
      () => streamOf(sse(chunksWith(prompt))),
      () => streamOf(sse([delta(prompt)], false), { breakOff: true }),
      () => Response.json({ error: { message: 'bad key vendor-key-deepseek', code: 'x' } }, { status: 401 }),
      () => Response.json({ error: { message: 'not for vendor-key-deepseek', code: 'x' } }, { status: 400 }),
      () => new Response(`<html>${prompt} vendor-key-deepseek</html>`, { status: 500 }),
    ];
    const tables = () =>
      runInDurableObject(env.KEY_LEDGER.getByName(key.id), (_instance, { storage }) =>
        ['requests', 'policy', 'conflicts', 'marks', 'spend'].flatMap((table) => [
          ...storage.sql.exec(`SELECT * FROM ${table}`),
        ]),
      );
    const running: unknown[] = [];
    provider = playProvider(async () => {
      const answer = answers[provider?.seen.length ? (provider.seen.length - 1) % answers.length : 0];
      if (running.length === 0) running.push(...(await tables()));
      return answer?.() ?? completion();
    });
    const sent: unknown[] = [];
    const LOG_QUEUE = { send: async (message: unknown) => void sent.push(message) };
    const dead = () => Promise.reject(new Error(`no way: ${prompt}`));
    const KEY_LEDGER = { getByName: () => ({ begin: dead, settle: dead, checkpoint: dead }) };
    const routers = [
      { router: routerWith({ DEBUG: 'true' }), own: secret },
      { router: routerWith({ DEBUG: 'true', LOG_QUEUE, KEY_LEDGER }), own: open.secret },
      { router: routerWith({ LOG_QUEUE: { send: dead }, KEY_LEDGER }), own: open.secret },
    ];
    const errors: string[] = [];
    for (const { router, own } of routers) {
      const plain = [false, true, true, false, true, false].map((stream) => asked(own, { ...body, stream }));
      const refused = [asked(own, { ...body, model: 'no/such' }), asked(mistyped(own), body)];
      const asking = [...plain, ...refused].map(async (request) => {
        const response = await router.fetch(...request);
        const text = await response.text().catch(() => '');
        if (response.status !== 200) errors.push(text);
      });
      await Promise.all(asking);
      await router.settled();
    }
    const thrown = () => {
      throw new Error(`no way: ${prompt}`);
    };
    const headers = { authorization: `Bearer ${INTERNAL_SECRET}` };
    const silent = routerWith({ KEY_LEDGER: { getByName: () => ({ sums: dead }) } });
    const failing = routerWith({ DB: { prepare: thrown, batch: dead } });
    for (const [router, status] of [[silent, 503] as const, [failing, 500] as const]) {
      const fault = await router.fetch('http://router.test/internal/ledger/check', { headers });
      expect(fault.status).toBe(status);
      errors.push(await fault.text());
    }
    const rows = await tables();
    expect(JSON.stringify(running)).toContain('keyHash');
    await internal('/worker/settle', { method: 'POST' });
    const { results } = await env.DB.prepare('SELECT * FROM request_logs WHERE key_id IN (?, ?)')
      .bind(key.id, open.key.id)
      .all();
    expect(rows.length).toBeGreaterThan(5);
    expect(results.length).toBeGreaterThan(5);
    expect(sent.length).toBeGreaterThan(5);
    expect(lines.length).toBeGreaterThan(5);
    expect(lines.join('\n')).toContain('job_failed');
    for (const [place, text] of Object.entries({ running, rows, sent, results, lines, errors })) {
      const all = JSON.stringify(text);
      for (const hidden of [prompt, secret, open.secret, 'vendor-key-deepseek']) {
        expect(all.includes(hidden), `${hidden.slice(0, 12)}… in ${place}`).toBe(false);
      }
    }
  });

  function chunksWith(text: string): unknown[] {
    return [delta(text), delta('', 'stop', { usage })];
  }
});
