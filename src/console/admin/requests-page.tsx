import { ENDPOINTS } from '../../dialects/dialect.ts';
import type { Page } from '../../store/page.ts';
import type { RequestLogRow } from '../../store/schema.ts';
import type { SessionSum } from '../../store/session-sum.ts';
import { Field, Select } from '../kit/field.tsx';
import { SearchForm } from '../kit/form.tsx';
import { Pager } from '../kit/pager.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import { RequestTable } from '../kit/request-table.tsx';
import { SpanFields, spanValues } from '../kit/span.tsx';
import { Empty } from '../kit/table.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';
import { SessionLine } from './session-line.tsx';

/** Seconds between two looks at a list that is to follow what happens. */
const REFRESH_SECONDS = 10;

const PATH = '/admin/requests';
/** Filters that stand folded until one of them is set: on a phone all of them would fill the screen. */
const RARE = ['team', 'key', 'error', 'endpoint', 'session', 'tag', 'id'];

interface RequestsProps {
  page: Page<RequestLogRow>;
  /** Texts as they stand in the address; empty where nothing is asked. */
  filter: FieldValues;
  /** What is wrong with them. */
  errors: FieldValues;
  cursor: string | null;
  keyNames: ReadonlyMap<string, string>;
  /** What the session that was asked for has come to. */
  sum: SessionSum | null;
  refreshes: boolean;
}

function FilterForm({ filter, errors, refreshes }: Pick<RequestsProps, 'filter' | 'errors' | 'refreshes'>) {
  const { requests, users } = useView().texts;
  const ends = [
    ['', requests.any] as const,
    ['failed', requests.onlyFailed] as const,
    ...Object.entries(requests.ends),
  ];
  const endpoints = [['', requests.any] as const, ...ENDPOINTS.map((name) => [name, name] as const)];
  return (
    <SearchForm action={PATH} submit={requests.apply} values={{ ...filter, ...spanValues(filter) }} errors={errors}>
      <SpanFields />
      <Field name="owner" label={requests.owner} />
      <Field name="model" label={requests.model} placeholder="zai/glm-5" />
      <Select name="end" label={requests.outcome} options={ends} />
      <details open={RARE.some((name) => (filter[name] ?? '') !== '')}>
        <summary>{requests.moreFilters}</summary>
        <div class="row">
          <Field name="team" label={users.team} />
          <Field name="key" label={requests.keyName} placeholder={requests.keyHint} />
          <Field name="error" label={requests.error} placeholder="rate_limited" />
          <Select name="endpoint" label={requests.endpoint} options={endpoints} />
          <Field name="session" label={requests.session} />
          <Field name="tag" label={requests.tag} placeholder={requests.tagHint} />
          <Field name="id" label={requests.id} placeholder="req_…" />
        </div>
      </details>
      {refreshes && <input type="hidden" name="refresh" value={String(REFRESH_SECONDS)} />}
    </SearchForm>
  );
}

function Ways({ query, refreshes }: { query: URLSearchParams; refreshes: boolean }) {
  const { requests } = useView().texts;
  const at = (path: string, refresh: boolean) => {
    const params = new URLSearchParams(query);
    if (refresh) params.set('refresh', String(REFRESH_SECONDS));
    return params.size === 0 ? path : `${path}?${params}`;
  };
  return (
    <nav class="row ways" aria-label={requests.ways}>
      <a href={at(PATH, !refreshes)}>{refreshes ? requests.stay : requests.follow(REFRESH_SECONDS)}</a>
      <a href={at(`${PATH}.csv`, false)}>CSV</a>
    </nav>
  );
}

/** The log, newest first. */
export function RequestsPage({ page, filter, errors, cursor, keyNames, sum, refreshes }: RequestsProps) {
  const { offset, texts } = useView();
  const { requests, zone } = texts;
  const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ''));
  const isFiltered = query.size > 0;
  const goesOn = page.data.length === 0 && page.nextCursor !== null;
  return (
    <Frame title={requests.title} place="requests" refresh={refreshes ? REFRESH_SECONDS : null}>
      <Head title={requests.title} lead={zone(offset)}>
        <Ways query={query} refreshes={refreshes} />
      </Head>
      <FilterForm filter={filter} errors={errors} refreshes={refreshes} />
      {sum !== null && <SessionLine sum={sum} />}
      {page.data.length > 0 ? (
        <RequestTable rows={page.data} forOperator withOwner keyNames={keyNames} />
      ) : (
        <Empty>
          <p>{goesOn ? requests.goesOn : isFiltered ? requests.noMatch : requests.empty}</p>
          {isFiltered && <a href={PATH}>{requests.clear}</a>}
        </Empty>
      )}
      <Pager path={PATH} query={query} cursor={cursor} next={page.nextCursor} />
    </Frame>
  );
}
