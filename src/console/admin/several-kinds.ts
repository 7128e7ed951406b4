import {
  type ChangedKey,
  type ChangedTeam,
  type ChangedUser,
  changeKey,
  changeTeam,
  changeUser,
  type Desk,
} from '../../keys/manage.ts';
import { runningNow } from '../../ledger/usage-now.ts';
import { type Database, openDatabase } from '../../store/database.ts';
import { keysOfIds, usedKeysOfOwners } from '../../store/keys.ts';
import type { ApiKey } from '../../store/schema.ts';
import { teamsOfNames } from '../../store/teams.ts';
import { usersOfNames } from '../../store/users.ts';
import type { FieldErrors } from '../kit/field.tsx';
import { nameOfKey } from '../kit/key-names.ts';
import { ACTIONS, type Action } from '../kit/picks.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import type { Texts } from '../texts/english.ts';
import { fieldsOfBudgets, fieldsOfLimits, readSettings, readTeam, readUser } from './key-input.ts';

/** One of those that were ticked, as it is now. */
export interface Chosen {
  id: string;
  name: string;
  /** Whose it is, or where it is. */
  detail: string;
  /** Teams have none. */
  status: ApiKey['status'] | null;
  revision: number;
  /** What it may use at most, as the fields of a form. */
  limits: FieldValues;
  /** How many keys have to be told of a change. */
  keys: number;
}

/** What a change of one of several came to. A revision is the one after it. */
export type Outcome =
  | { kind: 'changed' | 'late'; revision: number }
  | { kind: 'same' | 'missing' | 'revoked' | 'stale' | 'waits' | 'failed' };

/** What a list is of, and how several of them are changed: by the same desk as one alone. */
export interface Kind {
  list: 'keys' | 'users' | 'teams';
  actions: readonly Action[];
  /** The fields of its limits. */
  limits: readonly string[];
  /** What is there of these ids, in their order. */
  read(database: Database, ids: readonly string[]): Promise<Chosen[]>;
  /** Requests that disabling stops, by id; null where that cannot be told just now. */
  running(env: Cloudflare.Env, ids: readonly string[]): Promise<Map<string, number | null>>;
  /** What is wrong with limits that were typed. */
  faults(limits: FieldValues, texts: Texts): FieldErrors;
  /** Sets a status, or limits. With a revision only where it still has that one. */
  change(desk: Desk, id: string, values: FieldValues, texts: Texts, revision?: number): Promise<Outcome>;
}

const BUDGETS = ['budget_day_usd', 'budget_week_usd', 'budget_month_usd', 'budget_total_usd'];
const KEY_LIMITS = ['rpm', 'tpm', 'max_concurrent', ...BUDGETS];
/** Keys of users that are asked what they are running: each is a call. */
const MOST_ASKED = 60;

function pick(values: FieldValues, names: readonly string[]): FieldValues {
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
}

function inOrder(ids: readonly string[], found: readonly Chosen[]): Chosen[] {
  const byId = new Map(found.map((each) => [each.id, each]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

function statusIn({ status }: FieldValues): 'active' | 'disabled' | undefined {
  return status === 'active' || status === 'disabled' ? status : undefined;
}

function outcomeOf(change: ChangedKey | ChangedUser | ChangedTeam): Outcome {
  switch (change.kind) {
    case 'changed': {
      const { revision } = 'key' in change ? change.key : 'user' in change ? change.user : change.team;
      return { kind: change.effect === 'at_once' ? 'changed' : 'late', revision };
    }
    case 'missing':
    case 'revoked':
    case 'stale':
      return { kind: change.kind };
    default:
      return { kind: 'failed' };
  }
}

export const keyKind: Kind = {
  list: 'keys',
  actions: ACTIONS,
  limits: KEY_LIMITS,
  async read(database, ids) {
    const keys = await keysOfIds(database, ids);
    const chosen = keys.map((key) => ({
      ...{ id: key.id, name: nameOfKey(key), detail: key.owner, status: key.status, revision: key.revision, keys: 1 },
      limits: fieldsOfLimits(key),
    }));
    return inOrder(ids, chosen);
  },
  async running(env, ids) {
    return await runningNow(env, await keysOfIds(openDatabase(env.DB), ids));
  },
  faults(limits, texts) {
    const read = readSettings(pick(limits, KEY_LIMITS), texts);
    return read.kind === 'invalid' ? read.errors : {};
  },
  async change(desk, id, values, texts, revision) {
    const read = readSettings(pick(values, KEY_LIMITS), texts);
    if (read.kind === 'invalid') return { kind: 'failed' };
    return outcomeOf(await changeKey(desk, id, { ...read.settings, status: statusIn(values) }, revision));
  },
};

export const userKind: Kind = {
  list: 'users',
  actions: ACTIONS,
  limits: BUDGETS,
  async read(database, ids) {
    const users = await usersOfNames(database, ids);
    const chosen = users.map((user) => ({
      ...{ id: user.name, name: user.name, detail: user.team ?? '', status: user.status },
      ...{ revision: user.revision, keys: user.keys, limits: fieldsOfBudgets(user) },
    }));
    return inOrder(ids, chosen);
  },
  async running(env, ids) {
    const found = await usedKeysOfOwners(openDatabase(env.DB), ids, MOST_ASKED + 1);
    const asked = found.slice(0, MOST_ASKED);
    const ofKeys = await runningNow(env, asked);
    // Whose keys were not all asked stays unknown.
    const first = found[MOST_ASKED]?.owner;
    const sums = new Map(ids.map((id) => [id, first !== undefined && id >= first ? null : 0]));
    for (const { id, owner } of asked) {
      const [sum, running] = [sums.get(owner) ?? null, ofKeys.get(id) ?? null];
      sums.set(owner, sum === null || running === null ? null : sum + running);
    }
    return sums;
  },
  faults(limits, texts) {
    const read = readUser(pick(limits, BUDGETS), texts);
    return read.kind === 'invalid' ? read.errors : {};
  },
  async change(desk, id, values, texts, revision) {
    const read = readUser(pick(values, BUDGETS), texts);
    if (read.kind === 'invalid') return { kind: 'failed' };
    return outcomeOf(await changeUser(desk, id, { ...read.settings, status: statusIn(values) }, revision));
  },
};

export const teamKind: Kind = {
  list: 'teams',
  actions: ['limit'],
  limits: BUDGETS,
  async read(database, ids) {
    const teams = await teamsOfNames(database, ids);
    const chosen = teams.map((team) => ({
      ...{ id: team.name, name: team.name, detail: '', status: null },
      ...{ revision: team.revision, keys: team.keys, limits: fieldsOfBudgets(team) },
    }));
    return inOrder(ids, chosen);
  },
  running: async () => new Map(),
  faults(limits, texts) {
    const read = readTeam(pick(limits, BUDGETS), texts);
    return read.kind === 'invalid' ? read.errors : {};
  },
  async change(desk, id, values, texts, revision) {
    const read = readTeam(pick(values, BUDGETS), texts);
    if (read.kind === 'invalid') return { kind: 'failed' };
    return outcomeOf(await changeTeam(desk, id, read.settings, revision));
  },
};
