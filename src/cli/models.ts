import { buildCatalog } from '../catalog/build.ts';
import { describeModel } from '../catalog/describe.ts';
import type { Model } from '../catalog/model.ts';
import { priceAt } from '../catalog/price.ts';
import { CATALOG_TABLES, columnsOfName, rowName } from '../catalog/rows.ts';
import { describeRows } from '../offer/describe-rows.ts';
import { builtInsOf, NO_ROWS } from '../offer/offered.ts';
import { noPositional, onlyPositional, readArguments } from './arguments.ts';
import { readCatalogFile } from './catalog-file.ts';
import { MODEL_OPTIONS, modelMembers, priceMembers } from './catalog-flags.ts';
import { removeRow, sayHolds, sayRemarks, sayRow } from './catalog-table.ts';
import { ownRows, type ShownCatalog } from './catalog-way.ts';
import { Mistake } from './mistake.ts';
import { sayModels } from './model-table.ts';
import { openWay } from './open-way.ts';
import { noteWay, sayShown } from './outcome.ts';
import { PLACE_HELP, PLACE_OPTIONS, type Place, readPlace } from './place.ts';
import { note, say, sayJson } from './print.ts';
import type { Way } from './way.ts';

const HELP = `npm run models -- list
npm run models -- show NAME
npm run models -- set NAME [--context N] [--max-output N] [--inputs text,image] [--price-input X --price-output Y] …
npm run models -- remove NAME       what the database says of it; --status disabled hides a built-in one
npm run models -- import FILE       what "export" printed, or what stood in MODELS_JSON
npm run models -- export            the database's providers, models, prices and routes as JSON

Every model and name there is, with prices in USD per million tokens right now. Which of them a deployment offers
depends on its provider keys: see "npm run doctor", and GET /api/v1/models for what one key may use.

Of a model ("none" leaves a thing open, and nothing is checked by it):
  --context N, --max-output N, --inputs text,image, --kind chat|embedding, --tools on|off, --wants-reasoning on|off,
  --thinking none|always|switch|unknown|JSON, --note N, --status active|disabled
Of its price, which is added to the ones before (what is left out is as in the one that holds now, but for hours):
  --price-input X --price-cached X --price-output X --price-cache-write X --price-cache-write-hour X
  --price-bands JSON, --price-tools JSON, --valid-from 2026-12-31, --revision R
${PLACE_HELP}`;

/** The catalogue's own words about a place where nobody keeps one yet: what is built in is known all the same. */
async function readAnyway(place: Place): Promise<{ catalog: ShownCatalog; way: Way }> {
  const way = await openWay(place);
  try {
    return { catalog: await way.catalog.read(), way };
  } catch (cause) {
    const isLocal = !way.isRouter && !place.remote && place.env === null && place.persistTo === null;
    if (!(cause instanceof Mistake) || !isLocal) throw cause;
    note(`Only what is built in is shown: ${cause.message}`);
    return { catalog: { ...describeRows(builtInsOf({}), NO_ROWS), notices: [], problems: [] }, way };
  }
}

/** Every name there is, of providers without a key too. */
function namesIn(catalog: ShownCatalog) {
  return buildCatalog(builtInsOf({}), ownRows(catalog))
    .catalog(() => true)
    .list();
}

async function list(place: Place): Promise<void> {
  const { catalog, way } = await readAnyway({ ...place, sql: false });
  const now = Date.now();
  const all = namesIn(catalog);
  if (place.json) sayJson({ object: 'list', data: all.map((each) => describeModel(each, now)) });
  else sayModels(all.filter(({ kind }) => kind === 'model').map((each) => describeModel(each, now)));
  sayRemarks(catalog, way);
}

async function show(name: string, place: Place): Promise<void> {
  const way = await openWay({ ...place, sql: false });
  const catalog = await way.catalog.read();
  const listed = namesIn(catalog).find((each) => each.name === name);
  const row = catalog.models.find((each) => rowName('models', each) === name);
  if (row === undefined && listed === undefined) {
    throw new Mistake(`There is no model ${name}. See what there is: npm run models -- list`);
  }
  const prices = catalog.prices.filter((each) => rowName('prices', each) === name);
  const described = listed === undefined ? {} : describeModel(listed, Date.now());
  sayRow({ ...described, ...(row ?? { source: 'built_in' }), prices }, place);
  sayRemarks(catalog, way);
}

/** The price of a model that holds now, at hours that have none of their own. */
function priceNow(catalog: ShownCatalog, name: string): Record<string, unknown> {
  const listed = namesIn(catalog).find((each) => each.name === name);
  const price = listed === undefined ? null : priceAt(withoutBands(listed.route.targets[0].model), Date.now());
  if (price === null) return {};
  const { cacheWrite, cacheWriteHour, ...prices } = price.prices;
  return {
    ...prices,
    ...(cacheWrite === undefined ? {} : { cache_write: cacheWrite }),
    ...(cacheWriteHour === undefined ? {} : { cache_write_hour: cacheWriteHour }),
    ...(price.tools === undefined ? {} : { tools: price.tools }),
  };
}

function withoutBands({ prices }: Model): Pick<Model, 'prices'> {
  return { prices: prices.map(({ bands: _, ...table }) => table) };
}

async function set(name: string, values: Values, place: Place): Promise<void> {
  const way = await openWay(place);
  const catalog = await way.catalog.read();
  const before = catalog.models.find((row) => rowName('models', row) === name);
  const { source: _source, ...known } = before?.source === 'database' ? before : { source: null };
  const [said, price] = [modelMembers(values), priceMembers(values)];
  if (Object.keys(said).length + Object.keys(price).length === 0) {
    throw new Mistake('Say what to set, for example --context 200000. --help explains.');
  }
  const columns = columnsOfName('models', name);
  const isPriced = Object.keys(price).length > 0;
  const valid_from = new Date().toISOString();
  const whole = { ...priceNow(catalog, name), valid_from, ...price, ...columnsOfName('prices', name) };
  // A new model needs its row, though only its price is said.
  const isModel = Object.keys(said).length > 0 || before === undefined;
  const rows = { models: isModel ? [{ ...known, ...said, ...columns }] : [], prices: isPriced ? [whole] : [] };
  await way.catalog.import({ providers: [], routes: [], ...rows }, name);
  if (before === undefined && !place.json) note(`${name} is new.`);
  if (place.json) sayJson({ name, model: rows.models[0] ?? null, price: rows.prices[0] ?? null });
  else say(`The model ${name} is set.`);
  sayHolds(way);
}

function remove(name: string, place: Place): Promise<void> {
  return removeRow('models', name, `What the database said of ${name} is removed.`, place);
}

async function importFile(file: string, place: Place): Promise<void> {
  const rows = await readCatalogFile(file);
  const way = await openWay(place);
  await way.catalog.import(rows);
  const counts = CATALOG_TABLES.map((each) => `${rows[each].length} ${each}`);
  const shown = Object.fromEntries(CATALOG_TABLES.map((each) => [each, rows[each].length]));
  sayShown(place, shown, `Imported ${counts.join(', ')}.`);
  sayHolds(way);
}

async function exportAll(place: Place): Promise<void> {
  const way = await openWay({ ...place, sql: false });
  sayJson(ownRows(await way.catalog.read()));
  noteWay(way);
}

const OPTIONS = { ...PLACE_OPTIONS, ...MODEL_OPTIONS } as const;
type Values = ReturnType<typeof readArguments<typeof OPTIONS>>['values'];

/** `npm run models`: what there is to ask for, and what it costs. */
export async function run(args: string[]): Promise<number | undefined> {
  const { values, positionals } = readArguments(args, OPTIONS);
  const [verb = 'list', ...rest] = positionals;
  if (values.help) {
    say(HELP);
    return 0;
  }
  const place = readPlace(values);
  const name = () => onlyPositional(rest, 'model', `npm run models -- ${verb} deepseek/deepseek-flash`);
  switch (verb) {
    case 'list':
      noPositional(rest);
      await list(place);
      return;
    case 'show':
      await show(name(), place);
      return;
    case 'add':
    case 'set':
      await set(name(), values, place);
      return;
    case 'remove':
      await remove(name(), place);
      return;
    case 'import':
      await importFile(onlyPositional(rest, 'file', 'npm run models -- import models.json'), place);
      return;
    case 'export':
      noPositional(rest);
      await exportAll(place);
      return;
    default:
      throw new Mistake('Say what to do: list, show, set, remove, import or export. --help explains.');
  }
}
