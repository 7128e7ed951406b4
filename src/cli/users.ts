import { type UserValues, userNameSchema } from '../keys/limits.ts';
import { check, noPositional, onlyPositional, readArguments } from './arguments.ts';
import { BUDGET_OPTIONS, readUserSettings } from './key-settings.ts';
import { budgetWords } from './key-table.ts';
import { Mistake } from './mistake.ts';
import { openWay } from './open-way.ts';
import { noteChange, noteWay, sayShown } from './outcome.ts';
import { PLACE_HELP, PLACE_OPTIONS, type Place, readPlace } from './place.ts';
import { note, say, sayJson, table, terminalWidth } from './print.ts';
import type { ShownUser } from './way.ts';

const HELP = `npm run users -- create NAME
npm run users -- list
npm run users -- show NAME
npm run users -- set NAME [--team T] [--email ADDRESS] [--budget-month USD]
npm run users -- disable NAME    with all their keys
npm run users -- enable NAME

Settings:
  --team T             the team that the user is in; "none" for no team
  --email ADDRESS      who signs in as this user with Cloudflare Access; "none" for nobody
  --budget-day USD     money a day, over all their keys; also --budget-week, --budget-month, --budget-total
${PLACE_HELP}`;

const OPTIONS = { ...PLACE_OPTIONS, team: { type: 'string' }, email: { type: 'string' }, ...BUDGET_OPTIONS } as const;

function sayUser(place: Place, user: ShownUser): void {
  const lines = [
    `Name:    ${user.name}`,
    `Status:  ${user.status}`,
    `E-mail:  ${user.email ?? 'none'}`,
    `Team:    ${user.team ?? 'none'}`,
    `Budgets: ${budgetWords(user)}`,
    `Keys:    ${user.keys}`,
    `Created: ${user.created_at}`,
  ];
  sayShown(place, user, lines.join('\n'));
}

async function create(name: string, place: Place): Promise<void> {
  const way = await openWay(place);
  sayUser(place, await way.makeUser(name));
  noteWay(way);
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
      { title: 'TEAM', flexible: true },
      { title: 'BUDGETS', flexible: true },
      { title: 'CREATED', spare: true },
    ];
    const rows = data.map((user) => [
      user.name,
      user.status,
      String(user.keys),
      user.team ?? '',
      budgetWords(user),
      user.created_at.slice(0, 10),
    ]);
    say(table(columns, rows, terminalWidth()));
  }
  if (!isAll) note(`Only the first ${data.length} users are shown.`);
  noteWay(way);
}

async function show(name: string, place: Place): Promise<void> {
  const way = await openWay(place);
  sayUser(place, await way.getUser(name));
  noteWay(way);
}

async function change(name: string, what: UserValues & { status?: 'active' | 'disabled' }, place: Place) {
  const way = await openWay(place);
  const { shown, isAtOnce } = await way.changeUser(name, what);
  sayUser(place, shown);
  noteChange(way, isAtOnce);
}

/** `npm run users`: the people who own keys. */
export async function run(args: string[]): Promise<number | undefined> {
  const { values, positionals } = readArguments(args, OPTIONS);
  const [verb, ...rest] = positionals;
  if (values.help) {
    say(HELP);
    return 0;
  }
  const place = readPlace(values);
  const name = () => check(userNameSchema, onlyPositional(rest, 'user', `npm run users -- ${verb} admin`), 'The name');
  const settings = readUserSettings(values);
  const isSet = Object.values(settings).some((value) => value !== undefined);
  if (isSet && verb !== 'set')
    throw new Mistake('Team, e-mail and budgets are set with: npm run users -- set NAME --team T');
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
    case 'set':
      if (!isSet) throw new Mistake('Say what to set: npm run users -- set NAME --budget-month 50');
      await change(name(), settings, place);
      return;
    case 'disable':
      await change(name(), { status: 'disabled' }, place);
      return;
    case 'enable':
      await change(name(), { status: 'active' }, place);
      return;
    default:
      throw new Mistake('Say what to do: create, list, show, set, disable or enable. --help explains.');
  }
}
