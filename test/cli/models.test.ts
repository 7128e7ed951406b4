import { afterEach, describe, expect, test, vi } from 'vitest';
import { runHere } from './run-cli.ts';

afterEach(() => vi.useRealTimers());

/** `npm run models -- list` as it prints at an instant. */
async function listAt(time: string, env: Record<string, string> = {}): Promise<string> {
  vi.useFakeTimers({ now: new Date(time), toFake: ['Date'] });
  const { code, stdout, stderr } = await runHere(['models', 'list'], { MODELS_JSON: '', ...env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
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
});
