import { Field } from './field.tsx';
import { Frame, Head, Note } from './frame.tsx';
import { type FieldsProps, NameField, SettingsFields } from './key-fields.tsx';

interface NewKeyProps extends FieldsProps {
  /** The id the key will have: a form sent twice makes one key. */
  id: string;
  owners: readonly string[];
}

/** The form of a new key. */
export function NewKeyPage(props: NewKeyProps) {
  const { view, values, errors, id, owners } = props;
  const { keyForm } = view.texts;
  return (
    <Frame view={view} title={keyForm.title} place="keys">
      <Head title={keyForm.title} />
      <Note text={Object.keys(errors).length > 0 ? keyForm.invalid : null} bad />
      <form method="post" action="/admin/keys" class="wide-gap" novalidate>
        <input type="hidden" name="id" value={id} />
        <fieldset>
          <legend>{keyForm.who}</legend>
          <div class="fields">
            <Field
              name="username"
              label={keyForm.owner}
              value={values['username'] ?? ''}
              error={errors['username']}
              hint={keyForm.ownerHint}
              list="owners"
              required
            />
            <NameField {...props} />
            <Field
              name="expires"
              label={keyForm.expiresIn}
              value={values['expires'] ?? ''}
              error={errors['expires']}
              hint={keyForm.expiresInHint}
              placeholder={keyForm.noExpiry}
            />
            <Field
              name="prefix"
              label={keyForm.prefix}
              value={values['prefix'] ?? 'sk'}
              error={errors['prefix']}
              hint={keyForm.prefixHint}
            />
          </div>
          <datalist id="owners">
            {owners.map((owner) => (
              <option value={owner} />
            ))}
          </datalist>
        </fieldset>
        <SettingsFields {...props} />
        <button type="submit">{keyForm.create}</button>
      </form>
    </Frame>
  );
}
