import { type CatalogRows, type ProviderRow, providerRowSchema } from './rows.ts';
import { rulesSchema } from './rules.ts';
import { parseRows, type Work } from './sheet.ts';

const NO_RULES = rulesSchema.parse({});

/** Why a provider's row cannot be used; null where it can. */
function wrongProvider({ base_url, id, key_variable, rules }: ProviderRow, work: Work): string | null {
  const builtIn = work.builtIns.get(id);
  if (builtIn !== undefined) {
    const hasRules = JSON.stringify(rules) !== JSON.stringify(NO_RULES);
    return base_url !== null || key_variable !== null || hasRules
      ? `${id} is built in: a row may give it another name or status, and no more`
      : null;
  }
  if (base_url === null) return 'base_url is missing';
  if (key_variable === null) return 'key_variable is missing';
  const owner = [...work.builtIns.values()].find(({ keyVariable }) => keyVariable === key_variable);
  const { origin } = new URL(base_url);
  if (owner === undefined || owner.baseUrls.some((own) => new URL(own).origin === origin)) return null;
  return `key_variable ${key_variable} is ${owner.name}'s, and its keys go to ${owner.name}'s own address only`;
}

/** The providers of the rows, by id, built-in ones that a row renames or disables among them. */
export function readProviders(work: Work, rows: CatalogRows): Map<string, ProviderRow> {
  const usable = new Map<string, ProviderRow>();
  for (const { name, row } of parseRows(work, 'providers', rows.providers, providerRowSchema)) {
    const reason = wrongProvider(row, work);
    if (reason === null) usable.set(row.id, row);
    else work.problems.push({ table: 'providers', name, reason });
  }
  return usable;
}
