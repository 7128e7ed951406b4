import { modelId } from './fields.ts';
import type { Model } from './model.ts';
import { type CatalogRows, type ModelRow, modelRowSchema, type ProviderRow } from './rows.ts';
import { type KnownModel, parseRows, type Sheet, type Work } from './sheet.ts';

/** A model of which nothing is known yet. */
function blankModel(
  { builtIns, providers }: Pick<Sheet, 'builtIns' | 'providers'>,
  provider: string,
  id: string,
): Model {
  return {
    id,
    contextLength: null,
    maxOutput: null,
    inputs: null,
    tools: null,
    thinking: null,
    structured: builtIns.get(provider)?.models[0]?.structured ?? 'schema',
    wantsReasoning: providers.get(provider)?.rules.wants_reasoning ?? false,
    prices: [],
    created: 0,
  };
}

/** A model with what its row says of it; what the row leaves out stays. */
function correctModel(model: Model, row: ModelRow): Model {
  const { embedding, note = null, ...rest } = model;
  const isEmbedding = row.kind === null ? embedding !== undefined : row.kind === 'embedding';
  const text = row.note ?? note;
  return {
    ...rest,
    contextLength: row.context_length ?? model.contextLength,
    maxOutput: row.max_output ?? model.maxOutput,
    inputs: row.inputs ?? model.inputs,
    tools: row.tools ?? model.tools,
    thinking: row.thinking ?? model.thinking,
    wantsReasoning: row.wants_reasoning ?? model.wantsReasoning,
    ...(isEmbedding ? { embedding: embedding ?? { maxInputs: null, dimensions: null } } : {}),
    ...(text === null ? {} : { note: text }),
  };
}

/** All models by their full names: the built-in ones as rows correct them, and those of the rows alone. */
export function readModels(
  work: Work,
  rows: CatalogRows,
  providers: ReadonlyMap<string, ProviderRow>,
): ReadonlyMap<string, KnownModel> {
  const models = new Map<string, KnownModel>();
  for (const { id: provider, models: own } of work.builtIns.values()) {
    for (const model of own) models.set(`${provider}/${model.id}`, { provider, model, isActive: true, isAdded: false });
  }
  for (const { name, row } of parseRows(work, 'models', rows.models, modelRowSchema)) {
    const { id, provider, status } = row;
    if (!providers.has(provider) && !work.builtIns.has(provider)) {
      work.problems.push({ table: 'models', name, reason: `there is no provider ${provider}` });
      continue;
    }
    const known = models.get(name);
    const model = correctModel(known?.model ?? blankModel({ ...work, providers }, provider, id), row);
    models.set(name, { provider, model, isActive: status === 'active', isAdded: known?.isAdded ?? true });
  }
  return models;
}

/** A model that is not listed, where its provider takes any id; null for what is no such name. */
export function unlistedModel(sheet: Sheet, name: string): Model | null {
  const slash = name.indexOf('/');
  const [provider, id] = [name.slice(0, Math.max(0, slash)), name.slice(slash + 1)];
  const isTaken = sheet.models.has(name) || sheet.providers.get(provider)?.rules.models !== '*';
  return isTaken || !modelId.safeParse(id).success ? null : blankModel(sheet, provider, id);
}

/** A model by its full name, hidden ones too; null where there is none. */
export function modelNamed(sheet: Sheet, name: string): Model | null {
  return sheet.models.get(name)?.model ?? unlistedModel(sheet, name);
}
