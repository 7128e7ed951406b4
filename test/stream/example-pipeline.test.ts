import { expect, it } from 'vitest';
import type { PipelineContext } from '../../src/pipelines/pipeline.ts';
import readme from '../../src/README.md?raw';
import { shoutingPipeline } from '../fixtures/example-pipeline.ts';
import source from '../fixtures/example-pipeline.ts?raw';
import { HAND_MADE_STREAMS } from '../support/streams.ts';
import { cutEvery, translateAll } from '../support/translate-all.ts';

const exchange: PipelineContext = {
  requestedModel: 'test/echo',
  display: 'think',
  provider: 'test',
  model: 'echo',
  thinks: true,
  wantsReasoning: false,
  repeatsCallIds: false,
  canDisableThinking: false,
  memory: null,
};

it("the README's pipeline works as shown, without a fast path of its own, however the bytes are cut", async () => {
  expect(readme).toContain(source.replaceAll('../../src/pipelines/', './'));
  const request = { model: 'test/echo', messages: [{ role: 'user', content: 'Hi' }] };
  const body = new TextEncoder().encode(HAND_MADE_STREAMS[0]?.body);
  for (const size of [1, 100, body.length]) {
    const conversation = await shoutingPipeline.open?.(request, exchange);
    const { text, isComplete } = translateAll(cutEvery(body, size), conversation?.step);
    expect(isComplete).toBe(true);
    expect(text).toContain('"content":"HELLO"');
    expect(text).toContain('"content":" WORLD"');
    expect(text).toContain('"reasoning_content":"We"');
  }
});
