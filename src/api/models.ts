import { Hono } from 'hono';
import { isAllowed } from '../catalog/allow-list.ts';
import { describeModel } from '../catalog/describe.ts';
import { type ListedModel, modelNotFound } from '../catalog/lookup.ts';
import { nearestNames } from '../catalog/nearest.ts';
import { notAllowed } from '../exchange/refusal.ts';
import type { AppEnv } from '../middleware/app-env.ts';
import { methodNotAllowed } from '../middleware/error-response.ts';
import { requireOffer } from '../providers/offer.ts';
import { confirmedKey } from './client-key.ts';

/** Every name a model has in the key's allow-list: its own and, for an alias, the one it stands for. */
function namesOf({ name, aliasOf }: ListedModel): string[] {
  return aliasOf === null ? [name] : [name, aliasOf];
}

/** `GET /models` and `GET /models/{id}`, OpenAI's form: what this deployment offers and this key may use. */
export const models = new Hono<AppEnv>()
  .get('/models/*', confirmedKey)
  .get('/models', (c) => {
    const key = c.get('key');
    const usable = requireOffer(c.env, c.get('config').modelsJson)
      .catalog.list()
      .filter((each) => isAllowed(key.models, namesOf(each)));
    return c.json({ object: 'list', data: usable.map((each) => describeModel(each, Date.now())) });
  })
  // A model's name holds a slash; clients send it raw or as %2F, which Hono decodes.
  .get('/models/:id{.+}', (c) => {
    const key = c.get('key');
    const id = c.req.param('id');
    const all = requireOffer(c.env, c.get('config').modelsJson).catalog.list();
    const found = all.find(({ name }) => name === id);
    if (found !== undefined && isAllowed(key.models, namesOf(found))) return c.json(describeModel(found, Date.now()));
    if (found !== undefined) throw notAllowed(id);
    const usable = all.filter((each) => isAllowed(key.models, namesOf(each))).map(({ name }) => name);
    throw modelNotFound(id, nearestNames(id, usable));
  })
  .all('/models/*', methodNotAllowed('GET', 'OPTIONS'));
