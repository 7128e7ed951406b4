import { Hono } from 'hono';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { runAfterIn } from '../../middleware/run-after.ts';
import { findOffered } from '../../offer/read-offered.ts';
import { ModelTable, modelsByProvider, type ProviderModels } from '../kit/model-table.tsx';
import { respond } from '../kit/respond.tsx';
import { Empty } from '../kit/table.tsx';
import { useView, viewOf } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';

function ModelsPage({ providers }: { providers: readonly ProviderModels[] }) {
  const { models } = useView().texts;
  return (
    <Frame title={models.title} place="models">
      <Head title={models.title} lead={models.lead} />
      {providers.length > 0 ? (
        <ModelTable providers={providers} />
      ) : (
        <Empty>
          <p>{models.empty}</p>
        </Empty>
      )}
    </Frame>
  );
}

/** `/admin/models`: the catalogue of this deployment. */
export const models = new Hono<AdminEnv>().get('/models', async (c) => {
  const providers = modelsByProvider(await findOffered(c.env, runAfterIn(c.executionCtx)));
  return respond(c, viewOf(c), <ModelsPage providers={providers} />);
});
