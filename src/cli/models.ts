import { describeModel } from '../catalog/describe.ts';
import { knownCatalog } from '../providers/offer.ts';
import { noPositional, readArguments } from './arguments.ts';
import { readVariables } from './dev-vars.ts';
import { Mistake } from './mistake.ts';
import { say, sayJson, table, terminalWidth } from './print.ts';

const HELP = `npm run models -- list [--json]

Every model and name the router knows, with prices in USD per million tokens right now, and the entries of
MODELS_JSON from the environment or .dev.vars. Which of them a deployment offers depends on its provider keys:
see "npm run doctor", and GET /api/v1/models for what one key may use.`;

type Described = ReturnType<typeof describeModel>;

const COLUMNS = [
  { title: 'MODEL' },
  { title: 'CONTEXT', right: true },
  { title: 'INPUT', right: true },
  { title: 'CACHED', right: true },
  { title: 'OUTPUT', right: true },
  { title: 'THINKING', flexible: true, spare: true },
  { title: 'TAKES', flexible: true, spare: true },
  { title: 'ALSO', flexible: true, spare: true },
];

function thinkingOf({ thinking }: Described): string {
  const efforts = thinking.kind === 'none' ? [] : thinking.efforts;
  const words = { none: 'no', always: 'always', switch: 'on/off' }[thinking.kind];
  return efforts.length === 0 ? words : `${words} (${efforts.join(', ')})`;
}

function rowOf(model: Described): string[] {
  const { pricing } = model;
  const prices = pricing === null ? ['?', '?', '?'] : [pricing.input, pricing.cached_input, pricing.output].map(String);
  const also = [...model.aliases, ...(model.note === undefined ? [] : [`(${model.note})`])].join(' ');
  const context = model.context_length.toLocaleString('en-US');
  return [model.id, context, ...prices, thinkingOf(model), model.inputs.join(', '), also];
}

function bandsOf(models: readonly Described[]): string[] {
  return models.flatMap(({ id, pricing }) =>
    (pricing?.bands ?? []).map(({ name, hours_utc, input, cached_input, output }) => {
      const hours = hours_utc.map(({ from, to }) => `${from}-${to}`).join(' and ');
      return `${id}, ${name} hours (${hours} UTC on working days): ${input} / ${cached_input} / ${output}`;
    }),
  );
}

/** `npm run models`. */
export async function run(args: string[]): Promise<undefined> {
  const { values, positionals } = readArguments(args, {
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) {
    say(HELP);
    return;
  }
  const [verb = 'list', ...rest] = positionals;
  if (verb !== 'list') throw new Mistake(`"${verb}" is not understood. Say: npm run models -- list`);
  noPositional(rest);
  const { MODELS_JSON: overrides = '' } = await readVariables();
  const now = Date.now();
  const listed = knownCatalog(overrides)
    .list()
    .map((each) => describeModel(each, now));
  if (values.json) {
    sayJson({ object: 'list', data: listed });
    return;
  }
  const models = listed.filter((model) => model.alias_of === undefined);
  say(table(COLUMNS, models.map(rowOf), terminalWidth()));
  for (const line of bandsOf(models)) say(line);
}
