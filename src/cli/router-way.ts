import * as z from 'zod/mini';
import type { UsageRow } from '../store/usage.ts';
import { catalogOfRouter } from './catalog-way.ts';
import { flagOf } from './key-settings.ts';
import { Mistake } from './mistake.ts';
import {
  emailIsTaken,
  keyIsMissing,
  keyIsRevoked,
  teamExists,
  teamHasMembers,
  teamIsMissing,
  teamIsUnknown,
  userExists,
  userIsMissing,
} from './refusals.ts';
import { askRouter, Refused, type Router } from './router.ts';
import {
  type Changed,
  keySchema,
  type Listed,
  type SecretKey,
  type ShownKey,
  secretKeySchema,
  teamSchema,
  userSchema,
  type Way,
} from './way.ts';

const PAGE = 200;
/** Most that a list shows. */
const LIMIT = 1000;

/** A list, page after page, up to what is shown. */
async function listAll<T extends z.ZodMiniType>(router: Router, path: string, member: T): Promise<Listed<z.output<T>>> {
  const pageSchema = z.object({ data: z.array(member), next_cursor: z.nullable(z.string()) });
  const data: z.output<T>[] = [];
  let cursor: string | null = '';
  while (cursor !== null && data.length < LIMIT) {
    const query = `limit=${PAGE}&cursor=${encodeURIComponent(cursor)}`;
    const page: z.output<typeof pageSchema> = await askRouter(router, 'GET', `${path}&${query}`, pageSchema);
    data.push(...page.data);
    cursor = page.next_cursor;
  }
  return { data, isAll: cursor === null };
}

/** An answer about one key or user, in the words of the command line where it is refused. */
async function about<T>(
  job: Promise<T>,
  words: { missing: () => Error; conflict?: () => Promise<Error>; wrong?: (param: string | null) => Error | null },
): Promise<T> {
  try {
    return await job;
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    if (cause.status === 404) throw words.missing();
    // By the name that was typed, not by the column's.
    const flag = cause.param === null ? null : flagOf(cause.param);
    const wrong = cause.status === 400 ? (words.wrong?.(cause.param) ?? null) : null;
    if (wrong !== null) throw wrong;
    if (cause.status === 400 && flag !== null) throw new Mistake(`--${flag} ${cause.words.replace(/^\w+: /, '')}`);
    if (cause.status === 409 && cause.param !== null && words.conflict !== undefined) throw await words.conflict();
    throw cause;
  }
}

/** A change that is stored, though a ledger could not be told of it, is a change. */
async function evenLate<T>(job: Promise<T>, look: () => Promise<T>): Promise<Changed<T>> {
  try {
    return { shown: await job, isAtOnce: true };
  } catch (cause) {
    if (!(cause instanceof Refused) || cause.code !== 'ledger_unavailable') throw cause;
    return { shown: await look(), isAtOnce: false };
  }
}

const pathOf = (id: string) => `/internal/keys/${encodeURIComponent(id)}`;
const userPath = (name: string) => `/internal/users/${encodeURIComponent(name)}`;
const teamPath = (name: string) => `/internal/teams/${encodeURIComponent(name)}`;

function getKey(router: Router, id: string): Promise<ShownKey> {
  return about(askRouter(router, 'GET', pathOf(id), keySchema), { missing: () => keyIsMissing(id) });
}

/** The words for a key whose state is in the way: it is revoked, since nothing else is final. */
function keyWords(router: Router, id: string) {
  return {
    missing: () => keyIsMissing(id),
    conflict: async () => keyIsRevoked(id, (await getKey(router, id)).owner),
  };
}

async function changeKey(router: Router, method: string, id: string, body?: unknown): Promise<Changed<ShownKey>> {
  const job = about(askRouter(router, method, pathOf(id), keySchema, body), keyWords(router, id));
  return await evenLate(job, () => getKey(router, id));
}

async function rotateKey(router: Router, id: string, grace: string): Promise<Changed<SecretKey>> {
  const asked = askRouter(router, 'POST', `${pathOf(id)}/rotate`, secretKeySchema, { grace });
  const shown = await about(asked, keyWords(router, id));
  return { shown, isAtOnce: true };
}

const verificationSchema = z.object({ valid: z.boolean(), id: z.nullable(z.string()) });
const removedSchema = z.looseObject({ removed: z.string() });
const usageSchema = z.object({
  data: z.array(
    z.looseObject({
      requests: z.number(),
      input_tokens: z.number(),
      output_tokens: z.number(),
      cost_nano_usd: z.number(),
      cost_usd: z.string(),
    }),
  ),
});

/** Through a running router: at once, and what is changed holds from the next request on. */
export function routerWay(router: Router, sentence: string | null): Way {
  return {
    sentence,
    isRouter: true,
    catalog: catalogOfRouter(router),
    makeKey: (username, prefix, settings) =>
      about(askRouter(router, 'POST', '/internal/keys', secretKeySchema, { username, prefix, ...settings }), {
        missing: () => userIsMissing(username),
      }),
    listKeys: (owner) => {
      const filter = owner === null ? '' : `username=${encodeURIComponent(owner)}`;
      return listAll(router, `/internal/keys?${filter}`, keySchema);
    },
    getKey: (id) => getKey(router, id),
    changeKey: (id, change) => changeKey(router, 'PATCH', id, change),
    revokeKey: (id) => changeKey(router, 'DELETE', id),
    rotateKey: (id, grace) => rotateKey(router, id, grace),
    async verifyKey(key) {
      const { valid, id } = await askRouter(router, 'POST', '/internal/keys/verify', verificationSchema, { key });
      return valid ? id : null;
    },
    makeUser: (username) =>
      about(askRouter(router, 'POST', '/internal/users', userSchema, { username }), {
        missing: () => userIsMissing(username),
        conflict: async () => userExists(username),
      }),
    listUsers: () => listAll(router, '/internal/users?', userSchema),
    getUser: (name) =>
      about(askRouter(router, 'GET', userPath(name), userSchema), { missing: () => userIsMissing(name) }),
    async changeUser(name, change) {
      const missing = () => userIsMissing(name);
      const conflict = async () => emailIsTaken(change.email ?? '');
      // A team's name was looked at before, so that only its being there is left to be wrong.
      const wrong = (param: string | null) => (param === 'team' ? teamIsUnknown(change.team ?? '') : null);
      const job = about(askRouter(router, 'PATCH', userPath(name), userSchema, change), { missing, conflict, wrong });
      return await evenLate(job, () => askRouter(router, 'GET', userPath(name), userSchema));
    },
    makeTeam: (name, budgets) =>
      about(askRouter(router, 'POST', '/internal/teams', teamSchema, { name, ...budgets }), {
        missing: () => teamIsMissing(name),
        conflict: async () => teamExists(name),
      }),
    listTeams: () => listAll(router, '/internal/teams?', teamSchema),
    getTeam: (name) =>
      about(askRouter(router, 'GET', teamPath(name), teamSchema), { missing: () => teamIsMissing(name) }),
    async changeTeam(name, budgets) {
      const missing = () => teamIsMissing(name);
      const job = about(askRouter(router, 'PATCH', teamPath(name), teamSchema, budgets), { missing });
      return await evenLate(job, () => askRouter(router, 'GET', teamPath(name), teamSchema));
    },
    async removeTeam(name) {
      await about(askRouter(router, 'DELETE', teamPath(name), removedSchema), {
        missing: () => teamIsMissing(name),
        conflict: async () => teamHasMembers(name),
      });
    },
    async usage(by, days): Promise<UsageRow[]> {
      return (await askRouter(router, 'GET', `/internal/usage?by=${by}&days=${days}`, usageSchema)).data;
    },
  };
}
