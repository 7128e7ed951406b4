import * as z from 'zod/mini';
import type { TemplateSettings } from '../store/member-template.ts';
import { parseDuration, settingsShape } from './limits.ts';

/* What an administrator may set of the members' template, by column name, for /internal and the console. */

// What a key may be limited by is checked as for a key, and a switch is a switch; purposes are the member's choice.
const { models, rpm, tpm, max_concurrent, provider_tools: onOff, ...ofKey } = settingsShape(['default']);
const { budget_day_usd, budget_week_usd, budget_month_usd, budget_total_usd } = ofKey;

const MOST_KEYS = 1_000;
const COUNT_RULE = `must be a whole number from 1 to ${MOST_KEYS}`;
const maxKeys = z.optional(
  z.pipe(
    z.pipe(z.union([z.number(), z.string().check(z.regex(/^\d{1,4}$/, COUNT_RULE))], COUNT_RULE), z.transform(Number)),
    z.int(COUNT_RULE).check(z.minimum(1, COUNT_RULE), z.maximum(MOST_KEYS, COUNT_RULE)),
  ),
);

const DURATION_RULE = 'must be a duration such as 90d, or null for keys that do not end';
const expiresAfter = z.optional(
  z.pipe(
    z.transform((value) => (value === '' || value === 'none' ? null : value)),
    z.nullable(
      z.string(DURATION_RULE).check(
        z.refine((text) => {
          const milliseconds = parseDuration(text);
          return milliseconds !== null && milliseconds > 0;
        }, DURATION_RULE),
      ),
    ),
  ),
);

/** The template's settings, as members of an object. */
export const templateShape = {
  enabled: onOff,
  max_keys: maxKeys,
  expires_after: expiresAfter,
  ...{ models, rpm, tpm, max_concurrent },
  ...{ budget_day_usd, budget_week_usd, budget_month_usd, budget_total_usd },
};

type TemplateValues = { [Name in keyof typeof templateShape]?: z.output<(typeof templateShape)[Name]> };

/** Checked settings as the columns they are stored in; what was not named is left out. */
export function templateToColumns(settings: TemplateValues): TemplateSettings {
  return {
    enabled: settings.enabled,
    maxKeys: settings.max_keys,
    expiresAfter: settings.expires_after,
    models: settings.models,
    rpm: settings.rpm,
    tpm: settings.tpm,
    maxConcurrent: settings.max_concurrent,
    budgetDayUsd: settings.budget_day_usd,
    budgetWeekUsd: settings.budget_week_usd,
    budgetMonthUsd: settings.budget_month_usd,
    budgetTotalUsd: settings.budget_total_usd,
  };
}
