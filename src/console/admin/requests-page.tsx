import type { Page } from '../../store/page.ts';
import type { RequestLogRow } from '../../store/schema.ts';
import { Field, Select } from '../kit/field.tsx';
import { SearchForm } from '../kit/form.tsx';
import { Pager } from '../kit/pager.tsx';
import { RequestTable } from '../kit/request-table.tsx';
import { Empty } from '../kit/table.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';

/** Texts as they stand in the address; empty where nothing is asked. */
interface Filter {
  keyId: string;
  owner: string;
  model: string;
  end: string;
}

interface RequestsProps {
  page: Page<RequestLogRow>;
  filter: Filter;
  cursor: string | null;
}

function FilterForm({ filter }: { filter: Filter }) {
  const { requests } = useView().texts;
  const ends = [['', requests.any], ['failed', requests.onlyFailed], ...Object.entries(requests.ends)] as const;
  return (
    <SearchForm action="/admin/requests" submit={requests.apply} values={{ ...filter, key: filter.keyId }}>
      <Field name="model" label={requests.model} placeholder="zai/glm-5" />
      <Field name="owner" label={requests.owner} />
      <Field name="key" label={requests.key} placeholder="key_…" />
      <Select name="end" label={requests.outcome} options={ends.map(([end = '', text = '']) => [end, text] as const)} />
    </SearchForm>
  );
}

/** The log, newest first. */
export function RequestsPage({ page, filter, cursor }: RequestsProps) {
  const { offset, texts } = useView();
  const { requests, zone } = texts;
  const asked = { key: filter.keyId, owner: filter.owner, model: filter.model, end: filter.end };
  const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== ''));
  const isFiltered = query.size > 0;
  return (
    <Frame title={requests.title} place="requests">
      <Head title={requests.title} lead={zone(offset)} />
      <FilterForm filter={filter} />
      {page.data.length > 0 ? (
        <RequestTable rows={page.data} forOperator withOwner />
      ) : (
        <Empty>
          <p>{isFiltered ? requests.noMatch : requests.empty}</p>
          {isFiltered && <a href="/admin/requests">{requests.clear}</a>}
        </Empty>
      )}
      <Pager path="/admin/requests" query={query} cursor={cursor} next={page.nextCursor} />
    </Frame>
  );
}
