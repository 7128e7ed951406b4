import { type Context, Hono } from 'hono';
import { isAllowed } from '../catalog/allow-list.ts';
import { describeModel } from '../catalog/describe.ts';
import { type Catalog, type ListedRoute, modelNotFound } from '../catalog/lookup.ts';
import { notAllowed } from '../exchange/refusal.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import { methodNotAllowed } from '../middleware/error-response.ts';
import { assertOffers } from '../offer/offered.ts';
import { RouterError } from '../protocol/errors.ts';
import { confirmedKey } from './client-key.ts';

/** A name with those of its targets that this key may use; null where there are none. */
function usablePart(c: Context<AppEnv>, listed: ListedRoute): ListedRoute | null {
  const [first, ...others] = listed.route.targets.filter(({ allowedBy }) => isAllowed(c.var.key.models, allowedBy));
  return first === undefined ? null : { ...listed, route: { ...listed.route, targets: [first, ...others] } };
}

/** What this deployment offers and this key may use. */
function usableBy(c: Context<AppEnv>): { catalog: Catalog; usable: ListedRoute[] } {
  const offered = c.get('offered');
  assertOffers(offered);
  const { catalog } = offered;
  return { catalog, usable: catalog.list().flatMap((listed) => usablePart(c, listed) ?? []) };
}

function describe(listed: ListedRoute, usable: readonly ListedRoute[]) {
  return describeModel(listed, Date.now(), (name) => usable.some((each) => each.name === name));
}

/** What a name that is not listed stands for: it begins like one that is, or its provider takes any. */
function describeUnlisted(c: Context<AppEnv>, id: string): ReturnType<typeof describeModel> {
  const { catalog, usable } = usableBy(c);
  const found = catalog.find(id, ({ allowedBy }) => isAllowed(c.var.key.models, allowedBy));
  if (found.kind === 'unknown') throw modelNotFound(id, found.nearest());
  const listed = { name: id, kind: 'route', route: found.route, aliases: [], aliasOf: null, note: null } as const;
  const part = usablePart(c, { ...listed, endpoint: null });
  if (part === null) throw notAllowed(id);
  return describe(part, usable);
}

const MOST_MODELS = 1000;

/** Throws RouterError for a limit that is no number from 1 to 1000. */
function limitIn(c: Context<AppEnv>): number {
  const limit = Number(c.req.query('limit') ?? MOST_MODELS);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MOST_MODELS) return limit;
  throw new RouterError('invalid_value', `'limit' must be a whole number from 1 to ${MOST_MODELS}.`, {
    param: 'limit',
  });
}

/** A page of the list as both OpenAI's and Anthropic's clients read it. Only the latter ask for pages. */
function printPage(c: Context<AppEnv>, all: ReturnType<typeof describeModel>[]) {
  const limit = limitIn(c);
  const after = c.req.query('after_id');
  const before = c.req.query('before_id');
  const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const end =
    before === undefined
      ? all.length
      : Math.max(
          0,
          all.findIndex(({ id }) => id === before),
        );
  const asked = all.slice(start, end);
  const data = before === undefined ? asked.slice(0, limit) : asked.slice(-limit);
  return {
    object: 'list',
    data,
    has_more: data.length < asked.length,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}

/** `GET /models` and `GET /models/{id}`: what this deployment offers and this key may use. */
export const models = new Hono<AppEnv>()
  .get('/models/*', confirmedKey(null))
  .get('/models', (c) => {
    const { usable } = usableBy(c);
    // A name that holds at Anthropic's door alone is of no use to a client that speaks otherwise.
    const isAnthropic = c.req.header('anthropic-version') !== undefined;
    const served = usable.filter(({ endpoint }) => endpoint === null || isAnthropic);
    const described = served.map((each) => describe(each, usable));
    return c.json(printPage(c, described));
  })
  // A model's name holds a slash; clients send it raw or as %2F, which Hono decodes.
  .get('/models/:id{.+}', (c) => {
    const id = c.req.param('id');
    const { usable } = usableBy(c);
    const found = usable.find(({ name }) => name === id);
    return c.json(found === undefined ? describeUnlisted(c, id) : describe(found, usable));
  })
  .all('/models/*', methodNotAllowed('GET', 'OPTIONS'));
