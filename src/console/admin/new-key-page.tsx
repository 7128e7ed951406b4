import { Field, type FieldErrors } from '../kit/field.tsx';
import { Form } from '../kit/form.tsx';
import type { ModelGroup } from '../kit/model-picker.tsx';
import { Note } from '../kit/note.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';
import { ExpiryField, NameField, SettingsFields } from './key-fields.tsx';

interface NewKeyProps {
  /** The id the key will have: a form sent twice makes one key. */
  id: string;
  owners: readonly string[];
  models: readonly ModelGroup[];
  values: FieldValues;
  errors: FieldErrors;
}

function WhoFields({ owners }: { owners: readonly string[] }) {
  const { keyForm } = useView().texts;
  return (
    <fieldset>
      <legend>{keyForm.who}</legend>
      <div class="fields">
        <Field name="username" label={keyForm.owner} hint={keyForm.ownerHint} list="owners" required />
        <NameField />
        <ExpiryField />
        <Field name="prefix" label={keyForm.prefix} initial="sk" hint={keyForm.prefixHint} />
      </div>
      <datalist id="owners">
        {owners.map((owner) => (
          <option value={owner} />
        ))}
      </datalist>
    </fieldset>
  );
}

/** The form of a new key. */
export function NewKeyPage({ id, owners, models, values, errors }: NewKeyProps) {
  const { keyForm } = useView().texts;
  return (
    <Frame title={keyForm.title} place="keys">
      <Head title={keyForm.title} />
      <Note text={Object.keys(errors).length > 0 ? keyForm.invalid : null} bad />
      <Form
        action="/admin/keys"
        hidden={{ id }}
        values={values}
        errors={errors}
        look="wide-gap"
        submit={keyForm.create}
        novalidate
      >
        <WhoFields owners={owners} />
        <SettingsFields models={models} />
      </Form>
    </Frame>
  );
}
