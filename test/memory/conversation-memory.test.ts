import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import { openMemory } from '../../src/memory/client.ts';
import type { TurnKey } from '../../src/pipelines/pipeline.ts';

const DAY_MS = 86_400_000;
let keys = 0;

/** A key of its own for each test. */
function newKey(): string {
  keys += 1;
  return `key-of-memory-test-${keys}`;
}

let requests = 0;

/** One exchange of a key, later than those before; `done` waits until all it remembered is written. */
function exchange(keyId: string, model = 'deepseek/thinker') {
  const jobs: Promise<unknown>[] = [];
  requests += 1;
  const memory = openMemory(env, keyId, model, `req_${String(requests).padStart(5, '0')}`, (_name, job) =>
    jobs.push(job),
  );
  return { ...memory, done: () => Promise.all(jobs) };
}

async function remember(keyId: string, key: TurnKey, reasoning: string, model?: string): Promise<void> {
  const { remember: write, done } = exchange(keyId, model);
  write(0, key, reasoning);
  await done();
}

test('a turn is found by its calls and by itself, and survives the end of the object', async () => {
  const keyId = newKey();
  await remember(keyId, { calls: 'c', turn: 't' }, 'why \ud83d\ude00 \ud83d \u0000 <think>');
  await evictDurableObject(env.CONVERSATION_MEMORY.getByName(keyId));
  const found = await exchange(keyId).recall([
    { calls: 'c', turn: 'other' },
    { calls: null, turn: 't' },
    { calls: 'other', turn: 'other' },
    { calls: null, turn: 'other' },
  ]);
  expect(found).toEqual([
    'why \ud83d\ude00 \ud83d \u0000 <think>',
    'why \ud83d\ude00 \ud83d \u0000 <think>',
    null,
    null,
  ]);
});

test('a turn is known before it is written, and of several that come at once under one id one is written', async () => {
  const stub = env.CONVERSATION_MEMORY.getByName(newKey());
  await runInDurableObject(stub, async (memory, { storage: { sql } }) => {
    const rows = () => sql.exec('SELECT reasoning FROM turns').toArray();
    const turn = { id: 'req_1:0', model: 'm', key: { calls: null, turn: 't' } };
    const writing = ['one', 'two', 'three'].map((reasoning) => memory.remember({ ...turn, reasoning }));
    expect(rows()).toEqual([]);
    expect(memory.recall('m', [turn.key])).toEqual(['three']);
    const again = memory.remember({ ...turn, reasoning: 'four' });
    await Promise.all([...writing, again]);
    expect(rows()).toEqual([{ reasoning: '"four"' }]);
  });
  await evictDurableObject(stub);
  expect(await stub.recall('m', [{ calls: null, turn: 't' }])).toEqual(['four']);
});

test('of several turns with the same ids the one with the same text is meant, else the newest', async () => {
  const keyId = newKey();
  await remember(keyId, { calls: 'c', turn: 't1' }, 'first');
  await remember(keyId, { calls: 'c', turn: 't2' }, 'second');
  await remember(keyId, { calls: null, turn: 't3' }, '');
  const found = await exchange(keyId).recall([
    { calls: 'c', turn: 't1' },
    { calls: 'c', turn: 't2' },
    { calls: 'c', turn: 't9' },
    { calls: 'c9', turn: 't1' },
    { calls: null, turn: 't3' },
  ]);
  expect(found).toEqual(['first', 'second', 'second', 'first', '']);
});

test('of two turns that are alike the newer request counts, even if the older one ends later, as after Stop', async () => {
  const keyId = newKey();
  const turn = { calls: 'c', turn: 't' };
  const stopped = exchange(keyId);
  await remember(keyId, turn, 'the second try');
  stopped.remember(0, turn, 'the one that was stopped');
  await stopped.done();
  expect(await exchange(keyId).recall([turn, { calls: 'c', turn: 'other' }])).toEqual([
    'the second try',
    'the second try',
  ]);
});

test('a turn that is remembered again replaces what its answer said before, choice by choice', async () => {
  const keyId = newKey();
  const { remember: write, done } = exchange(keyId);
  write(0, { calls: 'c1', turn: 'early' }, 'beg');
  write(1, { calls: 'd', turn: 'd' }, 'other choice');
  write(0, { calls: 'c1 c2', turn: 'whole' }, 'beginning');
  await done();
  const found = await exchange(keyId).recall([
    { calls: 'c1', turn: 'early' },
    { calls: 'c1 c2', turn: 'whole' },
    { calls: 'd', turn: 'd' },
  ]);
  expect(found).toEqual([null, 'beginning', 'other choice']);
});

test('keys and models never see what others said', async () => {
  const keyId = newKey();
  const turn = { calls: 'c', turn: 't' };
  await remember(keyId, turn, 'mine');
  await remember(keyId, turn, "the other model's", 'moonshot/thinker');
  expect(await exchange(newKey()).recall([turn])).toEqual([null]);
  expect(await exchange(keyId).recall([turn])).toEqual(['mine']);
  expect(await exchange(keyId, 'moonshot/thinker').recall([turn])).toEqual(["the other model's"]);
});

test('turns are kept for seven days, and the alarm goes when nothing is left', async () => {
  const keyId = newKey();
  const object = env.CONVERSATION_MEMORY.getByName(keyId);
  await remember(keyId, { calls: null, turn: 'old' }, 'old');
  await remember(keyId, { calls: null, turn: 'new' }, 'new');
  const age = (turn: string, days: number) =>
    runInDurableObject(object, (_instance, state) => {
      state.storage.sql.exec('UPDATE turns SET written_at = ? WHERE turn = ?', Date.now() - days * DAY_MS, turn);
    });
  await age('old', 7.1);
  await age('new', 6.9);
  expect(await runDurableObjectAlarm(object)).toBe(true);
  expect(
    await exchange(keyId).recall([
      { calls: null, turn: 'old' },
      { calls: null, turn: 'new' },
    ]),
  ).toEqual([null, 'new']);
  await age('new', 8);
  expect(await runDurableObjectAlarm(object)).toBe(true);
  expect(await runDurableObjectAlarm(object)).toBe(false);
  await remember(keyId, { calls: null, turn: 'again' }, 'again');
  expect(await runDurableObjectAlarm(object)).toBe(true);
});

test('an alarm that fails is set again', async () => {
  const keyId = newKey();
  const object = env.CONVERSATION_MEMORY.getByName(keyId);
  const silence = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  await remember(keyId, { calls: null, turn: 't' }, 'text');
  await runInDurableObject(object, (_instance, state) => {
    state.storage.sql.exec('DROP TABLE turns');
  });
  expect(await runDurableObjectAlarm(object)).toBe(true);
  expect(await runInDurableObject(object, (_instance, state) => state.storage.getAlarm())).not.toBeNull();
  expect(silence).toHaveBeenCalledWith(expect.stringContaining('memory_prune_failed'));
  silence.mockRestore();
});

test('a key keeps a limited amount, the newest; a text too long for a row is not kept in part', async () => {
  const keyId = newKey();
  const { remember: write, done } = exchange(keyId);
  write(0, { calls: null, turn: 'too long' }, 'x'.repeat(600_001));
  for (let choice = 1; choice <= 60; choice += 1)
    write(choice, { calls: null, turn: `t${choice}` }, '中'.repeat(599_000));
  await done();
  const found = await exchange(keyId).recall([
    { calls: null, turn: 'too long' },
    { calls: null, turn: 't1' },
  ]);
  expect(found).toEqual([null, null]);
  const [newest] = await exchange(keyId).recall([{ calls: null, turn: 't60' }]);
  expect(newest).toHaveLength(599_000);
  const size = await runInDurableObject(env.CONVERSATION_MEMORY.getByName(keyId), (_instance, state) =>
    Number(state.storage.sql.exec('SELECT sum(size) AS size FROM turns').one()['size']),
  );
  expect(size).toBeLessThanOrEqual(32_000_000);
  expect(size).toBeGreaterThan(25_000_000);
  await remember(keyId, { calls: null, turn: 'short' }, '');
  const [short] = await runInDurableObject(env.CONVERSATION_MEMORY.getByName(keyId), (_instance, state) =>
    state.storage.sql.exec("SELECT size FROM turns WHERE turn = 'short'").toArray(),
  );
  // What stands beside the reasoning counts too, or turns without any would have no limit.
  expect(short?.['size']).toBeGreaterThan(100);
  // It writes 36 MB, which a busy machine takes its time for.
}, 30_000);

test('a memory that is silent or broken holds a request up for a second at most, and fails nothing', async () => {
  const silence = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const turns = [{ calls: null, turn: 't' }];
  const answering = (recall: () => Promise<unknown>) => {
    // Only the two methods that the client calls stand behind the name.
    const binding = { getByName: () => ({ recall, remember: recall }) } as unknown as typeof env.CONVERSATION_MEMORY;
    return openMemory({ CONVERSATION_MEMORY: binding }, 'key', 'm', 'req_1', () => undefined);
  };
  const started = Date.now();
  expect(await answering(() => new Promise(() => undefined)).recall(turns)).toEqual([null]);
  expect(Date.now() - started).toBeLessThan(1500);
  expect(await answering(() => Promise.reject(new Error('gone'))).recall(turns)).toEqual([null]);
  expect(silence).toHaveBeenCalledWith(expect.stringContaining('memory_recall_failed'));
  silence.mockRestore();
});

test('a turn with calls costs few rows: the README counts them', async () => {
  const keyId = newKey();
  const object = env.CONVERSATION_MEMORY.getByName(keyId);
  await remember(keyId, { calls: null, turn: 'first' }, 'the object is awake, its alarm set');
  const rows = await runInDurableObject(object, async (instance, state) => {
    const counted = { read: 0, written: 0 };
    const exec = state.storage.sql.exec.bind(state.storage.sql);
    const spy = vi.spyOn(Object.getPrototypeOf(state.storage.sql), 'exec').mockImplementation((query, ...values) => {
      const cursor = exec(String(query), ...values);
      const rows = cursor.toArray();
      counted.read += cursor.rowsRead;
      counted.written += cursor.rowsWritten;
      return { toArray: () => rows, one: () => rows[0], [Symbol.iterator]: () => rows[Symbol.iterator]() };
    });
    const turn = { id: 'a', model: 'm', reasoning: 'why' };
    instance.recall('m', [{ calls: 'c', turn: 't' }]);
    await instance.remember({ ...turn, key: { calls: 'c', turn: 'early' } });
    await instance.remember({ ...turn, key: { calls: 'c', turn: 't' } });
    const answered = { ...counted };
    exec('UPDATE turns SET written_at = 0 WHERE id = ?', turn.id);
    await instance.alarm();
    spy.mockRestore();
    return { answered, forgotten: counted.written - answered.written };
  });
  // Two writes, each of a row and its two index entries.
  expect(rows.answered.written).toBe(6);
  // The asked turn counts twice: it is looked for by its calls, and then by itself.
  expect(rows.answered.read).toBeLessThanOrEqual(5);
  expect(rows.forgotten).toBe(1);
});
