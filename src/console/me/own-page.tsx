import { CLIENTS } from '../../connect/clients.ts';
import { maskSecret } from '../../keys/secret.ts';
import { daysBefore } from '../../ledger/windows.ts';
import type { DailySpend } from '../../store/overview.ts';
import type { ApiKey, MemberTemplate } from '../../store/schema.ts';
import { KeyBadge } from '../kit/badge.tsx';
import { Facts } from '../kit/facts.tsx';
import { Field, type FieldErrors, Select } from '../kit/field.tsx';
import { Form } from '../kit/form.tsx';
import { budgetMoney, count, money } from '../kit/format.ts';
import { Note } from '../kit/note.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import { SharedBudgets, type ShownLevel } from '../kit/shared-budgets.tsx';
import { SpendChart } from '../kit/spend-chart.tsx';
import { Empty, Table } from '../kit/table.tsx';
import { Time } from '../kit/time.tsx';
import { useView } from '../kit/view.ts';
import { MeFrame } from './me-frame.tsx';

/** A month as the pages name it: its first and its last shown day (YYYY-MM-DD). */
export interface Month {
  first: string;
  last: string;
  isThis: boolean;
}

export interface OwnPageProps {
  keys: readonly ApiKey[];
  template: MemberTemplate;
  /** What each key has cost this month, integer nano-USD. */
  spentByKey: ReadonlyMap<string, number>;
  /** Since the first of last month. */
  days: readonly DailySpend[];
  today: string;
  months: { this: Month; last: Month };
  shown: Month;
  /** The id that a new key will have: a form sent twice makes one key. */
  newId: string;
  /** What was typed of a new key and could not be taken. */
  typed: FieldValues;
  errors: FieldErrors;
  note: { text: string; bad: boolean } | null;
  /** Budgets over all keys, of the member and of their team. */
  levels: readonly ShownLevel[];
}

function costOf(days: readonly DailySpend[], first: string, last: string): number {
  return days.filter(({ day }) => day >= first && day <= last).reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0);
}

function Figures({ days, today, months }: OwnPageProps) {
  const { me } = useView().texts;
  const figures = [
    [me.today, costOf(days, today, today)],
    [me.thisMonth, costOf(days, months.this.first, months.this.last)],
    [me.lastMonth, costOf(days, months.last.first, months.last.last)],
  ] as const;
  return (
    <dl class="figures large">
      {figures.map(([name, cost]) => (
        <div>
          <dt>{name}</dt>
          <dd>{money(cost)}</dd>
        </div>
      ))}
    </dl>
  );
}

interface ModelSum {
  model: string;
  requests: number;
  cost: number;
}

function sumByModel(days: readonly DailySpend[]): ModelSum[] {
  const sums = new Map<string, ModelSum>();
  for (const { model, requests, costNanoUsd } of days) {
    const sum = sums.get(model) ?? { model, requests: 0, cost: 0 };
    sums.set(model, { model, requests: sum.requests + requests, cost: sum.cost + costNanoUsd });
  }
  return [...sums.values()].toSorted((one, other) => other.cost - one.cost || other.requests - one.requests);
}

function MonthLinks({ shown }: { shown: Month }) {
  const { me } = useView().texts;
  return (
    <nav aria-label={me.months} class="row">
      <a href="/me" aria-current={shown.isThis ? 'page' : undefined}>
        {me.thisMonth}
      </a>
      <a href="/me?month=last" aria-current={shown.isThis ? undefined : 'page'}>
        {me.lastMonth}
      </a>
    </nav>
  );
}

function Spend({ days, shown }: OwnPageProps) {
  const { me, overview } = useView().texts;
  const rows = days.filter(({ day }) => day >= shown.first && day <= shown.last);
  const length = Math.round((Date.parse(shown.last) - Date.parse(shown.first)) / 86_400_000) + 1;
  const sums = sumByModel(rows);
  return (
    <section id="spend">
      <div class="head">
        <h2>{overview.byDay}</h2>
        <MonthLinks shown={shown} />
      </div>
      <SpendChart rows={rows} lastDay={shown.last} days={length} />
      {sums.length > 0 && (
        <Table
          caption={me.byModelCaption}
          look="dense"
          rows={sums}
          columns={[
            // A request that was refused before its model was found has none.
            {
              head: me.byModel,
              cells: 'model',
              cell: ({ model }) => (model === '/' ? <span class="soft">{me.noModel}</span> : model),
            },
            { head: me.requests, look: 'number', cell: ({ requests }) => count(requests) },
            { head: me.cost, look: 'number', cell: ({ cost }) => money(cost) },
          ]}
        />
      )}
    </section>
  );
}

function KeyTable({ keys, spentByKey }: OwnPageProps) {
  const { keyForm, keys: keyTexts, me } = useView().texts;
  return (
    <Table
      caption={me.keysCaption}
      rows={keys}
      columns={[
        {
          head: keyTexts.key,
          cell: (key) => (
            <>
              <a href={`/me/keys/${encodeURIComponent(key.id)}`}>{key.name || maskSecret(key)}</a>
              {key.name !== '' && <small class="mono">{maskSecret(key)}</small>}
            </>
          ),
        },
        { head: keyTexts.purpose, look: 'wide-only', cell: ({ purpose }) => purpose },
        { head: keyTexts.status, cell: (key) => <KeyBadge apiKey={key} /> },
        {
          head: me.expires,
          look: 'wide-only',
          cells: 'nowrap',
          cell: ({ expiresAt }) => (expiresAt === null ? keyForm.noExpiry : <Time at={expiresAt} />),
        },
        { head: me.spent, look: 'number', cell: ({ id }) => money(spentByKey.get(id) ?? 0) },
      ]}
    />
  );
}

/** The template as facts: what a key that is made now may do. */
export function TemplateFacts({ template }: { template: MemberTemplate }) {
  const { keyForm, keyPage, me, unlimited } = useView().texts;
  const budgets = [
    [keyForm.budgetDay, template.budgetDayUsd],
    [keyForm.budgetWeek, template.budgetWeekUsd],
    [keyForm.budgetMonth, template.budgetMonthUsd],
    [keyForm.budgetTotal, template.budgetTotalUsd],
  ] as const;
  const set = budgets.flatMap(([name, usd]) => (usd === null ? [] : [`${name}: ${budgetMoney(usd)}`]));
  const limits = [
    [keyForm.rpm, template.rpm],
    [keyForm.tpm, template.tpm],
    [keyForm.maxConcurrent, template.maxConcurrent],
  ] as const;
  return (
    <Facts
      facts={[
        [keyPage.allowed, template.models === null ? keyPage.allModels : template.models.split(',').join(', ')],
        [keyForm.budgets, set.length === 0 ? unlimited : set.join(' · ')],
        ...limits.flatMap(([name, limit]) => (limit === null ? [] : [[name, count(limit)] as const])),
        [me.expires, template.expiresAfter === null ? keyForm.noExpiry : me.until(template.expiresAfter)],
      ]}
    />
  );
}

/** The client that a key is for. */
export function ClientField() {
  const { me } = useView().texts;
  return <Select name="client" label={me.client} options={CLIENTS.map(({ id, name }) => [id, name] as const)} />;
}

function MakeKey({ keys, template, newId, typed, errors }: OwnPageProps) {
  const { me } = useView().texts;
  const owned = keys.filter(({ status }) => status !== 'revoked').length;
  if (!template.enabled) return <p class="soft">{me.off}</p>;
  if (owned >= template.maxKeys) return <p class="soft">{me.full(template.maxKeys)}</p>;
  return (
    <section class="panel" id="new">
      <h2>{me.make}</h2>
      <p class="soft">{me.makeLead}</p>
      <Form
        action="/me/keys"
        hidden={{ id: newId }}
        values={typed}
        errors={errors}
        look="row start"
        submit={me.create}
        submitLook="after-label"
      >
        <ClientField />
        <Field name="name" label={me.name} hint={me.nameHint} />
      </Form>
      <details>
        <summary>{me.what}</summary>
        <TemplateFacts template={template} />
      </details>
    </section>
  );
}

/** A member's own page: keys, what they have cost, and a form for one more. */
export function OwnPage(props: OwnPageProps) {
  const { keys, levels, note } = props;
  const { me } = useView().texts;
  return (
    <MeFrame title={me.title} place="keys">
      <h1>{me.title}</h1>
      {note !== null && <Note {...note} />}
      <Figures {...props} />
      <SharedBudgets levels={levels} />
      <section>
        <h2>{me.keys}</h2>
        {keys.length > 0 ? (
          <KeyTable {...props} />
        ) : (
          <Empty>
            <p>{me.noKeys}</p>
          </Empty>
        )}
      </section>
      <MakeKey {...props} />
      <Spend {...props} />
    </MeFrame>
  );
}

/** This month up to today, and the one before. `first` is the first day of this one. */
export function monthsAt(first: string, today: string): { this: Month; last: Month } {
  const lastDay = daysBefore(first, 1);
  return {
    this: { first, last: today, isThis: true },
    last: { first: `${lastDay.slice(0, 8)}01`, last: lastDay, isThis: false },
  };
}
