import { type Context, Hono } from 'hono';
import { isAllowed } from '../../catalog/allow-list.ts';
import { keyState } from '../../keys/key-state.ts';
import type { AppEnv } from '../../middleware/app-env.ts';
import { runAfterIn } from '../../middleware/run-after.ts';
import { findOffered } from '../../offer/read-offered.ts';
import { openDatabase } from '../../store/database.ts';
import { keysOfOwner } from '../../store/keys.ts';
import { readTemplate } from '../../store/member-template.ts';
import { ModelTable, modelsByProvider, type ProviderModels } from '../kit/model-table.tsx';
import { respond } from '../kit/respond.tsx';
import { Empty } from '../kit/table.tsx';
import { useView, viewOf } from '../kit/view.ts';
import { MeFrame } from './me-frame.tsx';
import type { MemberEnv } from './member.ts';

/** The models that one of these lists allows, by provider; a null list allows all. */
export async function modelsFor<E extends AppEnv>(
  c: Context<E>,
  lists: readonly (string | null)[],
): Promise<ProviderModels[]> {
  const all = modelsByProvider(await findOffered(c.env, runAfterIn(c.executionCtx)));
  const usable = all.map(({ name, models }) => ({
    name,
    models: models.filter(({ route }) =>
      route.targets.some(({ allowedBy }) => lists.some((list) => isAllowed(list, allowedBy))),
    ),
  }));
  return usable.filter(({ models }) => models.length > 0);
}

function OwnModelsPage({ providers }: { providers: readonly ProviderModels[] }) {
  const { me } = useView().texts;
  return (
    <MeFrame title={me.places.models} place="models">
      <div>
        <h1>{me.places.models}</h1>
        <p class="soft">{me.modelsLead}</p>
      </div>
      {providers.length > 0 ? (
        <ModelTable providers={providers} />
      ) : (
        <Empty>
          <p>{me.noModels}</p>
        </Empty>
      )}
    </MeFrame>
  );
}

/** `/me/models`: what a member's keys may use, and those that they may make. */
export const ownModels = new Hono<MemberEnv>().get('/models', async (c) => {
  const view = viewOf(c);
  const database = openDatabase(c.env.DB);
  const [keys, template] = await Promise.all([keysOfOwner(database, c.get('member').name), readTemplate(database)]);
  const lists = keys.filter((key) => keyState(key, view.now) === 'active').map(({ models }) => models);
  if (template.enabled) lists.push(template.models);
  return respond(c, view, <OwnModelsPage providers={await modelsFor(c, lists)} />);
});
