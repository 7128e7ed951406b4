import type { RequestLogRow } from '../../store/schema.ts';
import { RequestTable } from '../kit/request-table.tsx';
import type { View } from '../kit/view.ts';
import { Field, Select } from './field.tsx';
import { Frame, Head, Pager } from './frame.tsx';

/** Texts as they stand in the address; empty where nothing is asked. */
interface Filter {
  keyId: string;
  owner: string;
  model: string;
  end: string;
}

interface RequestsProps {
  view: View;
  rows: readonly RequestLogRow[];
  filter: Filter;
  cursor: string | null;
  next: string | null;
}

function FilterForm({ view, filter }: RequestsProps) {
  const { requests } = view.texts;
  const ends = [['', requests.any], ['failed', requests.onlyFailed], ...Object.entries(requests.ends)] as const;
  return (
    <search>
      <form method="get" action="/admin/requests" class="row">
        <Field name="model" label={requests.model} value={filter.model} placeholder="zai/glm-5" />
        <Field name="owner" label={requests.owner} value={filter.owner} />
        <Field name="key" label={requests.key} value={filter.keyId} placeholder="key_…" />
        <Select
          name="end"
          label={requests.outcome}
          value={filter.end}
          options={ends.map(([end = '', text = '']) => [end, text] as const)}
        />
        <button type="submit" class="plain">
          {requests.apply}
        </button>
      </form>
    </search>
  );
}

/** The log, newest first. */
export function RequestsPage(props: RequestsProps) {
  const { view, rows, filter, cursor, next } = props;
  const { requests, zone } = view.texts;
  const asked = { key: filter.keyId, owner: filter.owner, model: filter.model, end: filter.end };
  const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== ''));
  const isFiltered = query.size > 0;
  return (
    <Frame view={view} title={requests.title} place="requests">
      <Head title={requests.title} lead={zone(view.offset)} />
      <FilterForm {...props} />
      {rows.length > 0 && <RequestTable view={view} rows={rows} forOperator withOwner />}
      {rows.length === 0 && (
        <div class="empty">
          <p>{isFiltered ? requests.noMatch : requests.empty}</p>
          {isFiltered && <a href="/admin/requests">{requests.clear}</a>}
        </div>
      )}
      <Pager view={view} path="/admin/requests" query={query} cursor={cursor} next={next} />
    </Frame>
  );
}
