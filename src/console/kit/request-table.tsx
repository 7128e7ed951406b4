import type { RequestLogRow } from '../../store/schema.ts';
import { EndBadge } from './badge.tsx';
import { compact, count, duration, money, shortTime } from './format.ts';
import type { View } from './view.ts';

interface RequestTableProps {
  view: View;
  rows: readonly RequestLogRow[];
  /** For the operator: the way to each request's page. */
  forOperator?: boolean;
  /** Whose request each was; left out where all are of one key. */
  withOwner?: boolean;
}

/** The model that served, or what was asked for where none did. Lines may end behind the slash. */
function ModelName({ row }: { row: RequestLogRow }) {
  const served = row.provider === null || row.model === null ? null : `${row.provider}/${row.model}`;
  const name = served ?? row.requestedModel ?? '–';
  const behindSlash = name.indexOf('/') + 1;
  return (
    <>
      {name.slice(0, behindSlash)}
      <wbr />
      {name.slice(behindSlash)}
    </>
  );
}

function Row({ view, row, forOperator, withOwner }: Omit<RequestTableProps, 'rows'> & { row: RequestLogRow }) {
  const time = <time datetime={row.startedAt}>{shortTime(row.startedAt, view)}</time>;
  const isAdjustment = row.kind === 'adjust';
  return (
    <tr>
      <th scope="row" class="nowrap">
        {forOperator ? <a href={`/admin/requests/${encodeURIComponent(row.requestId)}`}>{time}</a> : time}
      </th>
      {withOwner && (
        <td class="wide-only">
          <a href={`/admin/keys/${encodeURIComponent(row.keyId)}`}>{row.owner}</a>
        </td>
      )}
      <td class="model">
        <ModelName row={row} />
      </td>
      <td class="number wide-only" title={`${count(row.inputTokens)} / ${count(row.outputTokens)}`}>
        {compact(row.inputTokens)} / {compact(row.outputTokens)}
      </td>
      <td class="number">{money(row.costNanoUsd)}</td>
      <td class="number wide-only">{duration(row.firstTokenMs)}</td>
      <td class="number wide-only">{duration(row.durationMs)}</td>
      <td>
        {isAdjustment ? view.texts.request.adjust : <EndBadge view={view} end={row.end} errorCode={row.errorCode} />}
      </td>
    </tr>
  );
}

/** Requests with what they used and cost. What a phone has no room for is on the request's page. */
export function RequestTable({ rows, ...shown }: RequestTableProps) {
  const { view, withOwner } = shown;
  const { requests } = view.texts;
  return (
    <section class="scroll" aria-label={requests.caption} tabindex={0}>
      <table>
        <caption class="quiet">{requests.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{requests.time}</th>
            {withOwner && (
              <th scope="col" class="wide-only">
                {requests.owner}
              </th>
            )}
            <th scope="col">{requests.model}</th>
            <th scope="col" class="number wide-only">
              {requests.tokens}
            </th>
            <th scope="col" class="number">
              {requests.cost}
            </th>
            <th scope="col" class="number wide-only">
              {requests.firstToken}
            </th>
            <th scope="col" class="number wide-only">
              {requests.duration}
            </th>
            <th scope="col">{requests.end}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row {...shown} row={row} />
          ))}
        </tbody>
      </table>
    </section>
  );
}
