import { afterEach, describe, expect, it, vi } from 'vitest';
import { makeKey } from '../support/keys.ts';
import { ask, type DoorName, FIRST, playRoute, SECOND, says, THIRD } from '../support/routes.ts';

/* A request's own list of models: `models`, beside `model` or in its place. */

afterEach(() => {
  vi.restoreAllMocks();
});

const broken = () => Response.json({ error: { message: 'no' } }, { status: 503 });

describe.each(['chat', 'messages', 'responses'] as const)('a request’s own list at the door %s', (door: DoorName) => {
  it('comes behind its model, and each name counts once', async () => {
    const { asked } = await playRoute({ zai: broken, moonshot: broken, deepseek: says('third') });
    const { row, said } = await ask({ door, models: [SECOND, FIRST, THIRD], body: { model: FIRST } });
    expect(said).toBe('third');
    expect(asked).toEqual(['zai', 'moonshot', 'deepseek']);
    expect(row.requestedModel).toBe(FIRST);
  });

  it.each([
    ['nine names', { models: Array.from({ length: 9 }, () => FIRST) }],
    ['eight beside a model', { model: FIRST, models: Array.from({ length: 8 }, () => SECOND) }],
    ['what is no list', { models: FIRST }],
    ['what is no name', { models: [FIRST, 7] }],
    ['an empty name', { models: [''] }],
  ])('is refused with %s', async (_name, body) => {
    await playRoute({});
    const { row, status, text } = await ask({ door, body });
    expect(status).toBe(400);
    expect(text).toContain('models');
    expect(row).toMatchObject({ end: 'rejected', errorCode: 'invalid_value' });
  });

  it('takes eight in all, and an empty list beside a model', async () => {
    await playRoute({ zai: says('ok') });
    const eight = Array.from({ length: 7 }, () => SECOND);
    expect(await ask({ door, models: eight, body: { model: FIRST } })).toMatchObject({ said: 'ok' });
    expect(await ask({ door, models: [], body: { model: FIRST } })).toMatchObject({ said: 'ok' });
  });

  it('without a model and without a name is a request without a model', async () => {
    await playRoute({});
    const { row, status } = await ask({ door, models: [] });
    expect([status, row.errorCode]).toEqual([400, 'missing_model']);
  });

  it('is served by what the key may use', async () => {
    const { asked } = await playRoute({ moonshot: says('ok') });
    const key = await makeKey({ models: 'moonshot/*' });
    expect(await ask({ door, key, models: [FIRST, SECOND, THIRD] })).toMatchObject({ said: 'ok' });
    expect(asked).toEqual(['moonshot']);
  });

  it('is a 403 where the key may use none of it', async () => {
    await playRoute({});
    const key = await makeKey({ models: 'moonshot/*' });
    const { row, status } = await ask({ door, key, models: [FIRST, 'no/such', THIRD] });
    expect([status, row.errorCode]).toEqual([403, 'model_not_allowed']);
  });

  it('is served past a name that nobody knows, and a 404 where none is known', async () => {
    await playRoute({ zai: says('ok') });
    expect(await ask({ door, models: ['no/such', FIRST] })).toMatchObject({ said: 'ok' });
    const { row, status } = await ask({ door, models: ['no/such', 'nor/this'] });
    expect([status, row.errorCode]).toEqual([404, 'model_not_found']);
  });

  it('reads no other kind of model', async () => {
    await playRoute({ zai: says('ok') });
    expect(await ask({ door, models: ['test/embed', FIRST] })).toMatchObject({ said: 'ok' });
    const { row, status } = await ask({ door, models: ['test/embed', 'zai/embedding-3'] });
    expect([status, row.errorCode]).toEqual([400, 'unsupported_model']);
  });
});
