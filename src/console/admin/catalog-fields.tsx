import type { ShownRow } from '../../offer/describe-rows.ts';
import { Field, Select } from '../kit/field.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import { useView } from '../kit/view.ts';
import type { Texts } from '../texts/english.ts';

/** The tables whose rows have a page; prices stand with their models. */
export const PAGE_TABLES = ['routes', 'providers', 'models'] as const;
export type PageTable = (typeof PAGE_TABLES)[number];

type Column = keyof Texts['catalog']['fields'];

/** The fields of each form. */
const FIELDS = {
  providers: ['name', 'base_url', 'key_variable', 'rules', 'status'],
  models: [
    ...(['context_length', 'max_output', 'inputs', 'tools', 'thinking', 'wants_reasoning', 'kind', 'note'] as const),
    'status',
  ],
  routes: ['targets', 'spread', 'note', 'status'],
  prices: ['input', 'cached', 'output', 'cache_write', 'cache_write_hour', 'valid_from', 'revision', 'bands'],
} as const satisfies Record<string, readonly Column[]>;

const WIDE: readonly Column[] = ['rules', 'targets', 'base_url', 'bands', 'note'];

/** Targets as people write them, where they are no more than names. */
function targetsText(targets: readonly unknown[]): string {
  const names = targets.map((target) => {
    const { model = null, parameters = {}, weight = 1, ...rest } = Object(target);
    const isPlain = JSON.stringify([parameters, weight, rest]) === '[{},1,{}]';
    return isPlain && typeof model === 'string' ? model : null;
  });
  return names.includes(null) ? JSON.stringify(targets) : names.join(', ');
}

function fieldText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** What a row's form shows. Of what the code alone knows a correction begins empty, but for where a route leads. */
export function fieldsOfRow(table: PageTable, row: ShownRow | undefined): FieldValues {
  const isOwn = row?.source === 'database' || table === 'routes';
  const values = FIELDS[table].map((column) => {
    const value = isOwn ? row?.[column] : undefined;
    return [column, Array.isArray(value) && column === 'targets' ? targetsText(value) : fieldText(value)] as const;
  });
  return { ...Object.fromEntries(values), status: fieldText(row?.['status']) || 'active' };
}

/** A form's fields as members of a row. What is empty is left out. */
export function membersOfFields(table: keyof typeof FIELDS, fields: FieldValues): Record<string, unknown> {
  const members = FIELDS[table].flatMap((column) => {
    const text = fields[column] ?? '';
    if (text === '') return [];
    const isList = column === 'targets' && !text.startsWith('[');
    return [[column, isList ? text.split(',').map((name) => ({ model: name.trim() })) : text] as const];
  });
  return Object.fromEntries(members);
}

function OneField({ column, hint }: { column: Column; hint: string | undefined }) {
  const { catalog } = useView().texts;
  const label = catalog.fields[column];
  const choice = (...options: (readonly [string, string])[]) => (
    <Select name={column} label={label} options={options} />
  );
  switch (column) {
    case 'status':
      return choice(['active', catalog.active], ['disabled', catalog.disabled]);
    case 'spread':
      return choice(['off', catalog.off], ['on', catalog.on]);
    case 'tools':
    case 'wants_reasoning':
      return choice(['', catalog.open], ['on', catalog.on], ['off', catalog.off]);
    case 'kind':
      return choice(['', catalog.open], ['chat', 'chat'], ['embedding', 'embedding']);
    default: {
      const look = WIDE.includes(column) ? { look: 'wide' as const } : {};
      return <Field name={column} label={label} {...look} {...(hint === undefined ? {} : { hint })} />;
    }
  }
}

/** The fields of a row; under each what the code says, where a row only corrects it. */
export function RowFields({ table, builtIn }: { table: keyof typeof FIELDS; builtIn?: ShownRow }) {
  return (
    <div class="fields">
      {FIELDS[table].map((column) => (
        <OneField column={column} hint={fieldText(builtIn?.[column]) || undefined} />
      ))}
    </div>
  );
}
