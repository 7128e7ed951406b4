import { onlyPositional, readArguments } from './arguments.ts';
import { ROUTE_OPTIONS, routeMembers } from './catalog-flags.ts';
import { removeRow, sayHolds, sayRemarks, sayRow } from './catalog-table.ts';
import { Mistake } from './mistake.ts';
import { openWay } from './open-way.ts';
import { PLACE_HELP, PLACE_OPTIONS, type Place, readPlace } from './place.ts';
import { say, sayJson, table, terminalWidth } from './print.ts';

const HELP = `npm run routes -- list
npm run routes -- show NAME
npm run routes -- set NAME --targets deepseek/deepseek-flash,zai/glm-5.3-flash
npm run routes -- set NAME [--spread] [--weights 2,1] [--parameters JSON] [--note N] [--status disabled]
npm run routes -- remove NAME

A name that ends in * stands for all names that begin so. The first target serves, and the next ones where it cannot.

  --targets A,B      models in the order in which they are tried; or the JSON of a row
  --parameters JSON  what the name stands for beside the model, for every target
  --spread           draw targets by weight, one session always the same; --no-spread in order again
  --weights 2,1      one number for each target
  --note N           what it is for; "none" takes it away
  --status S         active or disabled; a disabled row hides a built-in name
${PLACE_HELP}`;

const OPTIONS = { ...PLACE_OPTIONS, ...ROUTE_OPTIONS } as const;

type Values = ReturnType<typeof readArguments<typeof OPTIONS>>['values'];

function targetWords(targets: unknown): string {
  if (!Array.isArray(targets)) return '–';
  const all: unknown[] = targets;
  return all
    .map((target) =>
      typeof target === 'object' && target !== null && 'model' in target ? String(target.model) : target,
    )
    .join(', ');
}

async function list(place: Place): Promise<void> {
  const way = await openWay(place);
  const catalog = await way.catalog.read();
  if (place.json) sayJson(catalog.routes);
  else {
    const columns = [
      { title: 'NAME', flexible: true },
      { title: 'TARGETS', flexible: true },
      { title: 'TRIED' },
      { title: 'STATUS' },
      { title: 'NOTE', flexible: true, spare: true },
    ];
    // The other names of a model stand beside it in the list of models.
    const shown = catalog.routes.filter(({ name, source }) => source === 'database' || String(name).endsWith('*'));
    const rows = shown.map(({ name, note, spread, status, targets }) => [
      ...[String(name), targetWords(targets), spread === true ? 'by weight' : 'in order'],
      ...[String(status ?? 'active'), String(note ?? '')],
    ]);
    say(table(columns, rows, terminalWidth()));
  }
  sayRemarks(catalog, way);
}

async function show(name: string, place: Place): Promise<void> {
  const way = await openWay(place);
  const catalog = await way.catalog.read();
  const row = catalog.routes.find((each) => each['name'] === name);
  if (row === undefined) throw new Mistake(`There is no route ${name}. See what there is: npm run routes -- list`);
  sayRow(row, place);
  sayRemarks(catalog, way);
}

async function set(name: string, verb: 'add' | 'set', values: Values, place: Place): Promise<void> {
  const way = await openWay(place);
  const before = (await way.catalog.read()).routes.find((row) => row['name'] === name);
  if (verb === 'add' && before?.source === 'database') {
    throw new Mistake(`The route ${name} is already there: npm run routes -- set ${name} …`);
  }
  const { source: _source, ...known } = before ?? { source: null };
  const members = routeMembers(values, before?.['targets']);
  sayRow(await way.catalog.put('routes', name, { ...known, ...members, name }), place);
  sayHolds(way);
}

function remove(name: string, place: Place): Promise<void> {
  return removeRow('routes', name, `The route ${name} is removed.`, place);
}

/** `npm run routes`: what names stand for. */
export async function run(args: string[]): Promise<number | undefined> {
  const { values, positionals } = readArguments(args, OPTIONS);
  const [verb = 'list', ...rest] = positionals;
  if (values.help) {
    say(HELP);
    return 0;
  }
  const place = readPlace(values);
  const name = () => onlyPositional(rest, 'route', `npm run routes -- ${verb} team`);
  switch (verb) {
    case 'list':
      await list(place);
      return;
    case 'show':
      await show(name(), place);
      return;
    case 'add':
    case 'set':
      await set(name(), verb, values, place);
      return;
    case 'remove':
      await remove(name(), place);
      return;
    default:
      throw new Mistake('Say what to do: list, show, add, set or remove. --help explains.');
  }
}
