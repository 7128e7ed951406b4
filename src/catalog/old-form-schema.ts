import * as z from 'zod/mini';

/* The form of MODELS_JSON. Its rows are looked at again as all rows are, so that this holds no more than the form. */

/** Six decimals keep the arithmetic of bills exact; a price beyond 1,000 is a slip of the hand. */
const usd = z.number().check(
  z.nonnegative(),
  z.maximum(1_000),
  z.refine((value) => Math.abs(value * 1e6 - Math.round(value * 1e6)) < 1e-6, 'must have at most six decimals'),
);

const pricesShape = {
  input: usd,
  cached: usd,
  output: usd,
  cacheWrite: z.exactOptional(usd),
  cacheWriteHour: z.exactOptional(usd),
};

const day = z.iso.date('must be a day such as 2026-12-31');

const hour = z.number().check(z.minimum(0), z.maximum(24));
// The two halves of a night are two entries: else nobody could say which day's weekday counts.
const hours = z
  .strictObject({ from: hour, to: hour })
  .check(z.refine(({ from, to }) => from < to, 'must begin before it ends; hours over midnight are two entries'));

const bandSchema = z.strictObject({
  name: z.string().check(z.minLength(1)),
  weekdays: z.array(z.int().check(z.minimum(0), z.maximum(6))).check(z.minLength(1)),
  hours: z.array(hours).check(z.minLength(1)),
  holidays: z._default(z.array(day), []),
  prices: z.strictObject(pricesShape),
});

const tableSchema = z.strictObject({
  validFrom: day,
  revision: z.string().check(z.minLength(1)),
  ...pricesShape,
  bands: z.exactOptional(z.array(bandSchema)),
  tools: z.exactOptional(z.record(z.string(), usd)),
});

const thinkingSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('always'), efforts: z._default(z.array(z.string()), []) }),
  z.strictObject({
    kind: z.literal('switch'),
    default: z._default(z.enum(['on', 'off']), 'on'),
    efforts: z._default(z.array(z.string()), []),
  }),
]);

const count = z.int().check(z.positive());

/** What may be said of a model: all of it for a new one, only what changes for one that is known. */
const modelSchema = z.strictObject({
  contextLength: z.exactOptional(count),
  maxOutput: z.exactOptional(count),
  inputs: z.exactOptional(z.array(z.enum(['text', 'image', 'video', 'audio', 'file'])).check(z.minLength(1))),
  tools: z.exactOptional(z.boolean()),
  thinking: z.exactOptional(thinkingSchema),
  wantsReasoning: z.exactOptional(z.boolean()),
  structured: z.exactOptional(z.enum(['schema', 'object'])),
  // A model without a price would be billed at nothing; one that is free says so with zeros.
  prices: z.exactOptional(z.array(tableSchema).check(z.minLength(1))),
  created: z.exactOptional(z.int().check(z.nonnegative())),
  note: z.exactOptional(z.string()),
});

/** A model's name alone stands for an alias without parameters. */
const aliasSchema = z.pipe(
  z.transform((value): unknown => (typeof value === 'string' ? { model: value } : value)),
  z.strictObject({
    model: z.string(),
    parameters: z._default(z.record(z.string(), z.unknown()), {}),
    note: z._default(z.string(), ''),
  }),
);

/** The whole variable. */
export const oldFormSchema = z.strictObject({
  models: z._default(z.record(z.string(), modelSchema), {}),
  aliases: z._default(z.record(z.string(), aliasSchema), {}),
});

export type ModelOverride = z.infer<typeof modelSchema>;
