import { REASONING_DISPLAYS } from '../../pipelines/pipeline.ts';
import { PIPELINES } from '../../pipelines/registry.ts';
import type { FieldValues } from '../kit/read-form.ts';
import type { View } from '../kit/view.ts';
import { Field, Select } from './field.tsx';
import type { FieldErrors } from './key-input.ts';

export interface FieldsProps {
  view: View;
  values: FieldValues;
  errors: FieldErrors;
}

function Purposes({ view, values }: FieldsProps) {
  const { keyForm, purposes } = view.texts;
  return (
    <fieldset>
      <legend>{keyForm.purpose}</legend>
      {PIPELINES.map(({ purpose, description }) => (
        <label class="choice">
          <input type="radio" name="purpose" value={purpose} checked={purpose === (values['purpose'] ?? 'default')} />
          <b>{purpose}</b>
          <small>{purposes[purpose] ?? description}</small>
        </label>
      ))}
    </fieldset>
  );
}

function Limits({ view, values, errors }: FieldsProps) {
  const { keyForm } = view.texts;
  const counts = [
    ['rpm', keyForm.rpm],
    ['tpm', keyForm.tpm],
    ['max_concurrent', keyForm.maxConcurrent],
  ] as const;
  const budgets = [
    ['budget_day_usd', keyForm.budgetDay],
    ['budget_week_usd', keyForm.budgetWeek],
    ['budget_month_usd', keyForm.budgetMonth],
    ['budget_total_usd', keyForm.budgetTotal],
  ] as const;
  return (
    <>
      <fieldset>
        <legend>{keyForm.budgets}</legend>
        <div class="fields">
          {budgets.map(([name, label]) => (
            <Field
              name={name}
              label={label}
              value={values[name] ?? ''}
              error={errors[name]}
              inputmode="decimal"
              placeholder={view.texts.unlimited}
            />
          ))}
        </div>
      </fieldset>
      <fieldset>
        <legend>{keyForm.limits}</legend>
        <div class="fields">
          {counts.map(([name, label]) => (
            <Field
              name={name}
              label={label}
              value={values[name] ?? ''}
              error={errors[name]}
              inputmode="numeric"
              placeholder={view.texts.unlimited}
            />
          ))}
        </div>
      </fieldset>
    </>
  );
}

/** What may be set of a key at any time. */
export function SettingsFields(props: FieldsProps) {
  const { view, values, errors } = props;
  const { keyForm } = view.texts;
  return (
    <>
      <Purposes {...props} />
      <Limits {...props} />
      <div class="fields">
        <Field
          wide
          name="models"
          label={keyForm.models}
          value={values['models'] ?? ''}
          error={errors['models']}
          hint={keyForm.modelsHint}
        />
        <Select
          name="reasoning"
          label={keyForm.reasoning}
          value={values['reasoning'] ?? 'think'}
          options={REASONING_DISPLAYS.map((display) => [display, keyForm.displays[display]] as const)}
        />
      </div>
    </>
  );
}

/** What a key is called, on both of its forms. */
export function NameField({ view, values, errors }: FieldsProps) {
  const { keyForm } = view.texts;
  return (
    <Field
      name="name"
      label={keyForm.name}
      value={values['name'] ?? ''}
      error={errors['name']}
      hint={keyForm.nameHint}
    />
  );
}
