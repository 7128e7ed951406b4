import { useContext } from 'hono/jsx';
import type { Model } from '../../catalog/model.ts';
import { priceAt } from '../../catalog/price.ts';
import type { Offered } from '../../offer/offered.ts';
import { Field, FieldsContext } from './field.tsx';
import { usd } from './format.ts';
import { useView, type View } from './view.ts';

/** Names that a key's list may hold, with what each allows. */
export interface ModelGroup {
  title: string;
  options: readonly { name: string; allows: string }[];
}

function allowsOf(model: Model, now: number): string {
  const price = priceAt(model, now)?.prices ?? null;
  const cost = price === null ? null : `$${usd(price.input)} / $${usd(price.output)}`;
  return [model.inputs?.join(', ') ?? null, cost].filter((part) => part !== null).join(' · ');
}

/** What can be chosen here: of each provider all or some models, and routes. */
export function modelGroups({ catalog, providers }: Offered, { now, texts }: View): ModelGroup[] {
  const listed = catalog.list();
  const models = listed.filter(({ kind }) => kind === 'model');
  const ofProviders = [...providers.values()].map(({ provider: { id, name } }) => {
    const own = models.filter(({ route }) => route.targets[0].provider === id);
    const options = own.map((each) => ({ name: each.name, allows: allowsOf(each.route.targets[0].model, now) }));
    return { title: name, options: [{ name: `${id}/*`, allows: texts.picker.all(own.length) }, ...options] };
  });
  const routes = listed.filter(({ kind }) => kind === 'route' || kind === 'pattern');
  const options = routes.map(({ name, route: { targets } }) => ({
    name,
    allows: targets.map(({ provider, model }) => `${provider}/${model.id}`).join(', '),
  }));
  return [...ofProviders, { title: texts.catalog.tables.routes, options }].filter((group) => group.options.length > 0);
}

/** A list of names as it is compared: each once, and in one order, however it was typed or chosen. */
export function tidyNames(list: string): string {
  const names = list.split(',').map((name) => name.trim());
  return [...new Set(names)]
    .filter((name) => name !== '')
    .toSorted()
    .join(',');
}

function Group({ title, options, chosen }: ModelGroup & { chosen: ReadonlySet<string> }) {
  const { picker } = useView().texts;
  const own = options.filter(({ name }) => chosen.has(name)).length;
  return (
    <details open={own > 0}>
      <summary>
        {title} <small>{own > 0 ? picker.chosen(own) : picker.none}</small>
      </summary>
      <div class="options">
        {options.map(({ name, allows }) => (
          <label class="choice">
            <input type="checkbox" name="models" value={name} checked={chosen.has(name)} />
            <b>{name}</b>
            <small>{allows}</small>
          </label>
        ))}
      </div>
    </details>
  );
}

/** Which models a key may use: chosen from those that are here, and any other name typed. All of it is sent as `models`. */
export function ModelPicker({ groups }: { groups: readonly ModelGroup[] }) {
  const { keyForm, picker } = useView().texts;
  const { values, errors } = useContext(FieldsContext);
  const chosen = new Set(tidyNames(values['models'] ?? '').split(','));
  const offered = new Set(groups.flatMap(({ options }) => options.map(({ name }) => name)));
  const others = [...chosen].filter((name) => !offered.has(name)).join(', ');
  return (
    <fieldset class="picker">
      <legend>{keyForm.models}</legend>
      <small>{picker.lead}</small>
      <div>
        {groups.map((group) => (
          <Group {...group} chosen={chosen} />
        ))}
      </div>
      <FieldsContext.Provider value={{ values: { models: others }, errors }}>
        <Field name="models" label={picker.others} hint={picker.othersHint} />
      </FieldsContext.Provider>
    </fieldset>
  );
}
