import type { ListedRoute } from '../../catalog/lookup.ts';
import type { Model, Thinking } from '../../catalog/model.ts';
import type { Offered } from '../../offer/offered.ts';
import type { Texts } from '../texts/english.ts';
import { Badge } from './badge.tsx';
import { compact, usd } from './format.ts';
import { ModelId } from './model-id.tsx';
import { type PriceLine, priceLines } from './price-lines.ts';
import { type Column, Table } from './table.tsx';
import { useView } from './view.ts';

/** A provider's models, for the table. */
export interface ProviderModels {
  name: string;
  models: readonly ListedRoute[];
}

/** The models of each provider that is offered, under their own names. */
export function modelsByProvider({ providers, catalog }: Offered): ProviderModels[] {
  const listed = catalog.list().filter(({ kind }) => kind === 'model');
  return [...providers.values()].map(({ provider: { id, name } }) => ({
    name,
    models: listed.filter(({ route }) => route.targets[0].provider === id),
  }));
}

function thinkingText(thinking: Thinking | null, { models: { think } }: Texts): string {
  if (thinking === null) return '?';
  return thinking.kind === 'switch' ? think[thinking.default] : think[thinking.kind];
}

/** An embedding has no answer that could be long. */
function outputText({ maxOutput }: Model): string {
  if (maxOutput === 0) return '–';
  return maxOutput === null ? '?' : compact(maxOutput);
}

/** The aliases that tell something: a name without its provider works for nearly all. */
function otherNames({ aliases, route }: ListedRoute): string[] {
  const [{ model }] = route.targets;
  return aliases.filter(
    (alias) => alias !== model.id && (alias.includes('/') || !aliases.some((other) => other.endsWith(`/${alias}`))),
  );
}

/** When each of a model's prices holds, in their order, for a phone, which has no room for a column of it. */
function Times({ listed }: { listed: ListedRoute }) {
  const { now, texts } = useView();
  const { models } = texts;
  const [{ model }] = listed.route.targets;
  const lines = priceLines(model, now, texts).filter(({ when }) => when !== '');
  return (
    <>
      {lines.map(({ when, isNow }, index) => (
        <small class="phone-only">
          {lines.length > 1 && `${index + 1}. `}
          {when}
          {isNow && ` (${models.now})`}
        </small>
      ))}
      {model.prices.length === 0 && <small class="phone-only">{models.noPrice}</small>}
    </>
  );
}

function ModelName({ listed }: { listed: ListedRoute }) {
  const { models } = useView().texts;
  const aliases = otherNames(listed);
  const [{ model }] = listed.route.targets;
  return (
    <>
      <span class="model">
        <ModelId name={listed.name} />
      </span>
      <Times listed={listed} />
      {aliases.length > 0 && (
        <small>
          {models.alsoCalled} {aliases.map((alias) => alias.slice(alias.indexOf('/') + 1)).join(', ')}
        </small>
      )}
      {model.note !== undefined && <small>{model.note}</small>}
    </>
  );
}

/** A line of the table: one of a model's prices. What is said of the model itself reaches over all its lines. */
interface Line {
  listed: ListedRoute;
  model: Model;
  /** Null where no price is known. */
  price: PriceLine | null;
  /** Over how many lines the model's own cells reach; 0 but for the first. */
  span: number;
}

function linesOf(listed: ListedRoute, now: number, texts: Texts): Line[] {
  const [{ model }] = listed.route.targets;
  const prices = priceLines(model, now, texts);
  if (prices.length === 0) return [{ listed, model, price: null, span: 1 }];
  return prices.map((price, index) => ({ listed, model, price, span: index === 0 ? prices.length : 0 }));
}

function When({ price }: { price: PriceLine | null }) {
  const { models } = useView().texts;
  if (price === null) return <span class="soft">{models.noPrice}</span>;
  return (
    <>
      <span class="soft">{price.when}</span>{' '}
      {price.isNow && price.when !== '' && <Badge tone="good">{models.now}</Badge>}
    </>
  );
}

/** One table for all, so that prices stand in one column. */
export function ModelTable({ providers }: { providers: readonly ProviderModels[] }) {
  const { now, texts } = useView();
  const { models } = texts;
  const span = (line: Line) => line.span;
  const price = (head: string, member: 'cached' | 'input' | 'output'): Column<Line> => ({
    head,
    look: 'number price',
    cell: (line) => (line.price === null ? '–' : usd(line.price.prices[member])),
  });
  return (
    <Table
      caption={models.title}
      look="models"
      groups={providers.map(({ name, models: listed }) => ({
        title: name,
        rows: listed.flatMap((each) => linesOf(each, now, texts)),
      }))}
      columns={[
        { head: models.model, span, cell: ({ listed }) => <ModelName listed={listed} /> },
        {
          head: (
            <>
              {models.context}
              <small>{models.output}</small>
            </>
          ),
          look: 'number wide-only context',
          span,
          cell: ({ model }) => (
            <>
              {model.contextLength === null ? '?' : compact(model.contextLength)}
              <small>{outputText(model)}</small>
            </>
          ),
        },
        {
          head: models.inputs,
          look: 'wide-only takes',
          cells: 'small',
          span,
          cell: ({ model }) => (
            <>
              {model.inputs?.join(', ') ?? '?'}
              <small>
                {models.thinking}: {thinkingText(model.thinking, texts)}
              </small>
            </>
          ),
        },
        price(models.cached, 'cached'),
        price(models.input, 'input'),
        price(models.out, 'output'),
        {
          head: <span class="quiet">{models.when}</span>,
          look: 'when wide-only',
          cells: 'small',
          cell: (line) => <When price={line.price} />,
        },
      ]}
    />
  );
}
