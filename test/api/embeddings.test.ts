import { beforeAll, describe, expect, it } from 'vitest';
import { makeKey } from '../support/keys.ts';
import { playProvider } from '../support/provider.ts';
import { get, internal, openaiClient } from '../support/router.ts';

let secret = '';

beforeAll(async () => {
  ({ secret } = await makeKey());
});

function post(path: string, body: unknown): Promise<Response> {
  return get(`/api/v1${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
  });
}

async function rowOf(response: Response): Promise<Record<string, unknown>> {
  await get('/worker/settle', {
    method: 'POST',
    headers: { authorization: 'Bearer a-secret-for-tests-of-32-characters-or-more' },
  });
  const row = await internal(`/internal/logs/${response.headers.get('x-request-id')}`);
  return row.json();
}

describe("OpenAI's SDK at the test provider", () => {
  it('gets the same unit vectors for the same text, as base64 and as numbers', async () => {
    const client = openaiClient(secret);
    const input = ['Hello world', '你好', 'Hello world'];
    const packed = await client.embeddings.create({ model: 'test/embed', input });
    const plain = await client.embeddings.create({ model: 'test/embed', input, encoding_format: 'float' });
    expect(packed.data.map(({ embedding }) => embedding.length)).toEqual([8, 8, 8]);
    for (const [index, { embedding }] of plain.data.entries()) {
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
      const same = packed.data[index]?.embedding ?? [];
      for (const [place, value] of embedding.entries()) expect(same[place]).toBeCloseTo(value, 5);
    }
    expect(plain.data[0]?.embedding).toEqual(plain.data[2]?.embedding);
    expect(plain.data[0]?.embedding).not.toEqual(plain.data[1]?.embedding);
    expect(plain.usage).toEqual({ prompt_tokens: 5, total_tokens: 5 });
    const short = await client.embeddings.create({ model: 'test/embed', input: 'x', dimensions: 3 });
    expect(short.data[0]?.embedding).toHaveLength(3);
    const most = await client.embeddings.create({ model: 'test/embed', input: 'x', dimensions: 4_096 });
    expect(new Set(most.data[0]?.embedding).size).toBeGreaterThan(4_000);
  });
});

describe("Z.ai's embeddings", () => {
  it('are asked for as numbers, sorted, billed by what was reported, and logged with their door', async () => {
    const provider = playProvider(() =>
      Response.json({
        data: [
          { index: 1, embedding: [0, 1] },
          { index: 0, embedding: [1, 0] },
        ],
        usage: { prompt_tokens: 1_000, completion_tokens: 0, total_tokens: 1_000 },
      }),
    );
    const response = await post('/embeddings', {
      model: 'zai/embedding-3',
      input: ['a', 'b'],
      dimensions: 256,
      user: 'ana',
    });
    expect(await response.json()).toMatchObject({
      data: [
        { index: 0, embedding: [1, 0] },
        { index: 1, embedding: [0, 1] },
      ],
      model: 'zai/embedding-3',
    });
    expect(provider.seen[0]?.url).toMatch(/\/embeddings$/);
    expect(provider.seen[0]?.json).toEqual({ model: 'embedding-3', input: ['a', 'b'], dimensions: 256 });
    expect(response.headers.get('x-llm-cost-usd')).toBe('0.00007');
    expect(await rowOf(response)).toMatchObject({ endpoint: 'embeddings', input_tokens: 1_000, end: 'completed' });
    provider.restore();
  });

  it.each([
    ['a list of tokens', { input: [1, 2] }, 'input'],
    ['too many texts', { input: Array.from({ length: 65 }, () => 'a') }, 'input'],
    ['a length it does not make', { input: 'a', dimensions: 7 }, 'dimensions'],
    ['no input', {}, 'input'],
  ])('%s is refused before anybody is called', async (_what, body, param) => {
    const response = await post('/embeddings', { model: 'zai/embedding-3', ...body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { param } });
  });
});

it('more numbers than any model makes are refused before one is made', async () => {
  const response = await post('/embeddings', { model: 'test/embed', input: 'x', dimensions: 1_000_000_000 });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    error: { param: 'dimensions', message: expect.stringContaining('4096') },
  });
});

describe('the wrong door names the right one', () => {
  it.each([
    ['/chat/completions', { model: 'test/embed', messages: [{ role: 'user', content: 'Hi' }] }, '/embeddings'],
    ['/responses', { model: 'test/embed', input: 'Hi' }, '/embeddings'],
    ['/embeddings', { model: 'test/echo', input: 'Hi' }, '/chat/completions'],
  ])('%s', async (path, body, right) => {
    const response = await post(path, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { code: 'unsupported_model', param: 'model', message: expect.stringContaining(right) },
    });
  });
});
