import type { Child } from 'hono/jsx';
import { maskSecret } from '../../keys/secret.ts';
import { Badge } from '../kit/badge.tsx';
import { Form } from '../kit/form.tsx';
import { budgetMoney, compact, count, duration, money, percent } from '../kit/format.ts';
import { Meter } from '../kit/meter.tsx';
import { Empty } from '../kit/table.tsx';
import { Time } from '../kit/time.tsx';
import { useView } from '../kit/view.ts';
import { errorsText } from './errors-text.ts';
import { Frame, Head } from './frame.tsx';
import { Light } from './light.tsx';
import type { OverviewData, ProviderLine } from './overview-data.ts';
import { Period } from './period.tsx';
import { TrafficChart } from './traffic-chart.tsx';

interface OverviewProps {
  data: OverviewData;
}

function Spend({ data }: OverviewProps) {
  const { overview } = useView().texts;
  const figures = [
    [overview.today, data.spend.day, null],
    [overview.week, data.spend.week, null],
    [overview.month, data.spend.month, data.pace],
  ] as const;
  return (
    <section aria-label={overview.spend}>
      <dl class="figures large">
        {figures.map(([name, sum, pace]) => (
          <div>
            <dt>{name}</dt>
            <dd>
              {money(sum)}
              {pace !== null && pace > 0 && <small>{overview.pace(money(pace))}</small>}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Figure({ name, note, children }: { name: string; note?: string; children?: Child }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {children}
        {note && <small>{note}</small>}
      </dd>
    </div>
  );
}

function LastDay({ data }: OverviewProps) {
  const { texts } = useView();
  const { overview } = texts;
  const sum = (of: (row: OverviewData['hours'][number]) => number) => data.hours.reduce((all, row) => all + of(row), 0);
  const [requests, errors, input] = [
    sum((row) => row.requests),
    sum((row) => row.errors),
    sum((row) => row.inputTokens),
  ];
  const whose = { errors, providerErrors: sum((row) => row.providerErrors), ownErrors: sum((row) => row.ownErrors) };
  const { median, p95 } = data.firstToken;
  return (
    <section>
      <h2>{overview.last24}</h2>
      <dl class="figures">
        <Figure name={overview.requests}>{count(requests)}</Figure>
        <Figure name={overview.errors} {...(errors > 0 && { note: errorsText(whose, texts) })}>
          {errors > 0 ? `${count(errors)} (${percent(errors, requests)})` : count(errors)}
        </Figure>
        <Figure name={overview.tokens}>{`${compact(input)} / ${compact(sum((row) => row.outputTokens))}`}</Figure>
        <Figure name={overview.cached}>
          {percent(
            sum((row) => row.cachedTokens),
            input,
          )}
        </Figure>
        <Figure name={overview.firstToken} {...(p95 !== null && { note: overview.firstTokenNote(duration(p95)) })}>
          {duration(median)}
        </Figure>
      </dl>
    </section>
  );
}

function Budgets({ data }: OverviewProps) {
  const { overview, keys } = useView().texts;
  return (
    <section>
      <h2>{overview.budgets}</h2>
      {data.budgets.length === 0 && <p class="soft">{overview.noBudgets}</p>}
      <div class="meters">
        {data.budgets.map(({ tightest, ...key }) => (
          <Meter share={tightest.share}>
            <span class="head">
              <span>
                <a href={`/admin/keys/${key.id}`}>{key.name || maskSecret(key)}</a>{' '}
                <span class="soft">{key.owner}</span>
              </span>
              <span class="small">
                {keys.of(money(tightest.spent), budgetMoney(tightest.budget))}{' '}
                <span class="soft">{keys.windows[tightest.window]}</span>
              </span>
            </span>
          </Meter>
        ))}
      </div>
    </section>
  );
}

const STATE_TONES = { off: 'soft', quiet: 'soft', ok: 'good', failing: 'bad' } as const;

function Provider({ line }: { line: ProviderLine }) {
  const { overview } = useView().texts;
  const { traffic } = line;
  const last = traffic?.lastFailure ?? null;
  return (
    <li>
      <span class={line.state === 'off' ? 'soft' : undefined}>
        {line.name} <small class="mono">{line.id}</small>
      </span>
      <Badge tone={STATE_TONES[line.state]}>{overview.states[line.state]}</Badge>
      {traffic !== null && <small class="wide">{overview.served(traffic.requests, traffic.failures)}</small>}
      {last !== null && (
        <small class="wide">
          {overview.lastFailure} <Time at={last.at} look="ago" /> <span class="mono">{last.code}</span>
        </small>
      )}
    </li>
  );
}

function Providers({ data }: OverviewProps) {
  const { overview } = useView().texts;
  return (
    <section>
      <div class="head">
        <h2>
          <a href="/admin/providers">{overview.providers}</a>
        </h2>
        <Form action="/admin/providers" submit={overview.checkNow} submitLook="plain tight" />
      </div>
      <p class="small soft">{overview.providersNote}</p>
      <ul class="lines">
        {data.providers.map((line) => (
          <Provider line={line} />
        ))}
      </ul>
    </section>
  );
}

function Ledger({ data }: OverviewProps) {
  const { overview } = useView().texts;
  return (
    <section>
      <h2>{overview.ledger}</h2>
      <Light light={data.ledger}>
        <a class="nowrap" href="/admin/ledger">
          {overview.ledgerOpen}
        </a>
      </Light>
    </section>
  );
}

function FirstSteps() {
  const { overview, keys } = useView().texts;
  return (
    <Empty>
      <b>{overview.firstSteps}</b>
      <p>{overview.firstStepsText}</p>
      <a class="button" href="/admin/keys/new">
        {keys.make}
      </a>
    </Empty>
  );
}

/** How the router is doing, on one page. */
export function OverviewPage({ data }: OverviewProps) {
  const { offset, texts } = useView();
  const { overview } = texts;
  const isEmpty = data.period.days.length === 0 && data.hours.length === 0;
  return (
    <Frame title={overview.title} place="overview">
      <Head title={overview.title} lead={texts.zone(offset)} />
      {isEmpty && <FirstSteps />}
      <Spend data={data} />
      <Period data={data.period} />
      <LastDay data={data} />
      <section>
        <div class="head">
          <h2>{overview.byHour}</h2>
          <small>{overview.byHourNote}</small>
        </div>
        <TrafficChart rows={data.hours} />
      </section>
      <div class="two">
        <Budgets data={data} />
        <div class="stack">
          <Providers data={data} />
          <Ledger data={data} />
        </div>
      </div>
    </Frame>
  );
}
