import { type Context, Hono } from 'hono';
import type { AlertWebhook } from '../../config.ts';
import { type Delivery, readDelivery, sendTestAlert } from '../../ledger/alert-post.ts';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { openDatabase } from '../../store/database.ts';
import { Badge } from '../kit/badge.tsx';
import { Copy } from '../kit/copy.tsx';
import { Facts } from '../kit/facts.tsx';
import { Form } from '../kit/form.tsx';
import { duration } from '../kit/format.ts';
import { Note } from '../kit/note.tsx';
import { respond } from '../kit/respond.tsx';
import { Empty } from '../kit/table.tsx';
import { Time } from '../kit/time.tsx';
import { useView, viewOf } from '../kit/view.ts';
import type { Texts } from '../texts/english.ts';
import { Frame, Head } from './frame.tsx';

const SET_URL = 'npx wrangler secret put ALERT_WEBHOOK_URL';
const SET_SECRET = 'npx wrangler secret put ALERT_WEBHOOK_SECRET';

/** The status, where there is one, in the words of how it went. */
function outcomeOf({ outcome, status }: Delivery, { alerts }: Texts): string {
  return alerts.outcomes[outcome](String(status ?? ''));
}

function LastDelivery({ delivery }: { delivery: Delivery | null }) {
  const { texts } = useView();
  const { alerts, keys } = texts;
  if (delivery === null) return <p class="soft">{alerts.none}</p>;
  const { about, at, ms, outcome } = delivery;
  const what =
    about === null
      ? alerts.test
      : alerts.about(alerts.levels[about.level](about.name), about.percent, keys.windows[about.window]);
  return (
    <Facts
      facts={[
        [alerts.when, <Time at={at} />],
        [
          alerts.result,
          <Badge tone={outcome === 'delivered' ? 'good' : 'bad'}>
            {outcomeOf(delivery, texts)} · {duration(ms)}
          </Badge>,
        ],
        [alerts.what, what],
      ]}
    />
  );
}

/** Who is told, without what stands behind its host: that is often a secret. */
function Receiver({ webhook }: { webhook: AlertWebhook }) {
  const { alerts } = useView().texts;
  const isSigned = webhook.secret !== null;
  return (
    <section>
      <h2>{alerts.receiver}</h2>
      <Facts
        facts={[
          [alerts.address, <span class="mono">{new URL(webhook.url).origin}/…</span>],
          [
            alerts.signed,
            isSigned ? <Badge tone="good">{alerts.isSigned}</Badge> : <Badge tone="warn">{alerts.isUnsigned}</Badge>,
          ],
        ]}
      />
      {!isSigned && (
        <>
          <p class="small soft">{alerts.signHint}</p>
          <Copy id="set-secret" label={alerts.command} text={SET_SECRET} />
        </>
      )}
    </section>
  );
}

function NotSet() {
  const { alerts } = useView().texts;
  return (
    <Empty>
      <b>{alerts.notSet}</b>
      <p>{alerts.notSetText}</p>
      <Copy id="set-url" label={alerts.command} text={SET_URL} />
    </Empty>
  );
}

interface AlertsProps {
  webhook: AlertWebhook | null;
  delivery: Delivery | null;
  /** How a test went that was sent just now. */
  tested: Delivery | null;
}

function AlertsPage({ webhook, delivery, tested }: AlertsProps) {
  const { texts } = useView();
  const { alerts } = texts;
  const isFailed = tested !== null && tested.outcome !== 'delivered';
  return (
    <Frame title={alerts.title} place="alerts">
      <Head title={alerts.title} lead={alerts.lead}>
        {webhook !== null && <Form action="/admin/alerts" submit={alerts.send} submitLook="plain" />}
      </Head>
      {tested !== null && (
        <Note
          text={isFailed ? alerts.testFailed(outcomeOf(tested, texts)) : alerts.testSent(String(tested.status))}
          bad={isFailed}
        />
      )}
      {webhook === null ? <NotSet /> : <Receiver webhook={webhook} />}
      {(webhook !== null || delivery !== null) && (
        <section>
          <h2>{alerts.last}</h2>
          <LastDelivery delivery={delivery} />
        </section>
      )}
    </Frame>
  );
}

async function show(c: Context<AdminEnv>, tested: Delivery | null): Promise<Response> {
  const { alertWebhook } = c.get('config');
  const delivery = tested ?? (await readDelivery(openDatabase(c.env.DB)));
  const page = <AlertsPage webhook={alertWebhook} delivery={delivery} tested={tested} />;
  return respond(c, viewOf(c, '/admin/alerts'), page);
}

/** `/admin/alerts`: who is told when budgets fill, how the last message went, and a test of it. */
export const alerts = new Hono<AdminEnv>()
  .get('/alerts', (c) => show(c, null))
  .post('/alerts', async (c) => {
    const { alertWebhook } = c.get('config');
    if (alertWebhook === null) return show(c, null);
    return show(c, await sendTestAlert(alertWebhook, c.env.DB, Date.now()));
  });
