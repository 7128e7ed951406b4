import {
  budgetsToColumns,
  parseDuration,
  type SettingValues,
  settingsToColumns,
  userToColumns,
} from '../keys/limits.ts';
import * as manage from '../keys/manage.ts';
import { keyId, newSecret } from '../keys/secret.ts';
import { verifyKey } from '../keys/verify-key.ts';
import { knownCatalog } from '../offer/offered.ts';
import { causeOf } from '../protocol/cause-of.ts';
import { readCatalog } from '../store/catalog.ts';
import { firstOfLastDays } from '../store/deployment.ts';
import { describeKey } from '../store/describe-key.ts';
import * as keys from '../store/keys.ts';
import * as teams from '../store/teams.ts';
import { usageBy } from '../store/usage.ts';
import * as users from '../store/users.ts';
import { catalogOfDatabase } from './catalog-way.ts';
import type { Place } from './place.ts';
import { note } from './print.ts';
import {
  emailIsTaken,
  idIsTaken,
  keyIsMissing,
  keyIsRevoked,
  keyIsStale,
  teamExists,
  teamHasMembers,
  teamIsMissing,
  teamIsUnknown,
  userExists,
  userIsMissing,
  wrongSetting,
} from './refusals.ts';
import { OutcomeUnknown, openRemoteControl } from './remote-control.ts';
import { routerVariable } from './router.ts';
import type { Changed, SecretKey, ShownKey, Way } from './way.ts';

/** Most that a list shows. */
const LIMIT = 1000;

/** Shows a secret that may be stored, whatever became of the answer: nothing else ever will. */
async function showingSecrets<T>(made: readonly string[], job: Promise<T>): Promise<T> {
  try {
    return await job;
  } catch (cause) {
    if (causeOf(cause, OutcomeUnknown) !== null) {
      for (const secret of made) note(`If it was stored all the same, the key is: ${secret}`);
    }
    throw cause;
  }
}

/** The desk on a database behind wrangler. No running router is told of what it does. */
function deskOn(place: Place) {
  const made: string[] = [];
  // What is printed instead of being run still has to be decided by what is there.
  const there = { ...place, sql: false };
  const desk: manage.Desk = {
    database: openRemoteControl(place, there),
    actor: 'cli',
    now: Date.now(),
    async newSecret(prefix) {
      const fresh = await newSecret(prefix);
      made.push(fresh.secret);
      // It must not stand among the statements, and nothing else will ever show it.
      if (place.sql) note(`The key, once you have run the statements: ${fresh.secret}`);
      return fresh;
    },
    catalog: async () => knownCatalog(await readCatalog(openRemoteControl(there))),
    tellOfKey: async () => 'within_a_minute',
    tellOfOwner: async () => 'within_a_minute',
    tellOfTeam: async () => 'within_a_minute',
  };
  return { desk, made };
}

function changed(change: manage.ChangedKey, id: string): Changed<ShownKey> {
  switch (change.kind) {
    case 'changed':
      return { shown: describeKey(change.key), isAtOnce: false };
    case 'missing':
      throw keyIsMissing(id);
    case 'revoked':
      throw keyIsRevoked(id, change.key.owner);
    case 'stale':
      throw keyIsStale(id);
    case 'past_expiry':
    case 'unknown_model':
      throw wrongSetting(change);
  }
}

async function makeKey(place: Place, owner: string, prefix: string, settings: SettingValues): Promise<SecretKey> {
  const { desk, made } = deskOn(place);
  const asked = { id: keyId(desk.now), owner, prefix, settings: settingsToColumns(settings) };
  const key = await showingSecrets(made, manage.makeKey(desk, asked));
  if (key.kind === 'id_taken') throw idIsTaken(asked.id);
  if (key.kind !== 'made') throw wrongSetting(key);
  return manage.describeSecret(key.key, key.secret, desk.now);
}

async function rotateKey(place: Place, id: string, grace: string): Promise<Changed<SecretKey>> {
  const { desk, made } = deskOn(place);
  const rotated = await showingSecrets(made, manage.rotateKey(desk, id, parseDuration(grace) ?? 0));
  if (rotated.kind !== 'rotated') {
    changed(rotated, id);
    throw keyIsStale(id);
  }
  return { shown: manage.describeSecret(rotated.key, rotated.secret, desk.now), isAtOnce: false };
}

/** Through `wrangler d1 execute`, which takes a second or more a call. */
export function databaseWay(place: Place, sentence: string | null): Way {
  const database = openRemoteControl(place);
  return {
    sentence,
    isRouter: false,
    catalog: catalogOfDatabase(place),
    makeKey: (owner, prefix, settings) => makeKey(place, owner, prefix, settings),
    async listKeys(owner) {
      const page = await keys.listKeys(database, { limit: LIMIT, owner });
      return { data: page.data.map(describeKey), isAll: page.nextCursor === null };
    },
    async getKey(id) {
      const key = await keys.getKey(database, id);
      if (key === null) throw keyIsMissing(id);
      return describeKey(key);
    },
    async changeKey(id, { status, ...settings }) {
      const { desk } = deskOn(place);
      return changed(await manage.changeKey(desk, id, { status, ...settingsToColumns(settings) }), id);
    },
    revokeKey: async (id) => changed(await manage.revokeKey(deskOn(place).desk, id), id),
    rotateKey: (id, grace) => rotateKey(place, id, grace),
    async verifyKey(secret) {
      const { valid, id } = await verifyKey(database, secret, Date.now());
      return valid ? id : null;
    },
    async makeUser(name) {
      const made = await manage.makeUser(deskOn(place).desk, name);
      if (made.kind !== 'created') throw userExists(name);
      return users.describeUser(made.user);
    },
    async listUsers() {
      const page = await users.listUsers(database, { limit: LIMIT });
      return { data: page.data.map(users.describeUser), isAll: page.nextCursor === null };
    },
    async getUser(name) {
      const user = await users.getUser(database, name);
      if (user === null) throw userIsMissing(name);
      return users.describeUser(user);
    },
    async changeUser(name, { status, ...settings }) {
      const { desk } = deskOn(place);
      const change = await manage.changeUser(desk, name, { status, ...userToColumns(settings) });
      if (change.kind === 'changed') return { shown: users.describeUser(change.user), isAtOnce: false };
      if (change.kind === 'email_taken') throw emailIsTaken(settings.email ?? '');
      throw change.kind === 'unknown_team' ? teamIsUnknown(settings.team ?? '') : userIsMissing(name);
    },
    async makeTeam(name, budgets) {
      const { kind, team } = await manage.makeTeam(deskOn(place).desk, name, budgetsToColumns(budgets));
      if (kind === 'exists') throw teamExists(name);
      return teams.describeTeam(team);
    },
    async listTeams() {
      const page = await teams.listTeams(database, { limit: LIMIT });
      return { data: page.data.map(teams.describeTeam), isAll: page.nextCursor === null };
    },
    async getTeam(name) {
      const team = await teams.getTeam(database, name);
      if (team === null) throw teamIsMissing(name);
      return teams.describeTeam(team);
    },
    async changeTeam(name, budgets) {
      const change = await manage.changeTeam(deskOn(place).desk, name, budgetsToColumns(budgets));
      if (change.kind !== 'changed') throw teamIsMissing(name);
      return { shown: teams.describeTeam(change.team), isAtOnce: false };
    },
    async removeTeam(name) {
      const removed = await manage.removeTeam(deskOn(place).desk, name);
      if (removed.kind === 'missing') throw teamIsMissing(name);
      if (removed.kind === 'has_members') throw teamHasMembers(name);
    },
    async usage(by, days) {
      const offset = await routerVariable('BUDGET_UTC_OFFSET', place);
      // Open at the end: a request may just have begun a new day.
      return await usageBy(database, by, firstOfLastDays(days, offset), '9999-12-31');
    },
  };
}
