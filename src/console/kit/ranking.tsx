import type { Child } from 'hono/jsx';
import { RANKED_PAGE, type Ranking } from '../../store/ranked.ts';
import { Field, Select } from './field.tsx';
import { SearchForm } from './form.tsx';
import { count } from './format.ts';
import { useView } from './view.ts';

const LONGEST_SEARCH = 100;
const LAST_PAGE = 10_000;
/** Names stand from A on; what is more and newer stands first. */
const ASCENDING = ['name', 'owner', 'team', 'purpose', 'status'];

/** What a list's address asks for; by spend where it says nothing. */
export function readRanking<Sort extends string>(
  read: (name: string) => string | undefined,
  sorts: readonly Sort[],
  first: Sort,
  statuses: readonly string[],
): Ranking<Sort> {
  const sort = sorts.find((each) => each === read('sort')) ?? first;
  const order = read('order');
  const page = Number(/^\d{1,5}$/.exec(read('page') ?? '')?.[0] ?? 1);
  return {
    sort,
    descending: order === 'asc' || order === 'desc' ? order === 'desc' : !ASCENDING.includes(sort),
    page: Math.min(Math.max(page, 1), LAST_PAGE),
    search: (read('q') ?? '').trim().slice(0, LONGEST_SEARCH),
    status: statuses.find((each) => each === read('status')) ?? '',
  };
}

/** A list that stands in an order. */
export interface RankedList {
  path: string;
  ranking: Ranking<string>;
  /** What else narrows it. */
  query?: Readonly<Record<string, string>>;
}

/** Where a list stands as it is, but for what is changed. */
export function addressOf(
  { path, ranking, query = {} }: RankedList,
  changed: Readonly<Record<string, string>>,
): string {
  const { search, sort, status } = ranking;
  const all = { ...query, q: search, status, sort, order: ranking.descending ? 'desc' : 'asc', ...changed };
  return `${path}?${new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ''))}`;
}

/** A link to another order; once more turns it round. */
function SortLink({ list, by, children }: { list: RankedList; by: string; children?: Child }) {
  const { sort, descending } = list.ranking;
  const isOrdered = sort === by;
  const order = isOrdered ? (descending ? 'asc' : 'desc') : '';
  return (
    <a href={addressOf(list, { sort: by, order })}>
      {children}
      {isOrdered && <span aria-hidden="true"> {descending ? '↓' : '↑'}</span>}
    </a>
  );
}

/** Which way a column is ordered, for those who do not see the arrow. */
function orderOf({ sort, descending }: Ranking<string>, by: string): 'ascending' | 'descending' | undefined {
  if (sort !== by) return undefined;
  return descending ? 'descending' : 'ascending';
}

/** The heading of a column that a list can be ordered by. */
export function rankedHeading(list: RankedList, by: string, name: string) {
  const head = (
    <SortLink list={list} by={by}>
      {name}
    </SortLink>
  );
  return { head, order: orderOf(list.ranking, by) };
}

interface RankedSearchProps {
  list: RankedList;
  /** What is searched. */
  hint: string;
  /** What rows may say of themselves, and its name; none where they have no status. */
  status?: { label: string; options: readonly (readonly [value: string, text: string])[] };
}

/** Narrows a list, which keeps its order. */
export function RankedSearch({ list, hint, status }: RankedSearchProps) {
  const { keys, requests } = useView().texts;
  const { ranking, path, query = {} } = list;
  const kept = { ...query, sort: ranking.sort, order: ranking.descending ? 'desc' : 'asc' };
  return (
    <SearchForm action={path} submit={keys.find} values={{ q: ranking.search, status: ranking.status }}>
      <Field look="grow" name="q" type="search" label={keys.search} placeholder={hint} />
      {status !== undefined && (
        <Select name="status" label={status.label} options={[['', requests.any], ...status.options]} />
      )}
      {Object.entries(kept).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
    </SearchForm>
  );
}

/** How many there are, and the ways to the pages before and behind this one. */
export function RankedPages({ list, shown, total }: { list: RankedList; shown: number; total: number }) {
  const { ranks } = useView().texts;
  const { page } = list.ranking;
  const first = (page - 1) * RANKED_PAGE + 1;
  const at = (to: number) => addressOf(list, { page: String(to) });
  return (
    <nav class="row between" aria-label={ranks.pages}>
      <span class="soft">
        {shown === 0 ? ranks.all(count(total)) : ranks.span(count(first), count(first + shown - 1), count(total))}
      </span>
      <span class="row">
        {page > 1 && (
          <a class="button plain" href={at(page - 1)} rel="prev">
            {ranks.before}
          </a>
        )}
        {page * RANKED_PAGE < total && (
          <a class="button plain" href={at(page + 1)} rel="next">
            {ranks.next}
          </a>
        )}
      </span>
    </nav>
  );
}
