import type { Child } from 'hono/jsx';
import { nanoToUsd } from '../../protocol/money.ts';
import { readAttemptDetails } from '../../store/attempt-details.ts';
import type { RequestLogRow } from '../../store/schema.ts';
import { EndBadge } from '../kit/badge.tsx';
import { Facts } from '../kit/facts.tsx';
import { count, duration, localTime } from '../kit/format.ts';
import { Empty } from '../kit/table.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';

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

function Asked({ row }: SectionProps) {
  const { request, requests, keys } = useView().texts;
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
        [keys.owner, <a href={`/admin/keys?owner=${encodeURIComponent(row.owner)}`}>{row.owner}</a>],
        [requests.key, <a href={`/admin/keys/${encodeURIComponent(row.keyId)}`}>{row.keyId}</a>],
        [keys.purpose, row.purpose],
        [request.requested, row.requestedModel ?? '–'],
        [request.served, served],
        [request.stream, row.stream ? request.yes : request.no],
        [request.status, row.status],
        [request.error, row.errorCode ?? '–'],
        [request.finish, finish],
        ...(row.notice === null ? [] : [[request.notice, request.notices[row.notice] ?? row.notice] as const]),
      ]}
    />
  );
}

function Times({ row }: SectionProps) {
  const { offset, texts } = useView();
  const { request, requests } = texts;
  const attempts = readAttemptDetails(row) ?? [];
  return (
    <Part
      title={request.times}
      facts={[
        [request.started, localTime(row.startedAt, offset).slice(0, 23).replace('T', ' ')],
        [requests.firstToken, duration(row.firstTokenMs)],
        [requests.duration, duration(row.durationMs)],
        [request.colo, row.colo ?? '–'],
        [request.attempts, count(row.attempts)],
        ...attempts.map(({ provider, model, credential, status, code, ms, cost_nano_usd: cost }, index) => {
          const words = [
            `${provider ?? '–'}/${model ?? '–'}${credential === null ? '' : ` ${credential}`}`,
            ...[status ?? request.noStatus, code ?? request.attemptServed, duration(ms)],
            ...(cost === undefined ? [] : [exactMoney(cost)]),
          ];
          return [request.attempt(index + 1), words.join(' · ')] as const;
        }),
      ]}
    />
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

/** One request: what was asked, how long it took, what it used, and its bill. */
export function RequestPage({ row, adjust }: SectionProps & { adjust: RequestLogRow | null }) {
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
          <Asked row={row} />
          <Times row={row} />
        </div>
        <div class="column">
          <Bill row={row} adjust={adjust} />
          <Tokens row={row} />
        </div>
      </div>
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
