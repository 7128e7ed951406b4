import { maskSecret } from '../../keys/secret.ts';
import { requestTime } from '../../protocol/request-id.ts';
import type { ApiKey } from '../../store/schema.ts';
import type { KeySpend } from '../../store/spend.ts';
import { KeyBadge } from '../kit/badge.tsx';
import { tightestBudget } from '../kit/budget.ts';
import { ago, budgetMoney, money } from '../kit/format.ts';
import { Meter } from '../kit/meter.tsx';
import type { View } from '../kit/view.ts';
import { Frame, Head, Pager, Scroll } from './frame.tsx';

interface KeysProps {
  view: View;
  keys: readonly ApiKey[];
  spend: ReadonlyMap<string, KeySpend>;
  search: string;
  owner: string | null;
  cursor: string | null;
  next: string | null;
}

const NOTHING: KeySpend = { day: 0, week: 0, month: 0, total: 0, lastRequestId: null };

function Spent({ view, apiKey, spend }: { view: View; apiKey: ApiKey; spend: KeySpend }) {
  const { keys } = view.texts;
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

function KeyRow({ view, apiKey, spend }: { view: View; apiKey: ApiKey; spend: KeySpend }) {
  const used = spend.lastRequestId === null ? null : requestTime(spend.lastRequestId);
  return (
    <tr>
      <th scope="row">
        <a href={`/admin/keys/${encodeURIComponent(apiKey.id)}`}>
          {apiKey.name || <span class="nowrap">{maskSecret(apiKey)}</span>}
        </a>
        {apiKey.name !== '' && <small class="mono wide-only">{maskSecret(apiKey)}</small>}
        <small class="phone-only">{apiKey.owner}</small>
      </th>
      <td class="wide-only">{apiKey.owner}</td>
      <td class="wide-only">{apiKey.purpose}</td>
      <td>
        <KeyBadge view={view} apiKey={apiKey} />
      </td>
      <td class="wide-only nowrap">{used === null ? view.texts.never : ago(used, view.now, view.texts)}</td>
      <td>
        <Spent view={view} apiKey={apiKey} spend={spend} />
      </td>
    </tr>
  );
}

function KeyTable({ view, keys, spend }: KeysProps) {
  const texts = view.texts.keys;
  return (
    <Scroll label={texts.caption}>
      <table>
        <caption class="quiet">{texts.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{texts.key}</th>
            <th scope="col" class="wide-only">
              {texts.owner}
            </th>
            <th scope="col" class="wide-only">
              {texts.purpose}
            </th>
            <th scope="col">{texts.status}</th>
            <th scope="col" class="wide-only">
              {texts.lastUsed}
            </th>
            <th scope="col">{texts.spend}</th>
          </tr>
        </thead>
        <tbody>
          {keys.map((apiKey) => (
            <KeyRow view={view} apiKey={apiKey} spend={spend.get(apiKey.id) ?? NOTHING} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Search({ view, search }: KeysProps) {
  const { keys } = view.texts;
  return (
    <search>
      <form method="get" action="/admin/keys" class="row">
        <div class="field grow">
          <label for="q">{keys.search}</label>
          <input id="q" name="q" type="search" value={search} placeholder={keys.searchHint} />
        </div>
        <button type="submit" class="plain">
          {keys.find}
        </button>
      </form>
    </search>
  );
}

/** All keys, newest first, or those that a search finds. */
export function KeysPage(props: KeysProps) {
  const { view, keys, search, owner, cursor, next } = props;
  const texts = view.texts.keys;
  const isFiltered = search !== '' || owner !== null;
  const query = new URLSearchParams({ ...(search && { q: search }), ...(owner && { owner }) });
  return (
    <Frame view={view} title={texts.title} place="keys">
      <Head title={texts.title} {...(owner === null ? {} : { lead: `${texts.owner}: ${owner}` })}>
        <a class="button" href="/admin/keys/new">
          {texts.make}
        </a>
      </Head>
      <Search {...props} />
      {keys.length > 0 && <KeyTable {...props} />}
      {keys.length === 0 && (
        <div class="empty">
          <p>{isFiltered ? texts.noMatch(search || (owner ?? '')) : texts.empty}</p>
          {isFiltered && <a href="/admin/keys">{texts.all}</a>}
        </div>
      )}
      <Pager view={view} path="/admin/keys" query={query} cursor={cursor} next={next} />
    </Frame>
  );
}
