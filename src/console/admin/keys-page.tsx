import { maskSecret } from '../../keys/secret.ts';
import { tightestBudget } from '../../ledger/tightest-budget.ts';
import { requestTime } from '../../protocol/request-id.ts';
import type { KeySort, Ranked, Ranking } from '../../store/ranked.ts';
import type { ApiKey } from '../../store/schema.ts';
import type { KeySpend } from '../../store/spend.ts';
import { KeyBadge } from '../kit/badge.tsx';
import { budgetMoney, money } from '../kit/format.ts';
import { nameOfKey } from '../kit/key-names.ts';
import { Meter } from '../kit/meter.tsx';
import { Pick, Picking } from '../kit/picks.tsx';
import { type RankedList, RankedPages, RankedSearch, rankedHeading } from '../kit/ranking.tsx';
import { Empty, Table } from '../kit/table.tsx';
import { Time } from '../kit/time.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';

interface KeysProps {
  keys: Ranked<ApiKey>;
  ranking: Ranking<KeySort>;
  spend: ReadonlyMap<string, KeySpend>;
  /** Whose keys alone are shown. */
  owner: string | null;
  team: string | null;
  picksAll: boolean;
}

/** What a key may come to. */
export const KEY_STATUSES = ['active', 'disabled', 'revoked', 'expired', 'owner_disabled'] as const;

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

function KeyName({ apiKey, withOwner }: { apiKey: ApiKey; withOwner: boolean }) {
  return (
    <>
      <a href={`/admin/keys/${encodeURIComponent(apiKey.id)}`}>
        {apiKey.name || <span class="nowrap">{maskSecret(apiKey)}</span>}
      </a>
      {apiKey.name !== '' && <small class="mono wide-only">{maskSecret(apiKey)}</small>}
      {withOwner && <small class="phone-only">{apiKey.owner}</small>}
    </>
  );
}

interface KeyTableProps {
  keys: readonly ApiKey[];
  spend: ReadonlyMap<string, KeySpend>;
  /** The list that its headings put into another order. */
  list?: RankedList;
  /** Whether each can be ticked, and all are. */
  picks?: { all: boolean };
  /** Where all are one person's, nobody has to read whose each is. */
  withOwner?: boolean;
}

/** Keys with their state and what they have spent. */
export function KeyTable({ keys, spend, list, picks, withOwner = true }: KeyTableProps) {
  const { texts } = useView();
  const spendOf = ({ id }: ApiKey) => spend.get(id) ?? NOTHING;
  const lastUse = (key: ApiKey) => {
    const { lastRequestId } = spendOf(key);
    const used = lastRequestId === null ? null : requestTime(lastRequestId);
    return used === null ? texts.never : <Time at={used} look="ago" />;
  };
  const heading = (by: KeySort, name: string) => (list === undefined ? { head: name } : rankedHeading(list, by, name));
  return (
    <Table
      caption={texts.keys.caption}
      rows={keys}
      columns={[
        picks !== undefined && {
          head: <span class="quiet">{texts.several.column}</span>,
          cell: (key) =>
            // Nothing can be done with one that is revoked.
            key.status !== 'revoked' && <Pick id={key.id} name={nameOfKey(key)} checked={picks.all} />,
        },
        {
          ...heading('name', texts.keys.key),
          isName: true,
          cell: (key) => <KeyName apiKey={key} withOwner={withOwner} />,
        },
        withOwner && { ...heading('owner', texts.keys.owner), look: 'wide-only', cell: ({ owner }) => owner },
        { ...heading('purpose', texts.keys.purpose), look: 'wide-only', cell: ({ purpose }) => purpose },
        { ...heading('status', texts.keys.status), cell: (key) => <KeyBadge apiKey={key} /> },
        { ...heading('used', texts.keys.lastUsed), look: 'wide-only', cells: 'nowrap', cell: lastUse },
        { ...heading('spend', texts.keys.spend), cell: (key) => <Spent apiKey={key} spend={spendOf(key)} /> },
      ]}
    />
  );
}

/** All keys, the dearest of this month first, or those that a search finds. */
export function KeysPage({ keys, ranking, spend, owner, team, picksAll }: KeysProps) {
  const { keys: texts, users } = useView().texts;
  const { search, status } = ranking;
  const isFiltered = search !== '' || status !== '' || owner !== null || team !== null;
  const query = { ...(owner === null ? {} : { owner }), ...(team === null ? {} : { team }) };
  const list = { path: '/admin/keys', ranking, query };
  const lead = owner !== null ? `${texts.owner}: ${owner}` : team !== null ? `${users.team}: ${team}` : null;
  const statuses = KEY_STATUSES.map((each) => [each, texts.statuses[each]] as const);
  return (
    <Frame title={texts.title} place="keys">
      <Head title={texts.title} {...(lead === null ? {} : { lead })}>
        <a class="button" href="/admin/keys/new">
          {texts.make}
        </a>
      </Head>
      <RankedSearch list={list} hint={texts.searchHint} status={{ label: texts.status, options: statuses }} />
      {keys.data.length > 0 ? (
        <Picking of="keys" list={list}>
          <KeyTable keys={keys.data} spend={spend} list={list} picks={{ all: picksAll }} />
        </Picking>
      ) : (
        <Empty>
          <p>{isFiltered ? texts.noMatch(search || (owner ?? team ?? status)) : texts.empty}</p>
          {isFiltered && <a href="/admin/keys">{texts.all}</a>}
        </Empty>
      )}
      <RankedPages list={list} shown={keys.data.length} total={keys.total} />
    </Frame>
  );
}
