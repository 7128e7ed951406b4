import { userNameSchema } from '../keys/limits.ts';
import { createUser, describeUser, getUser, listUsers, setUserStatus, type UserWithKeys } from '../store/users.ts';
import { check, noPositional, onlyPositional, readArguments } from './arguments.ts';
import { Mistake } from './mistake.ts';
import { note, say, sayJson, table, terminalWidth } from './print.ts';
import { openRemoteControl } from './remote-control.ts';
import { findRouter, refreshKeys } from './router.ts';
import { readTarget, TARGET_HELP, TARGET_OPTIONS, type Target } from './target.ts';

const HELP = `npm run users -- create NAME
npm run users -- list
npm run users -- show NAME
npm run users -- disable NAME    with all their keys
npm run users -- enable NAME
${TARGET_HELP}`;

function sayUser(target: Target, user: UserWithKeys): void {
  if (target.json) sayJson(describeUser(user));
  else say(`Name:    ${user.name}\nStatus:  ${user.status}\nKeys:    ${user.keys}\nCreated: ${user.createdAt}`);
}

function missing(name: string): Mistake {
  return new Mistake(`There is no user ${name}. See who there is: npm run users -- list`);
}

async function create(name: string, target: Target): Promise<void> {
  const { kind, user } = await createUser(openRemoteControl(target), name, 'cli');
  if (kind === 'exists') throw new Mistake(`The user ${name} is already there: npm run users -- show ${name}`);
  sayUser(target, user);
}

async function list(target: Target): Promise<void> {
  const { data, nextCursor } = await listUsers(openRemoteControl(target), { limit: 1000 });
  if (target.json) sayJson(data.map(describeUser));
  else if (data.length === 0) note('There are no users yet. Make one: npm run users -- create admin');
  else {
    const columns = [
      { title: 'NAME', flexible: true },
      { title: 'STATUS' },
      { title: 'KEYS', right: true },
      { title: 'CREATED' },
    ];
    const rows = data.map((user) => [user.name, user.status, String(user.keys), user.createdAt.slice(0, 10)]);
    say(table(columns, rows, terminalWidth()));
  }
  if (nextCursor !== null) note(`Only the first ${data.length} users are shown.`);
}

async function show(name: string, target: Target): Promise<void> {
  const user = await getUser(openRemoteControl(target), name);
  if (user === null) throw missing(name);
  sayUser(target, user);
}

async function setStatus(name: string, status: 'active' | 'disabled', target: Target): Promise<void> {
  const changed = await setUserStatus(openRemoteControl(target), name, status, 'cli');
  if (changed === null) throw missing(name);
  const effect = await refreshKeys(target, changed.keyIds);
  sayUser(target, changed.user);
  note(effect);
}

/** `npm run users`: the people who own keys. */
export async function run(args: string[]): Promise<number | undefined> {
  const { values, positionals } = readArguments(args, TARGET_OPTIONS);
  const [verb, ...rest] = positionals;
  if (values.help) {
    say(HELP);
    return 0;
  }
  const target = readTarget(values);
  // Told of a bad address before anything is changed.
  if (!target.sql) await findRouter(target);
  const name = () => check(userNameSchema, onlyPositional(rest, 'user', `npm run users -- ${verb} admin`), 'The name');
  switch (verb) {
    case 'create':
      await create(name(), target);
      return;
    case 'list':
      noPositional(rest);
      await list(target);
      return;
    case 'show':
      await show(name(), target);
      return;
    case 'disable':
      await setStatus(name(), 'disabled', target);
      return;
    case 'enable':
      await setStatus(name(), 'active', target);
      return;
    default:
      throw new Mistake('Say what to do: create, list, show, disable or enable. --help explains.');
  }
}
