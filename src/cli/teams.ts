import { type BudgetValues, teamNameSchema } from '../keys/limits.ts';
import { check, noPositional, onlyPositional, readArguments } from './arguments.ts';
import { BUDGET_OPTIONS, readBudgets } from './key-settings.ts';
import { budgetWords } from './key-table.ts';
import { Mistake } from './mistake.ts';
import { openWay } from './open-way.ts';
import { noteChange, noteWay, sayShown } from './outcome.ts';
import { PLACE_HELP, PLACE_OPTIONS, type Place, readPlace } from './place.ts';
import { note, say, sayJson, table, terminalWidth } from './print.ts';
import type { ShownTeam } from './way.ts';

const HELP = `npm run teams -- create NAME [--budget-month USD]
npm run teams -- list
npm run teams -- show NAME
npm run teams -- set NAME --budget-month USD
npm run teams -- remove NAME     once it has no members

Who is in a team: npm run users -- set NAME --team T

Settings:
  --budget-day USD     money a day, over all keys of its members; also --budget-week, --budget-month,
                       --budget-total; "none" lifts a budget
${PLACE_HELP}`;

const OPTIONS = { ...PLACE_OPTIONS, ...BUDGET_OPTIONS } as const;

function sayTeam(place: Place, team: ShownTeam): void {
  const lines = [
    `Name:    ${team.name}`,
    `Budgets: ${budgetWords(team)}`,
    `Members: ${team.members}`,
    `Created: ${team.created_at}`,
  ];
  sayShown(place, team, lines.join('\n'));
}

async function list(place: Place): Promise<void> {
  const way = await openWay(place);
  const { data, isAll } = await way.listTeams();
  if (place.json) sayJson(data);
  else if (data.length === 0) note('There are no teams yet. Make one: npm run teams -- create research');
  else {
    const columns = [
      { title: 'NAME', flexible: true },
      { title: 'BUDGETS', flexible: true },
      { title: 'MEMBERS', right: true },
      { title: 'CREATED', spare: true },
    ];
    const rows = data.map((team) => [team.name, budgetWords(team), String(team.members), team.created_at.slice(0, 10)]);
    say(table(columns, rows, terminalWidth()));
  }
  if (!isAll) note(`Only the first ${data.length} teams are shown.`);
  noteWay(way);
}

async function set(name: string, budgets: BudgetValues, place: Place): Promise<void> {
  const way = await openWay(place);
  const { shown, isAtOnce } = await way.changeTeam(name, budgets);
  sayTeam(place, shown);
  noteChange(way, isAtOnce);
}

async function remove(name: string, place: Place): Promise<void> {
  const way = await openWay(place);
  await way.removeTeam(name);
  sayShown(place, { removed: name }, `The team ${name} is removed. What it has spent stays in the usage.`);
  noteWay(way);
}

/** `npm run teams`: who shares a budget. */
export async function run(args: string[]): Promise<number | undefined> {
  const { values, positionals } = readArguments(args, OPTIONS);
  const [verb, ...rest] = positionals;
  if (values.help) {
    say(HELP);
    return 0;
  }
  const place = readPlace(values);
  const name = () =>
    check(teamNameSchema, onlyPositional(rest, 'team', `npm run teams -- ${verb} research`), 'The name');
  const budgets = readBudgets(values);
  const isSet = Object.values(budgets).some((value) => value !== undefined);
  if (isSet && verb !== 'set' && verb !== 'create') {
    throw new Mistake('Budgets are set with: npm run teams -- set NAME --budget-month 50');
  }
  switch (verb) {
    case 'create': {
      const way = await openWay(place);
      sayTeam(place, await way.makeTeam(name(), budgets));
      noteWay(way);
      return;
    }
    case 'list':
      noPositional(rest);
      await list(place);
      return;
    case 'show': {
      const way = await openWay(place);
      sayTeam(place, await way.getTeam(name()));
      noteWay(way);
      return;
    }
    case 'set':
      if (!isSet) throw new Mistake('Say what to set: npm run teams -- set NAME --budget-month 50');
      await set(name(), budgets, place);
      return;
    case 'remove':
      await remove(name(), place);
      return;
    default:
      throw new Mistake('Say what to do: create, list, show, set or remove. --help explains.');
  }
}
