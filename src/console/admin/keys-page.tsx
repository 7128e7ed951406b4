import { maskSecret } from '../../keys/secret.ts';
import { tightestBudget } from '../../ledger/tightest-budget.ts';
import { requestTime } from '../../protocol/request-id.ts';
import type { Page } from '../../store/page.ts';
import type { ApiKey } from '../../store/schema.ts';
import type { KeySpend } from '../../store/spend.ts';
import { KeyBadge } from '../kit/badge.tsx';
import { Field } from '../kit/field.tsx';
import { SearchForm } from '../kit/form.tsx';
import { ago, budgetMoney, money } from '../kit/format.ts';
import { Meter } from '../kit/meter.tsx';
import { Pager } from '../kit/pager.tsx';
import { Empty, Table } from '../kit/table.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';

interface KeysProps {
  page: Page<ApiKey>;
  spend: ReadonlyMap<string, KeySpend>;
  search: string;
  owner: string | null;
  cursor: string | null;
}

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

/** Keys with their state and what they have spent. */
export function KeyTable({ keys, spend }: { keys: readonly ApiKey[]; spend: ReadonlyMap<string, KeySpend> }) {
  const { now, texts } = useView();
  const spendOf = ({ id }: ApiKey) => spend.get(id) ?? NOTHING;
  const lastUse = (key: ApiKey) => {
    const { lastRequestId } = spendOf(key);
    const used = lastRequestId === null ? null : requestTime(lastRequestId);
    return used === null ? texts.never : ago(used, now, texts);
  };
  return (
    <Table
      caption={texts.keys.caption}
      rows={keys}
      columns={[
        { head: texts.keys.key, cell: (key) => <KeyName apiKey={key} /> },
        { head: texts.keys.owner, look: 'wide-only', cell: ({ owner }) => owner },
        { head: texts.keys.purpose, look: 'wide-only', cell: ({ purpose }) => purpose },
        { head: texts.keys.status, cell: (key) => <KeyBadge apiKey={key} /> },
        { head: texts.keys.lastUsed, look: 'wide-only', cells: 'nowrap', cell: lastUse },
        { head: texts.keys.spend, cell: (key) => <Spent apiKey={key} spend={spendOf(key)} /> },
      ]}
    />
  );
}

/** All keys, newest first, or those that a search finds. */
export function KeysPage({ page, spend, search, owner, cursor }: KeysProps) {
  const { keys: texts } = useView().texts;
  const isFiltered = search !== '' || owner !== null;
  const query = new URLSearchParams({ ...(search && { q: search }), ...(owner && { owner }) });
  return (
    <Frame title={texts.title} place="keys">
      <Head title={texts.title} {...(owner === null ? {} : { lead: `${texts.owner}: ${owner}` })}>
        <a class="button" href="/admin/keys/new">
          {texts.make}
        </a>
      </Head>
      <SearchForm action="/admin/keys" submit={texts.find} values={{ q: search }}>
        <Field look="grow" name="q" type="search" label={texts.search} placeholder={texts.searchHint} />
      </SearchForm>
      {page.data.length > 0 ? (
        <KeyTable keys={page.data} spend={spend} />
      ) : (
        <Empty>
          <p>{isFiltered ? texts.noMatch(search || (owner ?? '')) : texts.empty}</p>
          {isFiltered && <a href="/admin/keys">{texts.all}</a>}
        </Empty>
      )}
      <Pager path="/admin/keys" query={query} cursor={cursor} next={page.nextCursor} />
    </Frame>
  );
}
