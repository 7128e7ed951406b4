import { REASONING_DISPLAYS } from '../../pipelines/pipeline.ts';
import { PIPELINES } from '../../pipelines/registry.ts';
import { Choices, Field, Select } from '../kit/field.tsx';
import { type ModelGroup, ModelPicker } from '../kit/model-picker.tsx';
import { useView } from '../kit/view.ts';

function Purposes() {
  const { keyForm, purposes } = useView().texts;
  const options = PIPELINES.map(({ purpose, description }) => ({
    value: purpose,
    hint: purposes[purpose] ?? description,
  }));
  return <Choices name="purpose" label={keyForm.purpose} options={options} initial="default" />;
}

interface LimitsProps {
  title: string;
  inputmode: 'numeric' | 'decimal';
  limits: readonly (readonly [name: string, label: string])[];
  /** What an empty field means; no limit where nothing else is said. */
  empty?: string | undefined;
}

function Limits({ title, inputmode, limits, empty }: LimitsProps) {
  const { unlimited } = useView().texts;
  return (
    <fieldset>
      <legend>{title}</legend>
      <div class="fields">
        {limits.map(([name, label]) => (
          <Field name={name} label={label} inputmode={inputmode} placeholder={empty ?? unlimited} />
        ))}
      </div>
    </fieldset>
  );
}

/** Budgets by window, of whatever has them. */
export function BudgetFields({ empty }: Pick<LimitsProps, 'empty'>) {
  const { keyForm } = useView().texts;
  return (
    <Limits
      title={keyForm.budgets}
      empty={empty}
      inputmode="decimal"
      limits={[
        ['budget_day_usd', keyForm.budgetDay],
        ['budget_week_usd', keyForm.budgetWeek],
        ['budget_month_usd', keyForm.budgetMonth],
        ['budget_total_usd', keyForm.budgetTotal],
      ]}
    />
  );
}

/** How fast and how much at once. */
export function RateFields({ empty }: Pick<LimitsProps, 'empty'>) {
  const { keyForm } = useView().texts;
  return (
    <Limits
      title={keyForm.limits}
      empty={empty}
      inputmode="numeric"
      limits={[
        ['rpm', keyForm.rpm],
        ['tpm', keyForm.tpm],
        ['max_concurrent', keyForm.maxConcurrent],
      ]}
    />
  );
}

/** What may be set of a key at any time. */
export function SettingsFields({ models }: { models: readonly ModelGroup[] }) {
  const { keyForm } = useView().texts;
  return (
    <>
      <Purposes />
      <BudgetFields />
      <RateFields />
      <ModelPicker groups={models} />
      <div class="fields">
        <Select
          name="reasoning"
          label={keyForm.reasoning}
          initial="think"
          options={REASONING_DISPLAYS.map((display) => [display, keyForm.displays[display]] as const)}
        />
        <Select
          name="provider_tools"
          label={keyForm.providerTools}
          hint={keyForm.providerToolsHint}
          initial="off"
          options={[
            ['off', keyForm.providerToolsOff],
            ['on', keyForm.providerToolsOn],
          ]}
        />
      </div>
    </>
  );
}

/** The last day of a key, on both of its forms. */
export function ExpiryField() {
  const { keyForm } = useView().texts;
  return <Field name="expires_at" type="date" label={keyForm.expiresAt} hint={keyForm.expiresAtHint} />;
}

/** What a key is called, on both of its forms. */
export function NameField() {
  const { keyForm } = useView().texts;
  return <Field name="name" label={keyForm.name} hint={keyForm.nameHint} />;
}
