import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Child, makeDirectory, startChild } from './children.ts';
import { readMachine } from './machine.ts';
import { FULL, QUICK } from './measures.ts';
import { runPeers } from './peers.ts';
import { printReport } from './report.ts';
import { runBench } from './run.ts';
import { prepareTargets } from './targets.ts';

const HELP = `Measures what the router costs on the runtime that it is deployed to, against bare Workers and no router.

  npm run bench                 the whole bench, about four minutes
  npm run bench -- --quick      fewer rounds, about one minute
  npm run bench -- --json       the figures as JSON, for each round
  npm run bench -- --peers      beside Portkey's gateway, which is installed outside of the project
`;

async function providerPort(provider: Child): Promise<number> {
  return await new Promise((resolve, reject) => {
    provider.process.once('message', (port) => resolve(Number(port)));
    provider.process.once('exit', () => reject(new Error(`The provider double ended.\n${provider.said()}`)));
  });
}

async function main(): Promise<void> {
  const options = {
    quick: { type: 'boolean' },
    json: { type: 'boolean' },
    peers: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  const { values } = parseArgs({ options });
  if (values.help) return void process.stdout.write(HELP);
  if (process.platform !== 'linux') {
    throw new Error('The bench needs Linux: it reads CPU time and memory of the runtime from /proc.');
  }
  const machine = readMachine();
  const startedAt = Date.now();
  const progress = (stage: string) => {
    process.stderr.write(`${((Date.now() - startedAt) / 1_000).toFixed(0).padStart(4)} s  ${stage}\n`);
  };
  progress('building');
  const provider = startChild(process.execPath, [fileURLToPath(new URL('provider.ts', import.meta.url))], ['ipc']);
  const port = await providerPort(provider);
  const targets = await prepareTargets(`http://127.0.0.1:${port}`, makeDirectory());
  if (values.peers) {
    process.stdout.write(`\n${await runPeers(targets, `http://127.0.0.1:${port}`, progress)}\n`);
    return;
  }
  const results = await runBench(targets, port, values.quick ? QUICK : FULL, progress);
  const seconds = (Date.now() - startedAt) / 1_000;
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ machine, seconds, results }, null, 2)}\n`
      : `\n${printReport(results, machine, seconds)}\n`,
  );
}

try {
  await main();
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
