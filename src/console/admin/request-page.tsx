import type { Child } from 'hono/jsx';
import { nanoToUsd } from '../../protocol/money.ts';
import { readAttemptDetails } from '../../store/attempt-details.ts';
import type { RequestLogRow } from '../../store/schema.ts';
import { EndBadge } from '../kit/badge.tsx';
import { count, duration, localTime } from '../kit/format.ts';
import type { View } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';

/** To the last nano-dollar. */
function exactMoney(nanoUsd: number): string {
  return `${nanoUsd < 0 ? '−' : ''}$${nanoToUsd(Math.abs(nanoUsd))}`;
}

interface SectionProps {
  view: View;
  row: RequestLogRow;
}

function Facts({ title, facts }: { title: string; facts: readonly (readonly [name: string, value: Child])[] }) {
  return (
    <section>
      <h2>{title}</h2>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
    </section>
  );
}

function Asked({ view, row }: SectionProps) {
  const { request, requests, keys } = view.texts;
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
    <Facts
      title={request.facts}
      facts={[
        [keys.owner, <a href={`/admin/keys?owner=${encodeURIComponent(row.owner)}`}>{row.owner}</a>],
        [requests.key, <a href={`/admin/keys/${encodeURIComponent(row.keyId)}`}>{row.keyId}</a>],
        [keys.purpose, row.purpose],
        [request.requested, row.requestedModel ?? '–'],
        [request.served, served],
        [request.stream, row.stream ? request.yes : request.no],
        [request.status, row.status],
        [request.error, row.errorCode ?? '–'],
        [request.finish, finish],
      ]}
    />
  );
}

function Times({ view, row }: SectionProps) {
  const { request, requests } = view.texts;
  const attempts = readAttemptDetails(row) ?? [];
  return (
    <Facts
      title={request.times}
      facts={[
        [request.started, localTime(row.startedAt, view.offset).slice(0, 23).replace('T', ' ')],
        [requests.firstToken, duration(row.firstTokenMs)],
        [requests.duration, duration(row.durationMs)],
        [request.colo, row.colo ?? '–'],
        [request.attempts, count(row.attempts)],
        ...attempts.map(({ status, code, ms }, index) => {
          const words = [status ?? request.noStatus, code ?? request.attemptServed, duration(ms)];
          return [request.attempt(index + 1), words.join(' · ')] as const;
        }),
      ]}
    />
  );
}

function Tokens({ view, row }: SectionProps) {
  const { request } = view.texts;
  return (
    <Facts
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

function Bill({ view, row, adjust }: SectionProps & { adjust: RequestLogRow | null }) {
  const { request, requests } = view.texts;
  const facts: [string, Child][] = [
    [request.cost, <b>{exactMoney(row.costNanoUsd)}</b>],
    [request.revision, row.priceRevision ?? '–'],
    [request.source, requests.sources[row.source] ?? row.source],
    [request.day, row.day],
  ];
  if (adjust !== null) facts.push([request.adjust, request.adjustText(exactMoney(adjust.costNanoUsd))]);
  return <Facts title={request.bill} facts={facts} />;
}

/** One request: what was asked, how long it took, what it used, and its bill. */
export function RequestPage({ view, row, adjust }: SectionProps & { adjust: RequestLogRow | null }) {
  const { request } = view.texts;
  return (
    <Frame view={view} title={`${request.title} ${row.requestId}`} place="requests">
      <Head
        title={
          <span class="title">
            {request.title} <EndBadge view={view} end={row.end} errorCode={null} />
          </span>
        }
        lead={<span class="mono">{row.requestId}</span>}
      />
      <div class="two">
        <div class="column">
          <Asked view={view} row={row} />
          <Times view={view} row={row} />
        </div>
        <div class="column">
          <Bill view={view} row={row} adjust={adjust} />
          <Tokens view={view} row={row} />
        </div>
      </div>
    </Frame>
  );
}

/** For an id that the log does not hold. */
export function MissingRequest({ view, id }: { view: View; id: string }) {
  const { request, nav } = view.texts;
  return (
    <Frame view={view} title={request.title} place="requests">
      <Head title={request.title} lead={<span class="mono">{id}</span>} />
      <div class="empty">
        <p>{request.missing}</p>
        <a href="/admin/requests">{nav.requests}</a>
      </div>
    </Frame>
  );
}
