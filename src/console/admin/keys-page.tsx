import { maskSecret } from '../../keys/secret.ts';
import { tightestBudget } from '../../ledger/tightest-budget.ts';
import { requestTime } from '../../protocol/request-id.ts';
import type { KeySort, Ranked, Ranking } from '../../store/ranked.ts';
import type { ApiKey } from '../../store/schema.ts';
import type { KeySpend } from '../../store/spend.ts';
import { KeyBadge } from '../kit/badge.tsx';
import { Field, Select } from '../kit/field.tsx';
import { SearchForm } from '../kit/form.tsx';
import { budgetMoney, money } from '../kit/format.ts';
import { Meter } from '../kit/meter.tsx';
import { orderOf, type RankedList, RankedPages, SortLink } from '../kit/ranking.tsx';
import { Empty, Table } from '../kit/table.tsx';
import { Time } from '../kit/time.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';

interface KeysProps {
  keys: Ranked<ApiKey>;
  ranking: Ranking<KeySort>;
  spend: ReadonlyMap<string, KeySpend>;
  owner: string | null;
}

/** What a key's row may say of it. */
export const KEY_STATUSES = ['active', 'disabled', 'revoked'] as const;

const NOTHING: KeySpend = { day: 0, week: 0, month: 0, total: 0, lastRequestId: null };

function Spent({ apiKey, spend }: { apiKey: ApiKey; spend: KeySpend }) {
  const { keys } = useView().texts;
  const tightest = tightestBudget(apiKey, spend);
  if (tightest === null) {
    return (
      <Meter share={null}>
        {money(spend.month)} <small>{keys.thisMonth}</small>
      </Meter>
    );
  }
  return (
    <Meter share={tightest.share}>
      {keys.of(money(tightest.spent), budgetMoney(tightest.budget))} <small>{keys.windows[tightest.window]}</small>
    </Meter>
  );
}

function KeyName({ apiKey }: { apiKey: ApiKey }) {
  return (
    <>
      <a href={`/admin/keys/${encodeURIComponent(apiKey.id)}`}>
        {apiKey.name || <span class="nowrap">{maskSecret(apiKey)}</span>}
      </a>
      {apiKey.name !== '' && <small class="mono wide-only">{maskSecret(apiKey)}</small>}
      <small class="phone-only">{apiKey.owner}</small>
    </>
  );
}

interface KeyTableProps {
  keys: readonly ApiKey[];
  spend: ReadonlyMap<string, KeySpend>;
  /** The list that its headings put into another order. */
  list?: RankedList;
}

/** Keys with their state and what they have spent. */
export function KeyTable({ keys, spend, list }: KeyTableProps) {
  const { texts } = useView();
  const spendOf = ({ id }: ApiKey) => spend.get(id) ?? NOTHING;
  const lastUse = (key: ApiKey) => {
    const { lastRequestId } = spendOf(key);
    const used = lastRequestId === null ? null : requestTime(lastRequestId);
    return used === null ? texts.never : <Time at={used} look="ago" />;
  };
  const heading = (by: KeySort, name: string) => ({
    head:
      list === undefined ? (
        name
      ) : (
        <SortLink list={list} by={by}>
          {name}
        </SortLink>
      ),
    order: list === undefined ? undefined : orderOf(list.ranking, by),
  });
  return (
    <Table
      caption={texts.keys.caption}
      rows={keys}
      columns={[
        { ...heading('name', texts.keys.key), cell: (key) => <KeyName apiKey={key} /> },
        { ...heading('owner', texts.keys.owner), look: 'wide-only', cell: ({ owner }) => owner },
        { head: texts.keys.purpose, look: 'wide-only', cell: ({ purpose }) => purpose },
        { head: texts.keys.status, cell: (key) => <KeyBadge apiKey={key} /> },
        { head: texts.keys.lastUsed, look: 'wide-only', cells: 'nowrap', cell: lastUse },
        { ...heading('spend', texts.keys.spend), cell: (key) => <Spent apiKey={key} spend={spendOf(key)} /> },
      ]}
    />
  );
}

function Search({ ranking, owner }: Pick<KeysProps, 'ranking' | 'owner'>) {
  const { keys: texts, requests } = useView().texts;
  const statuses = KEY_STATUSES.map((status) => [status, texts.statuses[status]] as const);
  return (
    <SearchForm action="/admin/keys" submit={texts.find} values={{ q: ranking.search, status: ranking.status }}>
      <Field look="grow" name="q" type="search" label={texts.search} placeholder={texts.searchHint} />
      <Select name="status" label={texts.status} options={[['', requests.any], ...statuses]} />
      {owner !== null && <input type="hidden" name="owner" value={owner} />}
    </SearchForm>
  );
}

/** All keys, the dearest of this month first, or those that a search finds. */
export function KeysPage({ keys, ranking, spend, owner }: KeysProps) {
  const { keys: texts } = useView().texts;
  const { search, status } = ranking;
  const isFiltered = search !== '' || status !== '' || owner !== null;
  const list = { path: '/admin/keys', ranking, query: owner === null ? {} : { owner } };
  return (
    <Frame title={texts.title} place="keys">
      <Head title={texts.title} {...(owner === null ? {} : { lead: `${texts.owner}: ${owner}` })}>
        <a class="button" href="/admin/keys/new">
          {texts.make}
        </a>
      </Head>
      <Search ranking={ranking} owner={owner} />
      {keys.data.length > 0 ? (
        <KeyTable keys={keys.data} spend={spend} list={list} />
      ) : (
        <Empty>
          <p>{isFiltered ? texts.noMatch(search || (owner ?? status)) : texts.empty}</p>
          {isFiltered && <a href="/admin/keys">{texts.all}</a>}
        </Empty>
      )}
      <RankedPages list={list} shown={keys.data.length} total={keys.total} />
    </Frame>
  );
}
