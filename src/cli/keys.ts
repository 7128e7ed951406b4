import { prefixSchema, userNameSchema } from '../keys/limits.ts';
import { check, noPositional, onlyPositional, readArguments } from './arguments.ts';
import { readDuration, readSettings, SETTING_HELP, SETTING_OPTIONS } from './key-settings.ts';
import { keyDetails, keyTable } from './key-table.ts';
import { Mistake } from './mistake.ts';
import { openWay } from './open-way.ts';
import { noteChange, noteWay, sayShown } from './outcome.ts';
import { PLACE_HELP, PLACE_OPTIONS, type Place, readPlace } from './place.ts';
import { note, say, sayJson } from './print.ts';
import type { Changed, SecretKey, ShownKey, Way } from './way.ts';

const HELP = `npm run keys -- create --username NAME [--prefix sk] [settings]
npm run keys -- list [--username NAME]
npm run keys -- show ID
npm run keys -- set ID [settings]          "none" lifts a limit
npm run keys -- disable ID | enable ID
npm run keys -- revoke ID                  for good
npm run keys -- rotate ID [--grace 24h]    a new secret; the old one works until the grace is over

Settings:${SETTING_HELP}
${PLACE_HELP}`;

const RULE = '='.repeat(30);

const parse = (args: string[]) =>
  readArguments(args, {
    ...PLACE_OPTIONS,
    ...SETTING_OPTIONS,
    username: { type: 'string' },
    prefix: { type: 'string' },
    grace: { type: 'string' },
  });
type Values = ReturnType<typeof parse>['values'];

/** Shows a new secret, this once. */
function sayKey(place: Place, title: string, key: SecretKey): void {
  if (place.json) sayJson(key);
  else say(`${RULE}\n✅ ${title}\nOwner:   ${key.owner}\nKey:     ${key.key}\nPurpose: ${key.purpose}\n${RULE}`);
  if (key.notice !== undefined) note(key.notice);
}

async function create(values: Values, place: Place): Promise<void> {
  if (values.username === undefined) throw new Mistake('Say whose key it is: npm run keys -- create --username admin');
  const owner = check(userNameSchema, values.username, '--username');
  const prefix = check(prefixSchema, values.prefix ?? 'sk', '--prefix');
  const settings = readSettings(values, Date.now());
  const way = await openWay(place);
  const key = await way.makeKey(owner, prefix, settings);
  sayKey(place, 'API key created', key);
  noteWay(way);
}

async function list(values: Values, place: Place): Promise<void> {
  const way = await openWay(place);
  const { data, isAll } = await way.listKeys(values.username ?? null);
  if (place.json) sayJson(data);
  else if (data.length > 0) say(keyTable(data));
  else {
    const whose = values.username === undefined ? 'There are' : `${values.username} has`;
    note(`${whose} no keys yet. Make one: npm run keys -- create --username ${values.username ?? 'admin'}`);
  }
  if (!isAll) note(`Only the newest ${data.length} keys are shown: narrow it down with --username.`);
  noteWay(way);
}

async function show(id: string, place: Place): Promise<void> {
  const way = await openWay(place);
  const key = await way.getKey(id);
  sayShown(place, key, keyDetails(key));
  noteWay(way);
}

function finish(place: Place, way: Way, { shown, isAtOnce }: Changed<ShownKey>, sentence: string): void {
  sayShown(place, shown, sentence);
  noteChange(way, isAtOnce);
}

async function set(id: string, values: Values, place: Place): Promise<void> {
  const settings = readSettings(values, Date.now());
  if (Object.values(settings).every((value) => value === undefined)) {
    throw new Mistake(`Say what to set: npm run keys -- set ${id} --rpm 60`);
  }
  const way = await openWay(place);
  const change = await way.changeKey(id, settings);
  finish(place, way, change, keyDetails(change.shown));
}

async function setStatus(id: string, status: 'active' | 'disabled', place: Place): Promise<void> {
  const way = await openWay(place);
  const change = await way.changeKey(id, { status });
  finish(place, way, change, `The key ${id} of ${change.shown.owner} is ${status}.`);
}

async function revoke(id: string, place: Place): Promise<void> {
  const way = await openWay(place);
  const change = await way.revokeKey(id);
  finish(place, way, change, `The key ${id} of ${change.shown.owner} is revoked for good.`);
}

async function rotate(id: string, values: Values, place: Place): Promise<void> {
  const grace = values.grace ?? '24h';
  const isOver = readDuration(grace, '--grace') === 0;
  const way = await openWay(place);
  const { shown, isAtOnce } = await way.rotateKey(id, grace);
  sayKey(place, 'API key rotated', shown);
  note(isOver ? 'The old secret has ended.' : `The old secret works until ${shown.previous_expires_at}.`);
  noteChange(way, isAtOnce);
}

/** `npm run keys`: makes, shows and changes client keys. */
export async function run(args: string[]): Promise<number | undefined> {
  const { values, positionals } = parse(args);
  const [verb, ...rest] = positionals;
  if (values.help) {
    say(HELP);
    return 0;
  }
  const place = readPlace(values);
  const id = () => onlyPositional(rest, 'key', `npm run keys -- ${verb} key_… (npm run keys -- list shows them)`);
  switch (verb) {
    case 'create':
      noPositional(rest);
      await create(values, place);
      return;
    case 'list':
      noPositional(rest);
      await list(values, place);
      return;
    case 'show':
      await show(id(), place);
      return;
    case 'set':
      await set(id(), values, place);
      return;
    case 'disable':
      await setStatus(id(), 'disabled', place);
      return;
    case 'enable':
      await setStatus(id(), 'active', place);
      return;
    case 'revoke':
      await revoke(id(), place);
      return;
    case 'rotate':
      await rotate(id(), values, place);
      return;
    default:
      throw new Mistake('Say what to do: create, list, show, set, disable, enable, revoke or rotate. --help explains.');
  }
}
