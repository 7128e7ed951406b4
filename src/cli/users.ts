import { userNameSchema } from '../keys/limits.ts';
import { check, noPositional, onlyPositional, readArguments } from './arguments.ts';
import { Mistake } from './mistake.ts';
import { openWay } from './open-way.ts';
import { PLACE_HELP, PLACE_OPTIONS, type Place, readPlace } from './place.ts';
import { note, say, sayJson, table, terminalWidth } from './print.ts';
import type { ShownUser, Way } from './way.ts';

const HELP = `npm run users -- create NAME
npm run users -- list
npm run users -- show NAME
npm run users -- disable NAME    with all their keys
npm run users -- enable NAME
${PLACE_HELP}`;

function sayUser(place: Place, way: Way, user: ShownUser): void {
  if (place.json) sayJson(user);
  else say(`Name:    ${user.name}\nStatus:  ${user.status}\nKeys:    ${user.keys}\nCreated: ${user.created_at}`);
  if (way.sentence !== null) note(way.sentence);
}

async function create(name: string, place: Place): Promise<void> {
  const way = await openWay(place);
  sayUser(place, way, await way.makeUser(name));
}

async function list(place: Place): Promise<void> {
  const way = await openWay(place);
  const { data, isAll } = await way.listUsers();
  if (place.json) sayJson(data);
  else if (data.length === 0) note('There are no users yet. Make one: npm run users -- create admin');
  else {
    const columns = [
      { title: 'NAME', flexible: true },
      { title: 'STATUS' },
      { title: 'KEYS', right: true },
      { title: 'CREATED' },
    ];
    const rows = data.map((user) => [user.name, user.status, String(user.keys), user.created_at.slice(0, 10)]);
    say(table(columns, rows, terminalWidth()));
  }
  if (!isAll) note(`Only the first ${data.length} users are shown.`);
  if (way.sentence !== null) note(way.sentence);
}

async function show(name: string, place: Place): Promise<void> {
  const way = await openWay(place);
  sayUser(place, way, await way.getUser(name));
}

async function setStatus(name: string, status: 'active' | 'disabled', place: Place): Promise<void> {
  const way = await openWay(place);
  const { shown, isAtOnce } = await way.setUserStatus(name, status);
  note(isAtOnce ? 'It holds from the next request on.' : 'It holds within 60 s.');
  sayUser(place, way, shown);
}

/** `npm run users`: the people who own keys. */
export async function run(args: string[]): Promise<number | undefined> {
  const { values, positionals } = readArguments(args, PLACE_OPTIONS);
  const [verb, ...rest] = positionals;
  if (values.help) {
    say(HELP);
    return 0;
  }
  const place = readPlace(values);
  const name = () => check(userNameSchema, onlyPositional(rest, 'user', `npm run users -- ${verb} admin`), 'The name');
  switch (verb) {
    case 'create':
      await create(name(), place);
      return;
    case 'list':
      noPositional(rest);
      await list(place);
      return;
    case 'show':
      await show(name(), place);
      return;
    case 'disable':
      await setStatus(name(), 'disabled', place);
      return;
    case 'enable':
      await setStatus(name(), 'active', place);
      return;
    default:
      throw new Mistake('Say what to do: create, list, show, disable or enable. --help explains.');
  }
}
