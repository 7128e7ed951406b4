import { prefixSchema, userNameSchema } from '../keys/limits.ts';
import { check, noPositional, onlyPositional, readArguments } from './arguments.ts';
import { readDuration, readSettings, SETTING_HELP, SETTING_OPTIONS } from './key-settings.ts';
import { keyDetails, keyTable } from './key-table.ts';
import { Mistake } from './mistake.ts';
import { openWay } from './open-way.ts';
import { note, say, sayJson } from './print.ts';
import { readTarget, TARGET_HELP, TARGET_OPTIONS, type Target } from './target.ts';
import type { Changed, SecretKey, ShownKey, Way } from './way.ts';

const HELP = `npm run keys -- create --username NAME [--prefix sk] [settings]
npm run keys -- list [--username NAME]
npm run keys -- show ID
npm run keys -- set ID [settings]          "none" lifts a limit
npm run keys -- disable ID | enable ID
npm run keys -- revoke ID                  for good
npm run keys -- rotate ID [--grace 24h]    a new secret; the old one works until the grace is over

Settings:${SETTING_HELP}
${TARGET_HELP}`;

const RULE = '='.repeat(30);

const parse = (args: string[]) =>
  readArguments(args, {
    ...TARGET_OPTIONS,
    ...SETTING_OPTIONS,
    username: { type: 'string' },
    prefix: { type: 'string' },
    grace: { type: 'string' },
  });
type Values = ReturnType<typeof parse>['values'];

/** Says when a change holds, and which way it took. */
function noteEnd(way: Way, isAtOnce: boolean | null): void {
  if (isAtOnce !== null) note(isAtOnce ? 'It holds from the next request on.' : 'It holds within 60 s.');
  if (way.sentence !== null) note(way.sentence);
}

/** Shows a new secret, this once. */
function sayKey(target: Target, title: string, key: SecretKey): void {
  if (target.json) sayJson(key);
  else say(`${RULE}\n✅ ${title}\nOwner:   ${key.owner}\nKey:     ${key.key}\nPurpose: ${key.purpose}\n${RULE}`);
  if (key.notice !== undefined) note(key.notice);
}

async function create(values: Values, target: Target): Promise<void> {
  if (values.username === undefined) throw new Mistake('Say whose key it is: npm run keys -- create --username admin');
  const owner = check(userNameSchema, values.username, '--username');
  const prefix = check(prefixSchema, values.prefix ?? 'sk', '--prefix');
  const settings = readSettings(values, Date.now());
  const way = await openWay(target);
  const key = await way.makeKey(owner, prefix, settings);
  sayKey(target, 'API key created', key);
  noteEnd(way, null);
}

async function list(values: Values, target: Target): Promise<void> {
  const way = await openWay(target);
  const { data, isAll } = await way.listKeys(values.username ?? null);
  if (target.json) sayJson(data);
  else if (data.length > 0) say(keyTable(data));
  else note('There are no keys yet. Make one: npm run keys -- create --username admin');
  if (!isAll) note(`Only the newest ${data.length} keys are shown: narrow it down with --username.`);
  noteEnd(way, null);
}

async function show(id: string, target: Target): Promise<void> {
  const way = await openWay(target);
  const key = await way.getKey(id);
  if (target.json) sayJson(key);
  else say(keyDetails(key));
  noteEnd(way, null);
}

function finish(target: Target, way: Way, { shown, isAtOnce }: Changed<ShownKey>, sentence: string): void {
  if (target.json) sayJson(shown);
  else say(sentence);
  noteEnd(way, isAtOnce);
}

async function set(id: string, values: Values, target: Target): Promise<void> {
  const settings = readSettings(values, Date.now());
  if (Object.values(settings).every((value) => value === undefined)) {
    throw new Mistake(`Say what to set: npm run keys -- set ${id} --rpm 60`);
  }
  const way = await openWay(target);
  const change = await way.changeKey(id, settings);
  finish(target, way, change, keyDetails(change.shown));
}

async function setStatus(id: string, status: 'active' | 'disabled', target: Target): Promise<void> {
  const way = await openWay(target);
  const change = await way.changeKey(id, { status });
  finish(target, way, change, `The key ${id} of ${change.shown.owner} is ${status}.`);
}

async function revoke(id: string, target: Target): Promise<void> {
  const way = await openWay(target);
  const change = await way.revokeKey(id);
  finish(target, way, change, `The key ${id} of ${change.shown.owner} is revoked for good.`);
}

async function rotate(id: string, values: Values, target: Target): Promise<void> {
  const grace = values.grace ?? '24h';
  const isOver = readDuration(grace, '--grace') === 0;
  const way = await openWay(target);
  const { shown, isAtOnce } = await way.rotateKey(id, grace);
  sayKey(target, 'API key rotated', shown);
  note(isOver ? 'The old secret has ended.' : `The old secret works until ${shown.previous_expires_at}.`);
  noteEnd(way, isAtOnce);
}

/** `npm run keys`: makes, shows and changes client keys. */
export async function run(args: string[]): Promise<number | undefined> {
  const { values, positionals } = parse(args);
  const [verb, ...rest] = positionals;
  if (values.help) {
    say(HELP);
    return 0;
  }
  const target = readTarget(values);
  const id = () => onlyPositional(rest, 'key', `npm run keys -- ${verb} key_… (npm run keys -- list shows them)`);
  switch (verb) {
    case 'create':
      noPositional(rest);
      await create(values, target);
      return;
    case 'list':
      noPositional(rest);
      await list(values, target);
      return;
    case 'show':
      await show(id(), target);
      return;
    case 'set':
      await set(id(), values, target);
      return;
    case 'disable':
      await setStatus(id(), 'disabled', target);
      return;
    case 'enable':
      await setStatus(id(), 'active', target);
      return;
    case 'revoke':
      await revoke(id(), target);
      return;
    case 'rotate':
      await rotate(id(), values, target);
      return;
    default:
      throw new Mistake('Say what to do: create, list, show, set, disable, enable, revoke or rotate. --help explains.');
  }
}
