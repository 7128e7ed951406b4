import { causeOf } from '../protocol/cause-of.ts';
import { Mistake } from './mistake.ts';
import { note, say } from './print.ts';
import { OnlyStatements } from './remote-control.ts';

/** What can be asked for. Each takes its arguments and answers with an exit code, 0 where it says nothing. */
const COMMANDS: ReadonlyMap<string, () => Promise<{ run(args: string[]): Promise<number | undefined> }>> = new Map([
  ['start', () => import('./start.ts')],
  ['deploy', () => import('./deploy.ts')],
  ['keys', () => import('./keys.ts')],
  ['users', () => import('./users.ts')],
  ['teams', () => import('./teams.ts')],
  ['usage', () => import('./usage.ts')],
  ['ledger', () => import('./ledger.ts')],
  ['models', () => import('./models.ts')],
  ['providers', () => import('./providers.ts')],
  ['routes', () => import('./routes.ts')],
  ['doctor', () => import('./doctor.ts')],
]);

/** What went wrong at the bottom: the wrappers repeat whole statements. */
function deepestMessage(error: unknown): string {
  let current = error;
  while (current instanceof Error && current.cause instanceof Error) current = current.cause;
  return current instanceof Error ? current.message : String(current);
}

/** A statement on one line, ready to be run. */
function oneLine(statement: string): string {
  return `${statement.trim().replaceAll(/\s*\n\s*/g, ' ')};`;
}

async function dispatch(args: string[]): Promise<number> {
  const [noun = '', ...rest] = args;
  const load = COMMANDS.get(noun);
  if (load === undefined)
    throw new Mistake(`Say one of: ${[...COMMANDS.keys()].join(', ')}. For example: npm run keys -- --help`);
  const command = await load();
  return (await command.run(rest)) ?? 0;
}

/** Runs one command line to its exit code, and prints what came of it. */
export async function runCommand(args: string[]): Promise<number> {
  try {
    return await dispatch(args);
  } catch (error) {
    const printed = causeOf(error, OnlyStatements);
    if (printed !== null) {
      say(printed.statements.map(oneLine).join('\n'));
      return 0;
    }
    const message = causeOf(error, Mistake)?.message ?? deepestMessage(error);
    note(message.replaceAll(/\s*\n\s*/g, ' '));
    return 1;
  }
}
