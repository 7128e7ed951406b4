import type { ShownRow } from '../../offer/describe-rows.ts';
import type { FieldErrors } from '../kit/field.tsx';
import { Field } from '../kit/field.tsx';
import { EditForm, Form } from '../kit/form.tsx';
import { usd } from '../kit/format.ts';
import { ModelTable, type ProviderModels } from '../kit/model-table.tsx';
import { Note } from '../kit/note.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import { Table } from '../kit/table.tsx';
import { useView } from '../kit/view.ts';
import { fieldsOfRow, type PageTable, RowFields } from './catalog-fields.tsx';
import { rowPath } from './catalog-page.tsx';
import { Frame, Head } from './frame.tsx';

/** What was typed and could not be taken. */
export interface Refused {
  typed: FieldValues;
  errors: FieldErrors;
}

export interface RowProps {
  table: PageTable;
  name: string;
  /** The row as it stands in the database, or in the code; undefined for one that is there no more. */
  row: ShownRow | undefined;
  /** What the code knows under this name. */
  builtIn: ShownRow | undefined;
  /** Of a model, from the oldest to the newest; of what has none null. */
  prices: readonly ShownRow[] | null;
  /** The model as clients see it now, with its price and those of other hours. */
  shown: readonly ProviderModels[];
  refused: Refused;
  refusedPrice: Refused;
  note: { text: string; bad: boolean } | null;
}

function plain(value: unknown): string {
  return value === null || value === undefined ? '–' : String(value);
}

/** Prices as the table of models writes them. */
function price(value: unknown): string {
  return typeof value === 'number' ? usd(value) : plain(value);
}

function Prices({ name, prices, refusedPrice }: RowProps) {
  const { catalog, models, save } = useView().texts;
  if (prices === null) return null;
  return (
    <>
      {prices.length > 0 && (
        <section>
          <h2>{catalog.tables.prices}</h2>
          <Table
            caption={catalog.prices}
            rows={prices}
            columns={[
              { head: catalog.validFrom, cells: 'nowrap', cell: (row) => plain(row['valid_from']) },
              { head: models.cached, look: 'number', cell: (row) => price(row['cached']) },
              { head: models.input, look: 'number', cell: (row) => price(row['input']) },
              { head: models.out, look: 'number', cell: (row) => price(row['output']) },
              { head: catalog.revision, look: 'wide-only', cells: 'mono', cell: (row) => plain(row['revision']) },
            ]}
          />
        </section>
      )}
      <section class="panel">
        <h2>{catalog.addPrice}</h2>
        <p class="soft">{catalog.addPriceLead}</p>
        <Form
          action={`/admin/catalog/prices/${encodeURIComponent(name)}`}
          values={refusedPrice.typed}
          errors={refusedPrice.errors}
          submit={save}
          novalidate
        >
          <RowFields table="prices" />
        </Form>
      </section>
    </>
  );
}

function Settings({ builtIn, name, refused, row, table }: RowProps) {
  const { catalog, save } = useView().texts;
  const current = fieldsOfRow(table, row);
  return (
    <section class="panel" id="settings">
      <h2>{catalog.edit}</h2>
      {table !== 'routes' && <p class="soft">{catalog.editLead}</p>}
      <EditForm
        action={rowPath(table, name)}
        seen={{ revision: 0, values: current }}
        typed={refused.typed}
        errors={refused.errors}
        submit={save}
      >
        <RowFields table={table} {...(builtIn === undefined || table === 'routes' ? {} : { builtIn })} />
      </EditForm>
    </section>
  );
}

/** A row: its settings, of a model its prices too, and how to be rid of it. */
export function RowPage(props: RowProps) {
  const { name, note, row, shown, table } = props;
  const { catalog } = useView().texts;
  const isAsked = table !== 'providers' && !name.endsWith('*');
  return (
    <Frame title={name} place="catalog">
      <Head title={name} lead={catalog.tables[table]}>
        {isAsked && (
          <a class="button plain" href={`/admin/try?model=${encodeURIComponent(name)}`}>
            {catalog.tryIt}
          </a>
        )}
      </Head>
      {note !== null && <Note {...note} />}
      {shown.length > 0 && <ModelTable providers={shown} />}
      <Settings {...props} />
      <Prices {...props} />
      {row?.source === 'database' && (
        <section class="panel">
          <p class="soft">{props.builtIn === undefined ? catalog.removeHint.own : catalog.removeHint.builtIn}</p>
          <Form
            action={`/admin/catalog/remove/${table}/${encodeURIComponent(name)}`}
            submit={catalog.remove}
            submitLook="plain"
          />
        </section>
      )}
    </Frame>
  );
}

/** A form for a row that is not there yet. */
export function NewRowPage({ table, refused }: { table: PageTable; refused: Refused }) {
  const { catalog, save } = useView().texts;
  return (
    <Frame title={catalog.add[table]} place="catalog">
      <Head title={catalog.add[table]} />
      <section class="panel">
        <Form
          action={`/admin/catalog/new/${table}`}
          values={refused.typed}
          errors={refused.errors}
          submit={save}
          novalidate
        >
          <div class="fields">
            <Field name="called" label={catalog.name} hint={catalog.nameHints[table]} look="wide" required />
          </div>
          <RowFields table={table} />
        </Form>
      </section>
    </Frame>
  );
}
