import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { holdFolder } from '../../src/cli/start-lock.ts';

let folder = '';
let file = '';

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'router-lock-')), 'state');
  file = join(folder, 'running.json');
});

afterEach(async () => {
  await rm(join(folder, '..'), { recursive: true, force: true });
});

/** What a start of this process id and port left behind. */
async function leave(pid: number | undefined, port: number): Promise<void> {
  await mkdir(folder);
  await writeFile(file, JSON.stringify({ pid, port }));
}

describe('a folder of local state', () => {
  test('is held by one start, and given back', async () => {
    const release = await holdFolder(folder, 8787);
    expect(existsSync(file)).toBe(true);
    await release();
    expect(existsSync(file)).toBe(false);
    await (await holdFolder(folder, 8787))();
  });

  test('is refused while the start that holds it lives', async () => {
    const starting = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)', 'src/cli/entry.mjs', 'start']);
    await once(starting, 'spawn');
    await leave(starting.pid, 8787);
    await expect(holdFolder(folder, 9000)).rejects.toThrow(/port 8787 already uses .*--persist-to/);
    starting.kill('SIGKILL');
    await once(starting, 'exit');
    await (await holdFolder(folder, 9000))();
  });

  test('is refused while a router answers, though who started it was killed', async () => {
    const server = createServer((_request, response) => response.end('{"status":"ok","version":"1","providers":[]}'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // it listens on a port
    await leave(spawnSync(process.execPath, ['-e', '']).pid, port);
    await expect(holdFolder(folder, 9000)).rejects.toThrow(`port ${port}`);
    server.closeAllConnections();
    server.close();
  });

  test.each([
    ['a start that was killed', () => spawnSync(process.execPath, ['-e', '']).pid],
    ['another program with the process id of a start', () => process.pid],
  ])('is taken over from %s', async (_whom, pidOf) => {
    await leave(pidOf(), 1);
    await (await holdFolder(folder, 9000))();
    expect(existsSync(file)).toBe(false);
  });
});
