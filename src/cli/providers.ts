import { PRESETS } from '../providers/presets/presets.ts';
import { onlyPositional, readArguments } from './arguments.ts';
import { PROVIDER_OPTIONS, providerMembers } from './catalog-flags.ts';
import { removeRow, sayHolds, sayRemarks, sayRow } from './catalog-table.ts';
import { Mistake } from './mistake.ts';
import { openWay } from './open-way.ts';
import { PLACE_HELP, PLACE_OPTIONS, type Place, readPlace } from './place.ts';
import { note, say, sayJson, table, terminalWidth } from './print.ts';

const HELP = `npm run providers -- list
npm run providers -- show ID
npm run providers -- add ID --preset P                       its address, rules, models and prices as they are known
npm run providers -- add ID --base-url URL --key-variable QWEN_API_KEY
npm run providers -- set ID [--name N] [--status disabled] …
npm run providers -- remove ID                               with its models, once no route leads to them

Its keys never come here: npx wrangler secret put QWEN_API_KEY, or a line in .dev.vars for a local router.

  --preset P           one of ${PRESETS.map(({ id }) => id).join(', ')}
  --base-url URL       https (http for this machine); what stands before /chat/completions
  --key-variable V     the variable that holds its keys; ends in _API_KEY
  --name N             what people call it
  --rules JSON         what is special about it, see .github/docs/models-and-routes.md
  --status S           active or disabled
${PLACE_HELP}`;

const OPTIONS = { ...PLACE_OPTIONS, ...PROVIDER_OPTIONS } as const;

type Values = ReturnType<typeof readArguments<typeof OPTIONS>>['values'];

async function list(place: Place): Promise<void> {
  const way = await openWay(place);
  const catalog = await way.catalog.read();
  if (place.json) sayJson(catalog.providers);
  else {
    const columns = [
      { title: 'ID' },
      { title: 'NAME', flexible: true },
      { title: 'STATUS' },
      { title: 'MODELS', right: true },
      { title: 'KEYS IN' },
      { title: 'BASE URL', flexible: true, spare: true },
    ];
    const rows = catalog.providers.map(({ base_url, id, key_variable, name, status }) => [
      ...[String(id), String(name ?? id), String(status ?? 'active')],
      String(catalog.models.filter(({ provider }) => provider === id).length),
      ...[String(key_variable ?? '–'), String(base_url ?? '–')],
    ]);
    say(table(columns, rows, terminalWidth()));
  }
  sayRemarks(catalog, way);
}

async function show(id: string, place: Place): Promise<void> {
  const way = await openWay(place);
  const catalog = await way.catalog.read();
  const row = catalog.providers.find((each) => each['id'] === id);
  if (row === undefined) throw new Mistake(`There is no provider ${id}. See what there is: npm run providers -- list`);
  sayRow(row, place);
  sayRemarks(catalog, way);
}

/** What a preset brings for a provider of this name. Throws Mistake for a preset that there is not. */
function presetRows(id: string, name: string) {
  const preset = PRESETS.find((each) => each.id === name);
  if (preset === undefined) {
    throw new Mistake(`There is no preset ${name}. There are: ${PRESETS.map((each) => each.id).join(', ')}`);
  }
  const { base_url, key_variable, models, name: title, rules, unchecked, valid_from } = preset;
  return {
    unchecked,
    provider: { name: title, base_url, key_variable, rules },
    models: models.map(({ price: _, ...model }) => ({ provider: id, ...model })),
    prices: models.flatMap(({ id: model, price }) =>
      price === undefined ? [] : [{ provider: id, model, valid_from, ...price }],
    ),
  };
}

function keyHint(variable: unknown, place: Place): string {
  const local = `${variable}=… in .dev.vars, then start the router again`;
  return `Its keys, where they are not set yet: ${place.remote ? `npx wrangler secret put ${variable}` : local}`;
}

async function set(id: string, verb: 'add' | 'set', values: Values, place: Place): Promise<void> {
  const way = await openWay(place);
  const { providers } = await way.catalog.read();
  const before = providers.find((row) => row['id'] === id && row.source === 'database');
  if (verb === 'add' && providers.some((row) => row['id'] === id)) {
    throw new Mistake(`The provider ${id} is already there: npm run providers -- set ${id} …`);
  }
  const preset = values.preset === undefined ? null : presetRows(id, values.preset);
  const { source: _source, ...known } = before ?? { source: null };
  const row = { ...known, ...preset?.provider, ...providerMembers(values), id };
  await way.catalog.import(
    {
      providers: [row],
      models: preset?.models ?? [],
      prices: preset?.prices ?? [],
      routes: [],
    },
    id,
  );
  const { models = [], prices = [], unchecked = [] } = preset ?? {};
  if (place.json) sayJson({ ...row, models: models.length, prices: prices.length });
  else
    say(
      `The provider ${id} is set${preset === null ? '' : `, with ${models.length} models and ${prices.length} prices`}.`,
    );
  for (const doubt of unchecked) note(`Not checked: ${doubt}.`);
  if ('key_variable' in row && row.key_variable) note(keyHint(row.key_variable, place));
  sayHolds(way);
}

function remove(id: string, place: Place): Promise<void> {
  return removeRow('providers', id, `The provider ${id} is removed.`, place);
}

/** `npm run providers`: who serves. */
export async function run(args: string[]): Promise<number | undefined> {
  const { values, positionals } = readArguments(args, OPTIONS);
  const [verb = 'list', ...rest] = positionals;
  if (values.help) {
    say(HELP);
    return 0;
  }
  const place = readPlace(values);
  const id = () => onlyPositional(rest, 'provider', `npm run providers -- ${verb} qwen`);
  switch (verb) {
    case 'list':
      await list(place);
      return;
    case 'show':
      await show(id(), place);
      return;
    case 'add':
    case 'set':
      await set(id(), verb, values, place);
      return;
    case 'remove':
      await remove(id(), place);
      return;
    default:
      throw new Mistake('Say what to do: list, show, add, set or remove. --help explains.');
  }
}
