import type { RequestLogRow } from '../../store/schema.ts';
import type { Texts } from '../texts/english.ts';
import { EndBadge } from './badge.tsx';
import { compact, count, duration, money } from './format.ts';
import { ModelId } from './model-id.tsx';
import { type Column, Table } from './table.tsx';
import { Time } from './time.tsx';
import { useView } from './view.ts';

interface RequestTableProps {
  rows: readonly RequestLogRow[];
  /** For the operator: the way to each request's page. */
  forOperator?: boolean;
  /** For whoever holds the key: why a request failed, in words. */
  withReason?: boolean;
  /** What its key is called, by id; left out where all are of one key. */
  keyNames?: ReadonlyMap<string, string>;
  /** Whose request each was; left out where all are of one key. */
  withOwner?: boolean;
}

/** The model that served, or what was asked for where none did. */
function ModelName({ row }: { row: RequestLogRow }) {
  const served = row.provider === null || row.model === null ? null : `${row.provider}/${row.model}`;
  return <ModelId name={served ?? row.requestedModel ?? '–'} />;
}

function Started({ row, isLink }: { row: RequestLogRow; isLink: boolean }) {
  const time = <Time at={row.startedAt} look={isLink ? 'second' : 'short'} />;
  return isLink ? <a href={`/admin/requests/${encodeURIComponent(row.requestId)}`}>{time}</a> : time;
}

function Tokens({ row }: { row: RequestLogRow }) {
  return (
    <span title={`${count(row.inputTokens)} / ${count(row.outputTokens)}`}>
      {compact(row.inputTokens)} / {compact(row.outputTokens)}
    </span>
  );
}

function EndWithReason({ row }: { row: RequestLogRow }) {
  const { reasons } = useView().texts;
  return (
    <>
      <EndBadge {...row} errorCode={null} />
      {row.errorCode !== null && <small class="reason">{reasons[row.errorCode] ?? row.errorCode}</small>}
    </>
  );
}

/** Whose request it was, by person and by what their key is called. */
function OwnerAndKey({ row, keyNames }: { row: RequestLogRow; keyNames: ReadonlyMap<string, string> | undefined }) {
  return (
    <>
      <a href={`/admin/users/${encodeURIComponent(row.owner)}`}>{row.owner}</a>
      <small>
        <a href={`/admin/keys/${encodeURIComponent(row.keyId)}`}>{keyNames?.get(row.keyId) ?? row.keyId}</a>
      </small>
    </>
  );
}

function ModelAndEndpoint({ row }: { row: RequestLogRow }) {
  const { requests } = useView().texts;
  const words = [
    ...(row.endpoint === null ? [] : [row.endpoint]),
    ...(row.attempts > 1 ? [requests.attempts(row.attempts)] : []),
  ];
  return (
    <>
      <ModelName row={row} />
      {words.length > 0 && <small>{words.join(' · ')}</small>}
    </>
  );
}

function columnsFor(props: RequestTableProps, { requests }: Texts): (Column<RequestLogRow> | false)[] {
  const { forOperator = false, withReason = false, withOwner = false, keyNames } = props;
  return [
    { head: requests.time, cells: 'nowrap', cell: (row) => <Started row={row} isLink={forOperator} /> },
    withOwner && {
      head: requests.ownerAndKey,
      look: 'wide-only',
      cell: (row) => <OwnerAndKey row={row} keyNames={keyNames} />,
    },
    !withOwner &&
      keyNames !== undefined && {
        head: requests.keyName,
        look: 'wide-only',
        cells: 'nowrap',
        cell: ({ keyId }) => keyNames.get(keyId) ?? keyId,
      },
    {
      head: requests.model,
      cells: 'model',
      cell: (row) => (forOperator ? <ModelAndEndpoint row={row} /> : <ModelName row={row} />),
    },
    { head: requests.tokens, look: 'number wide-only', cell: (row) => <Tokens row={row} /> },
    { head: requests.cost, look: 'number', cell: (row) => money(row.costNanoUsd) },
    { head: requests.firstToken, look: 'number wide-only', cell: (row) => duration(row.firstTokenMs) },
    { head: requests.duration, look: 'number wide-only', cell: (row) => duration(row.durationMs) },
    forOperator && { head: requests.http, look: 'number wide-only', cell: ({ status }) => status },
    { head: requests.end, cell: (row) => (withReason ? <EndWithReason row={row} /> : <EndBadge {...row} />) },
  ];
}

/** Requests with what they used and cost. What a phone has no room for is on the request's page. */
export function RequestTable(props: RequestTableProps) {
  const { texts } = useView();
  return (
    <Table
      caption={texts.requests.caption}
      rows={props.rows}
      look={props.forOperator ? 'whole-rows' : undefined}
      columns={columnsFor(props, texts)}
    />
  );
}
