import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { KeyLedger } from '../../src/ledger/key-ledger.ts';
import { routerWith } from '../support/impatient-router.ts';
import { makeKey } from '../support/keys.ts';
import { ledgerRow } from '../support/ledger-row.ts';
import { playProvider, sse, streamOf } from '../support/provider.ts';
import { asked, completion, delta, pause, usage } from './asking.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the bill', () => {
  async function billOf(reply: () => Response, stream: boolean) {
    const { key, secret } = await makeKey();
    playProvider(reply);
    const router = routerWith({});
    const response = await router.fetch(...asked(secret, { stream }));
    await response.text();
    await router.settled();
    return ledgerRow(key.id, response);
  }
  const zero = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };

  it.each([false, true])(
    'I12 reported zeros cost zero, and no numbers at all are an estimate that says so (stream: %s)',
    async (stream) => {
      const reply = (more: object) => () =>
        stream ? streamOf(sse([delta('four words are here'), delta('', 'stop', more)])) : completion(more);
      expect(await billOf(reply({ usage: zero }), stream)).toMatchObject({ source: 'reported', costNanoUsd: 0 });
      const estimated = await billOf(reply({}), stream);
      expect(estimated).toMatchObject({ source: 'estimated' });
      expect(estimated?.costNanoUsd).toBeGreaterThan(0);
      expect(estimated?.usage.inputTokens).toBeGreaterThan(0);
      expect(estimated?.usage.outputTokens).toBeGreaterThan(0);
    },
  );

  it.each([false, true])('I5 an answer that ends well has been settled before its end (stream: %s)', async (stream) => {
    const { key, secret } = await makeKey();
    const chunks = [delta('ok'), delta('', 'stop', { usage })];
    playProvider(() => (stream ? streamOf(sse(chunks)) : completion()));
    const stub = env.KEY_LEDGER.getByName(key.id);
    let isSettled = false;
    const settle = async (...args: Parameters<KeyLedger['settle']>) => {
      await pause(200);
      const answer = await stub.settle(...args);
      isSettled = true;
      return answer;
    };
    const begin = async (...args: Parameters<KeyLedger['begin']>) => stub.begin(...args);
    const router = routerWith({ KEY_LEDGER: { getByName: () => ({ begin, settle }) } });
    const text = await (await router.fetch(...asked(secret, { stream }))).text();
    expect(text).toContain(stream ? '[DONE]' : '"ok"');
    expect(isSettled).toBe(true);
  });

  it('I12 the text of an error is no output', async () => {
    const error = { error: { message: 'overloaded '.repeat(500), code: 'overloaded' } };
    const broken = await billOf(() => streamOf(sse([delta('abcd'), error], false)), true);
    expect(broken).toMatchObject({ end: 'upstream_failed', source: 'estimated', usage: { outputTokens: 1 } });
    const refused = await billOf(() => streamOf(sse([error], false)), true);
    expect(refused).toMatchObject({ end: 'upstream_failed', source: 'none', costNanoUsd: 0 });
    const failed = await billOf(() => Response.json(error, { status: 400 }), false);
    expect(failed).toMatchObject({ end: 'upstream_failed', source: 'none', costNanoUsd: 0, usage: { inputTokens: 0 } });
  });
});
