import { and, eq, type SQL, sql } from 'drizzle-orm';
import { type AuditEntry, auditWhere } from './audit.ts';
import type { Database } from './database.ts';
import { type Actor, apiKeys, type MemberTemplate, memberTemplate } from './schema.ts';

/** What an administrator may set of it; what is left out stays, null lifts a limit. */
export type TemplateSettings = {
  [Column in Exclude<keyof MemberTemplate, 'id' | 'revision' | 'updatedAt'>]?: MemberTemplate[Column] | undefined;
};

/** The one row. */
const ROW = 1;

/** What stands in for a row that somebody has deleted: nobody may make anything. */
const NOTHING: MemberTemplate = {
  ...{ id: ROW, enabled: false, maxKeys: 1, expiresAfter: null, models: null, rpm: null, tpm: null },
  ...{ maxConcurrent: null, budgetDayUsd: null, budgetWeekUsd: null, budgetMonthUsd: null, budgetTotalUsd: null },
  ...{ revision: 0, updatedAt: '1970-01-01T00:00:00.000Z' },
};

/** What members may make. */
export async function readTemplate(database: Database): Promise<MemberTemplate> {
  const rows = await database.select().from(memberTemplate).where(eq(memberTemplate.id, ROW));
  return rows[0] ?? NOTHING;
}

/** Sets what members may make. With a revision only where it still has it; `stale` where another change came first. */
export async function updateTemplate(
  database: Database,
  settings: TemplateSettings,
  actor: Actor,
  revision?: number,
): Promise<{ kind: 'changed' | 'stale'; template: MemberTemplate }> {
  const set = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const isCurrent = revision === undefined ? undefined : eq(memberTemplate.revision, revision);
  const changeable = and(eq(memberTemplate.id, ROW), isCurrent);
  const entry: AuditEntry = { actor, action: 'template.update', target: 'members', details: set };
  const [, written, , rows] = await database.batch([
    database.insert(memberTemplate).values({ id: ROW }).onConflictDoNothing(),
    auditWhere(database, entry, memberTemplate, changeable).returning(),
    database.update(memberTemplate).set(set).where(changeable),
    database.select().from(memberTemplate).where(eq(memberTemplate.id, ROW)),
  ]);
  return { kind: written.length > 0 ? 'changed' : 'stale', template: rows[0] ?? NOTHING };
}

/** Whether somebody may make one more key: it is on, and they have fewer than the most. */
export function mayMakeOneMore(owner: string): SQL {
  return sql`(SELECT count(*) FROM ${apiKeys} WHERE owner = ${owner} AND status <> 'revoked') <
    (SELECT max_keys FROM ${memberTemplate} WHERE id = ${ROW} AND enabled = 1)`;
}

/** The template as JSON shows it: by column name. */
export function describeTemplate(template: MemberTemplate) {
  return {
    enabled: template.enabled,
    max_keys: template.maxKeys,
    expires_after: template.expiresAfter,
    models: template.models === null ? null : template.models.split(',').map((name) => name.trim()),
    rpm: template.rpm,
    tpm: template.tpm,
    max_concurrent: template.maxConcurrent,
    budget_day_usd: template.budgetDayUsd,
    budget_week_usd: template.budgetWeekUsd,
    budget_month_usd: template.budgetMonthUsd,
    budget_total_usd: template.budgetTotalUsd,
    revision: template.revision,
    updated_at: template.updatedAt,
  };
}
