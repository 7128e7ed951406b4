import { Hono } from 'hono';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { runAfterIn } from '../../middleware/run-after.ts';
import { findOffered } from '../../offer/read-offered.ts';
import type { ConfiguredProvider } from '../../providers/configured.ts';
import { checkProvider, type LiveCheck } from '../../providers/live-check.ts';
import type { Provider } from '../../providers/provider.ts';
import { PROVIDERS } from '../../providers/registry.ts';
import { Badge } from '../kit/badge.tsx';
import { duration } from '../kit/format.ts';
import { respond } from '../kit/respond.tsx';
import { Table } from '../kit/table.tsx';
import { useView, viewOf } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';

interface Checked {
  provider: Provider;
  configured: ConfiguredProvider | null;
  check: LiveCheck | null;
}

function State({ checked: { provider, check } }: { checked: Checked }) {
  const { providers } = useView().texts;
  if (check === null) {
    return (
      <>
        <Badge tone="soft">{providers.off}</Badge>
        <small>{providers.offHint(provider.variables?.apiKey ?? 'TEST_PROVIDER')}</small>
      </>
    );
  }
  return (
    <>
      <Badge tone={check.ok ? 'good' : 'bad'}>{check.ok ? providers.works : providers.broken}</Badge>
      {check.problem !== null && <small>{check.problem.message}</small>}
      {check.unlisted !== null && check.unlisted.length > 0 && (
        <small>{providers.unlisted(check.unlisted.join(', '))}</small>
      )}
    </>
  );
}

function ProvidersPage({ lines }: { lines: readonly Checked[] }) {
  const { providers } = useView().texts;
  return (
    <Frame title={providers.title} place="overview">
      <Head title={providers.title} lead={providers.lead} />
      <Table
        caption={providers.caption}
        rows={lines}
        columns={[
          { head: providers.provider, cell: ({ provider }) => provider.name },
          { head: providers.state, cell: (checked) => <State checked={checked} /> },
          { head: providers.latency, look: 'number', cell: ({ check }) => duration(check?.latencyMs ?? null) },
          { head: providers.balance, cell: ({ check }) => check?.balance ?? '–' },
          {
            head: providers.baseUrl,
            look: 'wide-only',
            cells: 'mono',
            cell: ({ provider, configured }) => configured?.baseUrl ?? provider.baseUrl,
          },
        ]}
      />
    </Frame>
  );
}

/** Asks every provider now. A form's answer and no page of its own, since some providers bill a token for it. */
export const providers = new Hono<AdminEnv>()
  .get('/providers', (c) => c.redirect('/admin', 303))
  .post('/providers', async (c) => {
    const { providers: offer } = await findOffered(c.env, runAfterIn(c.executionCtx));
    const lines = await Promise.all(
      PROVIDERS.map(async (provider) => {
        const configured = offer.get(provider.id) ?? null;
        return { provider, configured, check: configured === null ? null : await checkProvider(configured, Date.now) };
      }),
    );
    return respond(c, viewOf(c, '/admin'), <ProvidersPage lines={lines} />);
  });
