import { Hono } from 'hono';
import type { ListedModel } from '../../catalog/lookup.ts';
import type { Thinking } from '../../catalog/model.ts';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { readOffered } from '../../providers/offered.ts';
import { Badge } from '../kit/badge.tsx';
import { compact } from '../kit/format.ts';
import { respond } from '../kit/respond.tsx';
import { type Column, Empty, Table } from '../kit/table.tsx';
import { useView, viewOf } from '../kit/view.ts';
import type { Texts } from '../texts/english.ts';
import { Frame, Head } from './frame.tsx';
import { type PriceLine, priceLines } from './price-lines.ts';

interface ModelsProps {
  providers: readonly { name: string; models: readonly ListedModel[] }[];
}

function thinkingText(thinking: Thinking, { models: { think } }: Texts): string {
  return thinking.kind === 'switch' ? think[thinking.default] : think[thinking.kind];
}

function usd(price: number): string {
  return price.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 6 });
}

/** The aliases that tell something: a name without its provider works for nearly all. */
function otherNames({ aliases, model }: ListedModel): string[] {
  return aliases.filter(
    (alias) => alias !== model.id && (alias.includes('/') || !aliases.some((other) => other.endsWith(`/${alias}`))),
  );
}

function ModelName({ listed }: { listed: ListedModel }) {
  const { models } = useView().texts;
  const aliases = otherNames(listed);
  return (
    <>
      <span class="model">{listed.name}</span>
      {aliases.length > 0 && (
        <small>
          {models.alsoCalled} {aliases.map((alias) => alias.slice(alias.indexOf('/') + 1)).join(', ')}
        </small>
      )}
      {listed.model.note !== undefined && <small>{listed.model.note}</small>}
    </>
  );
}

/** A line of the table: one of a model's prices. What is said of the model itself reaches over all its lines. */
interface Line {
  listed: ListedModel;
  /** Null where no price is known. */
  price: PriceLine | null;
  /** Over how many lines the model's own cells reach; 0 but for the first. */
  span: number;
}

function linesOf(listed: ListedModel, now: number, texts: Texts): Line[] {
  const prices = priceLines(listed.model, now, texts);
  if (prices.length === 0) return [{ listed, price: null, span: 1 }];
  return prices.map((price, index) => ({ listed, price, span: index === 0 ? prices.length : 0 }));
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
function ModelTable({ providers }: ModelsProps) {
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
          cell: ({ listed: { model } }) => (
            <>
              {compact(model.contextLength)}
              <small>{compact(model.maxOutput)}</small>
            </>
          ),
        },
        {
          head: models.inputs,
          look: 'wide-only takes',
          cells: 'small',
          span,
          cell: ({ listed: { model } }) => (
            <>
              {model.inputs.join(', ')}
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
          look: 'when',
          cells: 'small',
          cell: (line) => <When price={line.price} />,
        },
      ]}
    />
  );
}

function ModelsPage({ providers }: ModelsProps) {
  const { models } = useView().texts;
  return (
    <Frame title={models.title} place="models">
      <Head title={models.title} lead={models.lead} />
      {providers.length > 0 ? (
        <ModelTable providers={providers} />
      ) : (
        <Empty>
          <p>{models.empty}</p>
        </Empty>
      )}
    </Frame>
  );
}

/** `/admin/models`: the catalogue of this deployment. */
export const models = new Hono<AdminEnv>().get('/models', (c) => {
  const { providers, catalog } = readOffered(c.env, c.get('config').modelsJson);
  const listed = catalog.list().filter(({ aliasOf }) => aliasOf === null);
  const groups = [...providers.values()].map(({ provider: { id, name } }) => ({
    name,
    models: listed.filter(({ provider }) => provider === id),
  }));
  return respond(c, viewOf(c), <ModelsPage providers={groups} />);
});
