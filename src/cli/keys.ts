import { describeUnknown, unknownIn } from '../catalog/allow-list.ts';
import { parseDuration, prefixSchema, userNameSchema } from '../keys/limits.ts';
import { keyId, newSecret } from '../keys/secret.ts';
import { causeOf } from '../protocol/cause-of.ts';
import { knownCatalog } from '../providers/offer.ts';
import { describeKey } from '../store/describe-key.ts';
import {
  createKey,
  getKey,
  type KeyChange,
  type KeySettings,
  listKeys,
  revokeKey,
  rotateKey,
  updateKey,
} from '../store/keys.ts';
import type { ApiKey } from '../store/schema.ts';
import { check, noPositional, onlyPositional, readArguments } from './arguments.ts';
import { readVariables } from './dev-vars.ts';
import { durationFrom, readSettings, SETTING_HELP, SETTING_OPTIONS } from './key-settings.ts';
import { keyDetails, keyTable } from './key-table.ts';
import { Mistake } from './mistake.ts';
import { note, say, sayJson } from './print.ts';
import { OutcomeUnknown, openRemoteControl } from './remote-control.ts';
import { findRouter, refreshKeys } from './router.ts';
import { readTarget, TARGET_HELP, TARGET_OPTIONS, type Target } from './target.ts';

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

/** Shows a new secret, this once. */
function sayKey(target: Target, title: string, key: ApiKey, secret: string): void {
  if (target.json) sayJson({ ...describeKey(key), key: secret });
  else say(`${RULE}\n✅ ${title}\nOwner:   ${key.owner}\nKey:     ${secret}\nPurpose: ${key.purpose}\n${RULE}`);
}

/** With --sql nothing else will ever show the secret, and it must not stand among the statements. */
function noteSecret(target: Target, secret: string): void {
  if (target.sql) note(`The key, once you have run the statements: ${secret}`);
}

/** A secret that may be in the database is shown, whatever became of the answer: nothing else ever will. */
async function showingSecret<T>(secret: string, job: Promise<T>): Promise<T> {
  try {
    return await job;
  } catch (cause) {
    if (causeOf(cause, OutcomeUnknown) !== null) note(`If it was stored all the same, the key is: ${secret}`);
    throw cause;
  }
}

function changed(change: KeyChange, id: string): ApiKey {
  switch (change.kind) {
    case 'changed':
      return change.key;
    case 'missing':
      throw new Mistake(`There is no key ${id}. See what there is: npm run keys -- list`);
    case 'revoked': {
      const create = `npm run keys -- create --username ${change.key.owner}`;
      throw new Mistake(`The key ${id} is revoked, and that is final. Make a new one: ${create}`);
    }
    case 'stale':
      throw new Mistake(`The key ${id} was changed at the same moment, so nothing was done. Please try again.`);
  }
}

/** Refuses a list of models that names unknown ones; what stood in it before may stay. Throws Mistake. */
async function checkModels({ models }: KeySettings, before: string | null): Promise<void> {
  if (models == null) return;
  const { MODELS_JSON: overrides = '' } = await readVariables();
  const unknown = unknownIn(models, before, knownCatalog(overrides));
  if (unknown !== null) throw new Mistake(`--models ${describeUnknown(unknown)}`);
}

async function create(values: Values, target: Target): Promise<void> {
  if (values.username === undefined) throw new Mistake('Say whose key it is: npm run keys -- create --username admin');
  const owner = check(userNameSchema, values.username, '--username');
  const prefix = check(prefixSchema, values.prefix ?? 'sk', '--prefix');
  const settings = readSettings(values, Date.now());
  await checkModels(settings, null);
  const { secret, ...stored } = await newSecret(prefix);
  noteSecret(target, secret);
  const id = keyId(Date.now());
  const row = { id, owner, ...stored, ...settings };
  const key = await showingSecret(secret, createKey(openRemoteControl(target), row, 'cli'));
  if (key === null) throw new Mistake(`The id ${id} is taken, so nothing was done. Please try again.`);
  sayKey(target, 'API key created', key, secret);
  if (key.ownerStatus !== 'active') note(`${owner} is disabled, and so is this key: npm run users -- enable ${owner}`);
}

async function list(values: Values, target: Target): Promise<void> {
  const owner = values.username ?? null;
  const page = await listKeys(openRemoteControl(target), { limit: 1000, owner });
  if (target.json) sayJson(page.data.map(describeKey));
  else if (page.data.length > 0) say(keyTable(page.data));
  else note('There are no keys yet. Make one: npm run keys -- create --username admin');
  if (page.nextCursor !== null) note('Only the newest 1000 keys are shown: narrow it down with --username.');
}

async function show(id: string, target: Target): Promise<void> {
  const key = await getKey(openRemoteControl(target), id);
  if (key === null) throw new Mistake(`There is no key ${id}. See what there is: npm run keys -- list`);
  if (target.json) sayJson(describeKey(key));
  else say(keyDetails(key));
}

/** Tells the running router, then says what came of a change. */
async function finish(target: Target, key: ApiKey, sentence: string): Promise<void> {
  const effect = await refreshKeys(target, [key.id]);
  if (target.json) sayJson(describeKey(key));
  else say(sentence);
  note(effect);
}

async function set(id: string, values: Values, target: Target): Promise<void> {
  const settings = readSettings(values, Date.now());
  if (Object.values(settings).every((value) => value === undefined)) {
    throw new Mistake(`Say what to set: npm run keys -- set ${id} --rpm 60`);
  }
  if (settings.models != null) {
    const before = await getKey(openRemoteControl({ ...target, sql: false }), id);
    await checkModels(settings, before?.models ?? null);
  }
  const key = changed(await updateKey(openRemoteControl(target), id, settings, 'cli'), id);
  await finish(target, key, keyDetails(key));
}

async function setStatus(id: string, status: 'active' | 'disabled', target: Target): Promise<void> {
  const key = changed(await updateKey(openRemoteControl(target), id, { status }, 'cli'), id);
  await finish(target, key, `The key ${id} of ${key.owner} is ${status}.`);
}

async function revoke(id: string, target: Target): Promise<void> {
  const key = changed(await revokeKey(openRemoteControl(target), id, 'cli'), id);
  await finish(target, key, `The key ${id} of ${key.owner} is revoked for good.`);
}

async function rotate(id: string, values: Values, target: Target): Promise<void> {
  const grace = values.grace ?? '24h';
  const previousExpiresAt = durationFrom(grace, Date.now(), '--grace');
  // The new secret begins as the old one did, which must be read first, with --sql too.
  const before = await getKey(openRemoteControl({ ...target, sql: false }), id);
  if (before === null) throw new Mistake(`There is no key ${id}. See what there is: npm run keys -- list`);
  if (before.status === 'revoked') changed({ kind: 'revoked', key: before }, id);
  const { secret, ...stored } = await newSecret(before.prefix);
  noteSecret(target, secret);
  const rotation = rotateKey(openRemoteControl(target), before, stored, previousExpiresAt, 'cli');
  const key = changed(await showingSecret(secret, rotation), id);
  const effect = await refreshKeys(target, [id]);
  sayKey(target, 'API key rotated', key, secret);
  note(parseDuration(grace) === 0 ? 'The old secret has ended.' : `The old secret works until ${previousExpiresAt}.`);
  note(effect);
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
  // Told of a bad address before anything is changed.
  if (!target.sql) await findRouter(target);
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
