import { parseArgs } from 'node:util';
import { randomFrom } from '../e2e/kill-load.ts';
import { failAtRandom } from './at-random.ts';
import { bothDown } from './both-down.ts';
import { editUnderLoad } from './edits.ts';
import { closeHouse, openHouse } from './house.ts';
import { goDown, limitOneKey } from './outage.ts';
import type { Part } from './part.ts';

const HELP = `Has providers fail under load and looks at what their clients see and what it costs (I14 of the promises).

  npm run test:faults                 about three minutes
  npm run test:faults -- --seed 7     the same choices again

The router runs as people run it, in wrangler dev, with two providers on sockets of this machine. Two fail one call in two
at random; one goes down and comes back; one of its keys is limited; both are down; the catalogue is edited all the while. Every answer is compared with what the
providers did and with the rows of the log. Exit 1 where one failed that could have been served, or is misbilled.
`;

const FAULTS_SHOWN = 12;

function report({ faults, figures, name }: Part): void {
  process.stdout.write(`${name}: ${faults.length === 0 ? 'ok' : 'FAILED'}\n`);
  for (const figure of figures) process.stdout.write(`  ${figure}\n`);
  for (const fault of faults.slice(0, FAULTS_SHOWN)) process.stdout.write(`  - ${fault}\n`);
  if (faults.length > FAULTS_SHOWN) process.stdout.write(`  - and ${faults.length - FAULTS_SHOWN} more\n`);
}

async function main(): Promise<number> {
  const options = { seed: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
  const { values } = parseArgs({ options });
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
  if (values.help || !Number.isSafeInteger(seed)) {
    process.stdout.write(HELP);
    return values.help ? 0 : 1;
  }
  process.stdout.write(`seed ${seed}\n`);
  const startedAt = Date.now();
  const random = randomFrom(seed);
  const house = await openHouse();
  let failed = 0;
  const parts = [failAtRandom, goDown, limitOneKey, bothDown, editUnderLoad];
  for (const part of parts) {
    const seen = await part(house, random);
    report(seen);
    if (seen.faults.length > 0) failed += 1;
  }
  await closeHouse(house);
  process.stdout.write(
    `${parts.length - failed} of ${parts.length} parts passed in ${Math.round((Date.now() - startedAt) / 1_000)} s.\n`,
  );
  return failed === 0 ? 0 : 1;
}

process.exit(await main());
