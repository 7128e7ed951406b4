import type { Child } from 'hono/jsx';
import { curlOf } from '../../connect/curl-of.ts';
import { parseJson } from '../../protocol/json.ts';
import { nanoToUsd } from '../../protocol/money.ts';
import { type AttemptDetail, readAttemptDetails } from '../../store/attempt-details.ts';
import type { RequestLogRow } from '../../store/schema.ts';
import type { SessionSum } from '../../store/session-sum.ts';
import { EndBadge } from '../kit/badge.tsx';
import { Copy } from '../kit/copy.tsx';
import { Facts } from '../kit/facts.tsx';
import { count, duration } from '../kit/format.ts';
import { ModelId } from '../kit/model-id.tsx';
import { RequestTable } from '../kit/request-table.tsx';
import { Empty, Table } from '../kit/table.tsx';
import { Time } from '../kit/time.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';
import { SessionLine } from './session-line.tsx';

/** To the last nano-dollar. */
function exactMoney(nanoUsd: number): string {
  return `${nanoUsd < 0 ? '−' : ''}$${nanoToUsd(Math.abs(nanoUsd))}`;
}

interface SectionProps {
  row: RequestLogRow;
}

function Part({ title, facts }: { title: string; facts: readonly (readonly [name: string, value: Child])[] }) {
  return (
    <section>
      <h2>{title}</h2>
      <Facts facts={facts} />
    </section>
  );
}

/** `name=value` of each mark that the client put on it. Rows may be edited by hand. */
function tagsOf({ tags }: RequestLogRow): string {
  const read = tags === null ? null : parseJson(tags);
  const pairs = typeof read === 'object' && read !== null ? Object.entries(read) : [];
  return pairs.map(([name, value]) => `${name}=${String(value)}`).join(', ') || '–';
}

function Asked({ row, keyName }: SectionProps & { keyName: string }) {
  const { request, requests, keys, users } = useView().texts;
  const served = row.provider === null ? '–' : `${row.provider}/${row.model ?? ''}`;
  const finish = (
    <>
      {row.finishReason ?? '–'}
      {row.vendorFinishReason !== null && row.vendorFinishReason !== row.finishReason && (
        <small class="soft"> {request.providerFinish(row.vendorFinishReason)}</small>
      )}
    </>
  );
  return (
    <Part
      title={request.facts}
      facts={[
        [keys.owner, <a href={`/admin/users/${encodeURIComponent(row.owner)}`}>{row.owner}</a>],
        [
          requests.keyName,
          <>
            <a href={`/admin/keys/${encodeURIComponent(row.keyId)}`}>{keyName}</a>
            {keyName !== row.keyId && <small class="mono"> {row.keyId}</small>}
          </>,
        ],
        ...(row.team === null ? [] : [[users.team, row.team] as const]),
        [keys.purpose, row.purpose],
        [requests.endpoint, row.endpoint ?? '–'],
        [request.requested, row.requestedModel ?? '–'],
        [request.served, served],
        [request.stream, row.stream ? request.yes : request.no],
        [request.status, row.status],
        [request.error, row.errorCode ?? '–'],
        [request.finish, finish],
        [requests.session, row.session ?? '–'],
        [requests.tags, tagsOf(row)],
        ...(row.notice === null ? [] : [[request.notice, request.notices[row.notice] ?? row.notice] as const]),
      ]}
    />
  );
}

function Times({ row }: SectionProps) {
  const { request, requests } = useView().texts;
  return (
    <Part
      title={request.times}
      facts={[
        [request.started, <Time at={row.startedAt} look="exact" />],
        [requests.firstToken, duration(row.firstTokenMs)],
        [requests.duration, duration(row.durationMs)],
        [request.colo, row.colo ?? '–'],
        [request.attempts, count(row.attempts)],
      ]}
    />
  );
}

/** Each try of a provider, in order. */
function Attempts({ attempts }: { attempts: readonly AttemptDetail[] }) {
  const { request, requests } = useView().texts;
  const numbered = attempts.map((attempt, index) => ({ ...attempt, number: index + 1 }));
  return (
    <section>
      <h2>{request.attempts}</h2>
      <Table
        caption={request.attempts}
        look="dense"
        rows={numbered}
        columns={[
          { head: <span class="quiet">{request.attempts}</span>, cell: ({ number }) => number },
          {
            head: requests.model,
            cells: 'model',
            cell: ({ provider, model }) => <ModelId name={`${provider ?? '–'}/${model ?? '–'}`} />,
          },
          { head: request.credential, look: 'wide-only', cell: ({ credential }) => credential ?? '–' },
          { head: request.status, look: 'number', cell: ({ status }) => status ?? request.noStatus },
          { head: requests.end, cells: 'code', cell: ({ code }) => code ?? request.attemptServed },
          { head: requests.duration, look: 'number', cell: ({ ms }) => duration(ms) },
          {
            head: requests.cost,
            look: 'number',
            cell: ({ cost_nano_usd: cost }) => (cost === undefined ? '' : exactMoney(cost)),
          },
        ]}
      />
    </section>
  );
}

/** A request's session in the days around it. */
interface ShownSession {
  sum: SessionSum;
  others: readonly RequestLogRow[];
  days: number;
  from: string;
  to: string;
}

function Session({ row, session }: SectionProps & { session: ShownSession }) {
  const { request } = useView().texts;
  const { from, to } = session;
  const query = new URLSearchParams({ key: row.keyId, session: row.session ?? '', from, to });
  return (
    <section>
      <div class="head">
        <h2>{request.session}</h2>
        <a href={`/admin/requests?${query}`}>{request.wholeSession}</a>
      </div>
      <SessionLine sum={session.sum} />
      <p class="small soft">{request.sessionDays(session.days)}</p>
      <RequestTable rows={session.others} forOperator />
    </section>
  );
}

function Again({ row, origin }: SectionProps & { origin: string }) {
  const { request } = useView().texts;
  const { endpoint, requestedModel, stream } = row;
  const command = requestedModel === null ? null : curlOf({ endpoint, model: requestedModel, stream }, origin);
  if (command === null) return null;
  return (
    <section>
      <h2>{request.again}</h2>
      <p class="small soft">{request.againText}</p>
      <Copy id="curl" label="curl" text={command} block />
    </section>
  );
}

function Tokens({ row }: SectionProps) {
  const { request } = useView().texts;
  return (
    <Part
      title={request.tokens}
      facts={[
        [request.input, count(row.inputTokens)],
        [request.cached, count(row.cachedTokens)],
        [request.cacheWrite, count(row.cacheWriteTokens)],
        [request.output, count(row.outputTokens)],
        [request.reasoning, count(row.reasoningTokens)],
      ]}
    />
  );
}

function Bill({ row, adjust }: SectionProps & { adjust: RequestLogRow | null }) {
  const { request, requests } = useView().texts;
  const facts: [string, Child][] = [
    [request.cost, <b>{exactMoney(row.costNanoUsd)}</b>],
    [request.revision, row.priceRevision ?? '–'],
    [request.source, requests.sources[row.source] ?? row.source],
    [request.day, row.day],
  ];
  if (adjust !== null) facts.push([request.adjust, request.adjustText(exactMoney(adjust.costNanoUsd))]);
  return <Part title={request.bill} facts={facts} />;
}

interface RequestPageProps extends SectionProps {
  adjust: RequestLogRow | null;
  keyName: string;
  session: ShownSession | null;
  /** This router's address. */
  origin: string;
}

/** One request: what was asked, how long it took, what it used, its bill, its tries, and what else its session did. */
export function RequestPage({ row, adjust, keyName, session, origin }: RequestPageProps) {
  const attempts = readAttemptDetails(row) ?? [];
  const { request } = useView().texts;
  return (
    <Frame title={`${request.title} ${row.requestId}`} place="requests">
      <Head
        title={
          <span class="title">
            {request.title} <EndBadge end={row.end} errorCode={null} repeated={row.repeated} />
          </span>
        }
        lead={<span class="mono">{row.requestId}</span>}
      />
      <div class="two">
        <div class="column">
          <Asked row={row} keyName={keyName} />
          <Times row={row} />
        </div>
        <div class="column">
          <Bill row={row} adjust={adjust} />
          <Tokens row={row} />
        </div>
      </div>
      {attempts.length > 0 && <Attempts attempts={attempts} />}
      {session !== null && session.others.length > 0 && <Session row={row} session={session} />}
      <Again row={row} origin={origin} />
    </Frame>
  );
}

/** For an id that the log does not hold. */
export function MissingRequest({ id }: { id: string }) {
  const { request, nav } = useView().texts;
  return (
    <Frame title={request.title} place="requests">
      <Head title={request.title} lead={<span class="mono">{id}</span>} />
      <Empty>
        <p>{request.missing}</p>
        <a href="/admin/requests">{nav.requests}</a>
      </Empty>
    </Frame>
  );
}
