import { Hono } from 'hono';
import { maskSecret } from '../../keys/secret.ts';
import { openDatabase } from '../../store/database.ts';
import { keysOfOwner } from '../../store/keys.ts';
import { LOG_CURSOR, listLogsOfKeys } from '../../store/log-list.ts';
import type { Page } from '../../store/page.ts';
import type { ApiKey, RequestLogRow } from '../../store/schema.ts';
import { Field, Select } from '../kit/field.tsx';
import { SearchForm } from '../kit/form.tsx';
import { Pager } from '../kit/pager.tsx';
import { RequestTable } from '../kit/request-table.tsx';
import { respond } from '../kit/respond.tsx';
import { readSpan, SpanFields, spanValues } from '../kit/span.tsx';
import { Empty } from '../kit/table.tsx';
import { useView, viewOf } from '../kit/view.ts';
import { MeFrame } from './me-frame.tsx';
import type { MemberEnv } from './member.ts';

const PAGE_SIZE = 50;
const LONGEST_FILTER = 200;

/** Texts as they stand in the address; empty where nothing is asked. */
interface Filter {
  key: string;
  model: string;
  end: string;
  from: string;
  to: string;
}

interface RequestsProps {
  page: Page<RequestLogRow>;
  keys: readonly ApiKey[];
  filter: Filter;
  cursor: string | null;
}

/** What each key is called, by id. */
function nameKeys(keys: readonly ApiKey[]): (readonly [id: string, name: string])[] {
  return keys.map((key) => [key.id, key.name || maskSecret(key)] as const);
}

function FilterForm({ keys, filter }: Pick<RequestsProps, 'keys' | 'filter'>) {
  const { me, requests } = useView().texts;
  const ends = [
    ['', requests.any] as const,
    ['failed', requests.onlyFailed] as const,
    ...Object.entries(requests.ends),
  ];
  return (
    <SearchForm action="/me/requests" submit={requests.apply} values={{ ...filter, ...spanValues({ ...filter }) }}>
      <Select name="key" label={me.key} options={[['', me.anyKey], ...nameKeys(keys)]} />
      <Field name="model" label={requests.model} placeholder="zai/glm-5" />
      <Select name="end" label={requests.outcome} options={ends} />
      <SpanFields />
    </SearchForm>
  );
}

function OwnRequestsPage({ page, keys, filter, cursor }: RequestsProps) {
  const { offset, texts } = useView();
  const { me, requests, zone } = texts;
  const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ''));
  const isFiltered = query.size > 0;
  const goesOn = page.data.length === 0 && page.nextCursor !== null;
  return (
    <MeFrame title={me.places.requests} place="requests">
      <div>
        <h1>{me.places.requests}</h1>
        <p class="soft">{zone(offset)}</p>
      </div>
      <FilterForm keys={keys} filter={filter} />
      {page.data.length > 0 ? (
        <RequestTable rows={page.data} withReason {...(filter.key === '' && { keyNames: new Map(nameKeys(keys)) })} />
      ) : (
        <Empty>
          <p>{goesOn ? requests.goesOn : isFiltered ? requests.noMatch : requests.empty}</p>
          {isFiltered && <a href="/me/requests">{requests.clear}</a>}
        </Empty>
      )}
      <Pager path="/me/requests" query={query} cursor={cursor} next={page.nextCursor} />
    </MeFrame>
  );
}

/** `/me/requests`: a member's own requests, of all their keys or of one. */
export const ownRequests = new Hono<MemberEnv>().get('/requests', async (c) => {
  const read = (name: string) => (c.req.query(name) ?? '').trim().slice(0, LONGEST_FILTER);
  const filter = {
    ...{ key: read('key'), model: read('model'), end: read('end') },
    ...{ from: read('from'), to: read('to') },
  };
  const cursor = LOG_CURSOR.test(read('cursor')) ? read('cursor') : null;
  const database = openDatabase(c.env.DB);
  const owner = c.get('member').name;
  const keys = await keysOfOwner(database, owner);
  // A key of somebody else's is none here. One that changed hands shows nothing of the time before.
  const asked = keys.filter(({ id }) => filter.key === '' || id === filter.key);
  const view = viewOf(c);
  const { model, end } = filter;
  const page = await listLogsOfKeys(
    database,
    asked.map(({ id }) => id),
    { limit: PAGE_SIZE, cursor, filter: { model, end, ...readSpan(filter, view.offset), owner, kind: 'settle' } },
  );
  return respond(c, view, <OwnRequestsPage page={page} keys={keys} filter={filter} cursor={cursor} />);
});
