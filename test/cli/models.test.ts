import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { executeOn, openMigrated } from './fake-wrangler.ts';
import { runHere } from './run-cli.ts';

const wrangler = vi.hoisted(() => ({ run: vi.fn() }));
vi.mock('../../src/cli/wrangler.ts', async (original) => ({
  ...(await original<object>()),
  runWrangler: wrangler.run,
}));

let database = openMigrated();

beforeEach(() => {
  database = openMigrated();
  wrangler.run.mockReset().mockImplementation(async (args: string[]) => executeOn(database, args));
});
afterEach(() => vi.useRealTimers());

/** `npm run models -- list` as it prints at an instant. */
async function listAt(time: string): Promise<string> {
  vi.useFakeTimers({ now: new Date(time), toFake: ['Date'] });
  const { code, stdout, stderr } = await runHere(['models', 'list']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^Through wrangler d1 execute: .*\n$/) });
  return stdout;
}

/** The row of a model, cell by cell. */
function rowOf(list: string, id: string): string[] {
  const line = list.split('\n').find((each) => each.startsWith(`${id} `)) ?? '';
  return line.split(/ {2,}/);
}

describe('npm run models -- list', () => {
  test('fits 100 columns, into a pipe too, and cuts no name', async () => {
    const list = await listAt('2026-11-28T12:00:00Z');
    expect(Math.max(...list.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(list).not.toContain('…');
    for (const name of ['moonshot/kimi-k2.7-code-highspeed', 'moonshot/kimi-k2-0905-preview', 'test/echo']) {
      expect(list).toContain(name);
    }
  });

  test('shows the prices that hold now, and those that hold at other hours', async () => {
    // A Saturday at noon, and a Monday morning in Beijing's working hours.
    const plain = await listAt('2026-11-28T12:00:00Z');
    const peak = await listAt('2026-11-30T02:00:00Z');
    const base = rowOf(plain, 'deepseek/deepseek-flash').slice(2, 5);
    const dear = rowOf(peak, 'deepseek/deepseek-flash').slice(2, 5);
    expect(dear).not.toEqual(base);
    expect(plain).toMatch(new RegExp(`deepseek/deepseek-flash, peak hours .*: ${dear.join(' / ')}\n`));
    expect(peak).toContain(`deepseek/deepseek-flash, at other hours: ${base.join(' / ')}\n`);
  });

  test('shows a price that is to come beside the one that holds', async () => {
    database.exec(`INSERT INTO prices (provider, model, valid_from, input, cached, output)
      VALUES ('zai', 'glm-5', '2026-06-01', 1, 0.5, 2), ('zai', 'glm-5', '2027-01-01T08:00:00Z', 3, 0.5, 4)`);
    const list = await listAt('2026-11-28T12:00:00Z');
    expect(rowOf(list, 'zai/glm-5').slice(2, 5)).toEqual(['1', '0.5', '2']);
    expect(list).toContain('zai/glm-5, from 2027-01-01T08:00:00Z: 3 / 0.5 / 4\n');
  });

  test('lists every model with its context and prices', async () => {
    const list = await listAt('2026-11-28T12:00:00Z');
    expect(list).toMatch(/^MODEL +CONTEXT +INPUT +CACHED +OUTPUT/);
    expect(list).toMatch(/moonshot\/kimi-k3 +1,048,576 +3 +0\.3 +15 /);
    expect(list).toContain('deepseek/deepseek-flash, peak hours (1-4 and 6-10 UTC on working days): 0.3 / 0.006 / 1.2');
  });
});
