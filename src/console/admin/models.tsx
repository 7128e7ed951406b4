import { Hono } from 'hono';
import type { ListedModel } from '../../catalog/lookup.ts';
import type { Thinking } from '../../catalog/model.ts';
import type { AdminEnv } from '../../middleware/admin-session.ts';
import { readOffer } from '../../providers/offer.ts';
import { Badge } from '../kit/badge.tsx';
import { compact } from '../kit/format.ts';
import { respond } from '../kit/respond.ts';
import { type View, viewOf } from '../kit/view.ts';
import { Frame, Head, Scroll } from './frame.tsx';
import { type PriceLine, priceLines } from './price-lines.ts';

interface ModelsProps {
  view: View;
  providers: readonly { id: string; name: string; models: readonly ListedModel[] }[];
}

function thinkingText(thinking: Thinking, { texts }: View): string {
  const { think } = texts.models;
  return thinking.kind === 'switch' ? think[thinking.default] : think[thinking.kind];
}

function usd(price: number): string {
  return price.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 6 });
}

function Prices({ view, line }: { view: View; line: PriceLine | undefined }) {
  const { models } = view.texts;
  if (line === undefined) {
    return (
      <td colspan={4} class="small soft">
        {models.noPrice}
      </td>
    );
  }
  return (
    <>
      <td class="number">{usd(line.prices.cached)}</td>
      <td class="number">{usd(line.prices.input)}</td>
      <td class="number">{usd(line.prices.output)}</td>
      <td class="small">
        <span class="soft">{line.when}</span>{' '}
        {line.isNow && line.when !== '' && <Badge tone="good">{models.now}</Badge>}
      </td>
    </>
  );
}

/** The aliases that tell something: a name without its provider works for nearly all. */
function otherNames({ aliases, model }: ListedModel): string[] {
  return aliases.filter(
    (alias) => alias !== model.id && (alias.includes('/') || !aliases.some((other) => other.endsWith(`/${alias}`))),
  );
}

function ModelRows({ view, listed }: { view: View; listed: ListedModel }) {
  const { models } = view.texts;
  const { name, model } = listed;
  const aliases = otherNames(listed);
  const [first, ...others] = priceLines(model, view.now, view.texts);
  const rows = others.length + 1;
  return (
    <>
      <tr>
        <th scope="row" rowspan={rows}>
          <span class="model">{name}</span>
          {aliases.length > 0 && (
            <small>
              {models.alsoCalled} {aliases.map((alias) => alias.slice(alias.indexOf('/') + 1)).join(', ')}
            </small>
          )}
          {model.note !== undefined && <small>{model.note}</small>}
        </th>
        <td class="number wide-only" rowspan={rows}>
          {compact(model.contextLength)}
          <small>{compact(model.maxOutput)}</small>
        </td>
        <td class="wide-only small" rowspan={rows}>
          {model.inputs.join(', ')}
          <small>
            {models.thinking}: {thinkingText(model.thinking, view)}
          </small>
        </td>
        <Prices view={view} line={first} />
      </tr>
      {others.map((line) => (
        <tr>
          <Prices view={view} line={line} />
        </tr>
      ))}
    </>
  );
}

function Heading({ view }: { view: View }) {
  const { models } = view.texts;
  return (
    <thead>
      <tr>
        <th scope="col">{models.model}</th>
        <th scope="col" class="number wide-only context">
          {models.context}
          <small>{models.output}</small>
        </th>
        <th scope="col" class="wide-only takes">
          {models.inputs}
        </th>
        {[models.cached, models.input, models.out].map((name) => (
          <th scope="col" class="number price">
            {name}
          </th>
        ))}
        <th scope="col" class="when">
          <span class="quiet">{models.when}</span>
        </th>
      </tr>
    </thead>
  );
}

/** One table for all, so that prices stand in one column. */
function ModelTable({ view, providers }: ModelsProps) {
  const { models } = view.texts;
  return (
    <Scroll label={models.title}>
      <table class="models">
        <caption class="quiet">{models.title}</caption>
        <Heading view={view} />
        {providers.map(({ name, models: listed }) => (
          <tbody>
            <tr>
              <th scope="rowgroup" colspan={5}>
                {name}
              </th>
              <td class="wide-only" colspan={2}></td>
            </tr>
            {listed.map((each) => (
              <ModelRows view={view} listed={each} />
            ))}
          </tbody>
        ))}
      </table>
    </Scroll>
  );
}

function ModelsPage({ view, providers }: ModelsProps) {
  const { models } = view.texts;
  return (
    <Frame view={view} title={models.title} place="models">
      <Head title={models.title} lead={models.lead} />
      {providers.length > 0 && <ModelTable view={view} providers={providers} />}
      {providers.length === 0 && (
        <div class="empty">
          <p>{models.empty}</p>
        </div>
      )}
    </Frame>
  );
}

/** `/admin/models`: the catalogue of this deployment. */
export const models = new Hono<AdminEnv>().get('/models', (c) => {
  const { providers, catalog } = readOffer(c.env, c.get('config').modelsJson);
  const listed = catalog.list().filter(({ aliasOf }) => aliasOf === null);
  const groups = [...providers.values()].map(({ provider: { id, name } }) => ({
    id,
    name,
    models: listed.filter(({ provider }) => provider === id),
  }));
  return respond(c, <ModelsPage view={viewOf(c)} providers={groups} />);
});
