import { beforeAll, describe, expect, it } from 'vitest';
import { MALFORMED_STREAMS, type MalformedStream } from '../fixtures/malformed-streams.ts';
import { makeKey } from '../support/keys.ts';
import { GRANULARITIES, playProvider, sse, streamOf } from '../support/provider.ts';
import { getDirectly } from '../support/router.ts';
import { type Heard, readWithAiSdk, readWithOpenAI } from '../support/stream-readers.ts';

/* No stream is read worse through us than straight from the provider: what a client can make sense of, it still can. */

const READERS = [
  ['openai', readWithOpenAI],
  ['the AI SDK', readWithAiSdk],
] as const;

const throughUs: typeof fetch = (input, init) => getDirectly(new URL(String(input)).pathname, init);

let secret = '';
let cursorSecret = '';

beforeAll(async () => {
  ({ secret } = await makeKey());
  ({ secret: cursorSecret } = await makeKey({ purpose: 'cursor', reasoning: 'hidden' }));
});

function expectedOf({ expected }: MalformedStream, heard: Heard): object {
  const calls = (expected.calls ?? []).map((call) => ({ id: expect.stringMatching(/\S/), ...call }));
  return {
    ...{ text: expected.text ?? '', calls, finishReason: expected.finishReason, error: null },
    reasoning: heard.reasoning === null ? null : (expected.reasoning ?? ''),
  };
}

describe.each(MALFORMED_STREAMS.map((stream) => [stream.name, stream] as const))(
  'a stream with %s',
  (_name, stream) => {
    it.each(READERS)('is read by %s as it is meant, however it is written', async (_reader, read) => {
      for (const granularity of GRANULARITIES) {
        const double = playProvider(() => streamOf(sse(stream.chunks), { granularity }));
        const heard = await read(throughUs, 'moonshot/kimi-k3', secret);
        expect(heard, granularity).toEqual(expectedOf(stream, heard));
        expect(new Set(heard.calls.map(({ id }) => id)).size).toBe(heard.calls.length);
        double.restore();
      }
    });

    it('is shown to Cursor the same', async () => {
      playProvider(() => streamOf(sse(stream.chunks)));
      const heard = await readWithOpenAI(throughUs, 'moonshot/kimi-k3', cursorSecret);
      expect(heard).toEqual(expectedOf(stream, heard));
    });
  },
);
