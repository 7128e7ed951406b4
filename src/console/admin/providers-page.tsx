import type { ProviderReport } from '../../offer/provider-report.ts';
import type { Standing, Trip } from '../../providers/health.ts';
import type { LiveCheck } from '../../providers/live-check.ts';
import { Badge } from '../kit/badge.tsx';
import { Form } from '../kit/form.tsx';
import { duration } from '../kit/format.ts';
import { type Column, Table } from '../kit/table.tsx';
import { Sentence, Time } from '../kit/time.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';

/** A line of the table: a provider with one of its keys, or without any. */
interface Line {
  report: ProviderReport;
  label: string | null;
  standing: Standing;
  check: LiveCheck | null;
  /** How many lines its provider has; 0 where one above is the first of them. */
  span: number;
}

function linesOf(report: ProviderReport): Line[] {
  const { credentials, standing } = report;
  if (credentials.length === 0) return [{ report, label: null, standing, check: null, span: 1 }];
  return credentials.map((credential, index) => ({
    report,
    ...credential,
    span: index === 0 ? credentials.length : 0,
  }));
}

function Out({ standing: { reason, until } }: { standing: Standing }) {
  const { providers } = useView().texts;
  return (
    <>
      <Badge tone="warn">
        <Sentence words={providers.outUntil}>{until === null ? '' : <Time at={until} look="short" />}</Sentence>
      </Badge>
      <small>{providers.reasons[reason ?? ''] ?? reason}</small>
    </>
  );
}

function Provider({ report: { configured, isActive, provider, standing } }: { report: ProviderReport }) {
  return (
    <>
      <span class={configured === null || !isActive ? 'soft' : undefined}>{provider.name}</span>
      {configured !== null && !standing.well && <Out standing={standing} />}
    </>
  );
}

function Checked({ check }: { check: LiveCheck }) {
  const { providers } = useView().texts;
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

function State({ line: { check, label, report, standing } }: { line: Line }) {
  const { providers } = useView().texts;
  if (!report.isActive) return <Badge tone="soft">{providers.disabled}</Badge>;
  if (label === null) {
    return (
      <>
        <Badge tone="soft">{providers.off}</Badge>
        <small>{providers.offHint(report.provider.variables?.apiKey ?? 'TEST_PROVIDER')}</small>
      </>
    );
  }
  if (check !== null) return <Checked check={check} />;
  return standing.well ? <Badge tone="good">{providers.well}</Badge> : <Out standing={standing} />;
}

function Trips({ trips }: { trips: readonly Trip[] }) {
  const { providers } = useView().texts;
  if (trips.length === 0) return <p class="soft">{providers.noTrips}</p>;
  return (
    <Table
      caption={providers.trips}
      rows={trips}
      columns={[
        { head: providers.provider, cell: ({ provider }) => provider },
        { head: providers.key, cell: ({ label }) => label ?? '–' },
        { head: providers.why, cell: ({ reason }) => providers.reasons[reason] ?? reason },
        { head: providers.until, cell: ({ until }) => <Time at={until} look="short" /> },
      ]}
    />
  );
}

interface ProvidersProps {
  reports: readonly ProviderReport[];
  trips: readonly Trip[];
  /** True where they were asked just now. */
  isChecked: boolean;
}

/** Every provider there is, offered or not, and how each of its keys stands. */
export function ProvidersPage({ reports, trips, isChecked }: ProvidersProps) {
  const { overview, providers } = useView().texts;
  const ofCheck: Column<Line>[] = [
    { head: providers.latency, look: 'number', cell: ({ check }) => duration(check?.latencyMs ?? null) },
    { head: providers.balance, cell: ({ check }) => check?.balance ?? '–' },
  ];
  return (
    <Frame title={providers.title} place="providers">
      <Head title={providers.title} lead={isChecked ? providers.lead : providers.leadUnchecked}>
        <Form action="/admin/providers" submit={overview.checkNow} submitLook="plain" />
      </Head>
      <Table
        caption={providers.caption}
        rows={reports.flatMap(linesOf)}
        columns={[
          { head: providers.provider, span: ({ span }) => span, cell: ({ report }) => <Provider report={report} /> },
          { head: providers.key, cell: ({ label }) => label ?? '–' },
          { head: providers.state, cell: (line) => <State line={line} /> },
          ...(isChecked ? ofCheck : []),
          {
            head: providers.baseUrl,
            look: 'wide-only',
            cells: 'mono',
            cell: ({ report: { configured, provider } }) => configured?.baseUrl ?? provider.baseUrl,
          },
        ]}
      />
      <section>
        <h2>{providers.trips}</h2>
        <Trips trips={trips} />
      </section>
    </Frame>
  );
}
