import { Hono } from 'hono';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import type { ConfiguredProvider } from '../../providers/configured.ts';
import { checkProvider, type LiveCheck } from '../../providers/live-check.ts';
import { readOffer } from '../../providers/offer.ts';
import type { Provider } from '../../providers/provider.ts';
import { PROVIDERS } from '../../providers/registry.ts';
import { Badge } from '../kit/badge.tsx';
import { duration } from '../kit/format.ts';
import { respond } from '../kit/respond.ts';
import { type View, viewOf } from '../kit/view.ts';
import { Frame, Head, Scroll } from './frame.tsx';

interface Checked {
  provider: Provider;
  configured: ConfiguredProvider | null;
  check: LiveCheck | null;
}

function State({ view, checked: { provider, check } }: { view: View; checked: Checked }) {
  const { providers } = view.texts;
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

function ProvidersPage({ view, lines }: { view: View; lines: readonly Checked[] }) {
  const { providers } = view.texts;
  return (
    <Frame view={view} title={providers.title} place="overview">
      <Head title={providers.title} lead={providers.lead} />
      <Scroll label={providers.caption}>
        <table>
          <caption class="quiet">{providers.caption}</caption>
          <thead>
            <tr>
              <th scope="col">{providers.provider}</th>
              <th scope="col">{providers.state}</th>
              <th scope="col" class="number">
                {providers.latency}
              </th>
              <th scope="col">{providers.balance}</th>
              <th scope="col" class="wide-only">
                {providers.baseUrl}
              </th>
            </tr>
          </thead>
          <tbody>
            {lines.map((checked) => (
              <tr>
                <th scope="row">{checked.provider.name}</th>
                <td>
                  <State view={view} checked={checked} />
                </td>
                <td class="number">{duration(checked.check?.latencyMs ?? null)}</td>
                <td>{checked.check?.balance ?? '–'}</td>
                <td class="wide-only mono">{checked.configured?.baseUrl ?? checked.provider.baseUrl}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Frame>
  );
}

/** Asks every provider now. A form's answer and no page of its own, since some providers bill a token for it. */
export const providers = new Hono<AdminEnv>()
  .get('/providers', (c) => c.redirect('/admin', 303))
  .post('/providers', async (c) => {
    const offer = readOffer(c.env, c.get('config').modelsJson).providers;
    const lines = await Promise.all(
      PROVIDERS.map(async (provider) => {
        const configured = offer.get(provider.id) ?? null;
        return { provider, configured, check: configured === null ? null : await checkProvider(configured, Date.now) };
      }),
    );
    return respond(c, <ProvidersPage view={viewOf(c, '/admin')} lines={lines} />);
  });
