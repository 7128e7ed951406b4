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
import { Empty } from '../kit/table.tsx';
import { useView, viewOf } from '../kit/view.ts';
import { MeFrame } from './me-frame.tsx';
import type { MemberEnv } from './member.ts';

const PAGE_SIZE = 50;
const LONGEST_FILTER = 200;
/** Each key is asked for its own rows; whoever has had more sees the newest. */
const MOST_KEYS = 50;

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
    <SearchForm action="/me/requests" submit={requests.apply} values={{ ...filter }}>
      <Select name="key" label={me.key} options={[['', me.anyKey], ...nameKeys(keys)]} />
      <Field name="model" label={requests.model} placeholder="zai/glm-5" />
      <Select name="end" label={requests.outcome} options={ends} />
      <Field name="from" type="date" label={me.from} />
      <Field name="to" type="date" label={me.to} />
    </SearchForm>
  );
}

function OwnRequestsPage({ page, keys, filter, cursor }: RequestsProps) {
  const { offset, texts } = useView();
  const { me, requests, zone } = texts;
  const query = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ''));
  const isFiltered = query.size > 0;
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
          <p>{isFiltered ? requests.noMatch : requests.empty}</p>
          {isFiltered && <a href="/me/requests">{requests.clear}</a>}
        </Empty>
      )}
      <Pager path="/me/requests" query={query} cursor={cursor} next={page.nextCursor} />
    </MeFrame>
  );
}

function day(text: string): string {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : '';
}

/** `/me/requests`: a member's own requests, of all their keys or of one. */
export const ownRequests = new Hono<MemberEnv>().get('/requests', async (c) => {
  const read = (name: string) => (c.req.query(name) ?? '').trim().slice(0, LONGEST_FILTER);
  const filter = {
    ...{ key: read('key'), model: read('model'), end: read('end') },
    ...{ from: day(read('from')), to: day(read('to')) },
  };
  const cursor = LOG_CURSOR.test(read('cursor')) ? read('cursor') : null;
  const database = openDatabase(c.env.DB);
  const owner = c.get('member').name;
  const keys = await keysOfOwner(database, owner);
  // A key of somebody else's is none here. One that changed hands shows nothing of the time before.
  const asked = keys.filter(({ id }) => filter.key === '' || id === filter.key).slice(0, MOST_KEYS);
  const { key: _, ...rest } = filter;
  const page = await listLogsOfKeys(
    database,
    asked.map(({ id }) => id),
    { limit: PAGE_SIZE, cursor, filter: { ...rest, owner, kind: 'settle' } },
  );
  return respond(c, viewOf(c), <OwnRequestsPage page={page} keys={keys} filter={filter} cursor={cursor} />);
});
