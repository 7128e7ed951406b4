import type { Alias, Model } from './model.ts';

/** The models' own ids as names: Cursor and others trip over a slash. */
export function slashFree(models: readonly Model[]): Alias[] {
  return models.map(({ id }) => ({ name: id, model: id, note: 'without a slash' }));
}

/** Another name of a model, mostly one that the provider has retired, with and without the provider. */
export function otherName(
  provider: string,
  name: string,
  model: string,
  note: string,
  parameters: Record<string, unknown> = {},
): Alias[] {
  return [
    { name: `${provider}/${name}`, model, parameters, note },
    { name, model, parameters, note },
  ];
}
