import type { Context } from 'hono';
import { isAllowed } from '../../catalog/allow-list.ts';
import type { Reach } from '../../connect/client.ts';
import { exampleModels } from '../../connect/example-models.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import { runAfterIn } from '../../middleware/run-after.ts';
import { findOffered } from '../../offer/read-offered.ts';
import type { ApiKey } from '../../store/schema.ts';

/** What a client's set-up is filled in with for a new secret: this router's address, and models that the key may use. */
export async function reachOf<E extends AppEnv>(
  c: Context<E>,
  key: Pick<ApiKey, 'models'>,
  secret: string,
): Promise<Reach> {
  const { catalog } = await findOffered(c.env, runAfterIn(c.executionCtx));
  const usable = catalog
    .list()
    .filter(
      ({ kind, route }) =>
        kind !== 'pattern' &&
        route.targets.some(({ allowedBy, model }) => model.embedding === undefined && isAllowed(key.models, allowedBy)),
    )
    .map(({ name }) => name);
  return { origin: new URL(c.req.url).origin, key: secret, ...exampleModels(usable) };
}
