import type { ApiKey } from '../../store/schema.ts';
import { Field, type FieldErrors } from '../kit/field.tsx';
import { Form } from '../kit/form.tsx';
import { OldSecret } from '../kit/old-secret.tsx';
import type { FieldValues } from '../kit/read-form.ts';
import { useView } from '../kit/view.ts';

interface RotateProps {
  apiKey: ApiKey;
  values: FieldValues;
  errors: FieldErrors;
}

/** Makes a new secret. The revision it was made from goes along: a form sent twice rotates once. */
function RotateForm({ apiKey, values, errors }: RotateProps) {
  const { texts } = useView();
  const { keyPage } = texts;
  return (
    <div class="stack">
      <h3>{keyPage.rotate}</h3>
      <p class="soft">{keyPage.rotateText}</p>
      <OldSecret apiKey={apiKey} />
      <Form
        action={`/admin/keys/${apiKey.id}/rotate`}
        hidden={{ revision: apiKey.revision }}
        values={values}
        errors={errors}
        look="row start"
        submit={keyPage.rotate}
        novalidate
        submitLook="plain after-label"
      >
        <Field name="grace" label={keyPage.grace} look="short" initial="24h" hint={keyPage.graceHint} />
      </Form>
    </div>
  );
}

/** Taking away needs no second look; giving back does, since the key may have been disabled again for a reason. */
export function StatusForm({ apiKey }: { apiKey: ApiKey }) {
  const { keyPage } = useView().texts;
  const isActive = apiKey.status === 'active';
  return (
    <Form
      action={`/admin/keys/${apiKey.id}/${isActive ? 'disable' : 'enable'}`}
      {...(isActive ? {} : { hidden: { revision: apiKey.revision } })}
      submit={isActive ? keyPage.disable : keyPage.enable}
      submitTitle={isActive ? keyPage.disableText : keyPage.enableText}
      submitLook="plain"
    />
  );
}

/** A new secret, and the end. Revoking takes a second step, without a script too. */
export function KeyDangers(props: RotateProps) {
  const { apiKey } = props;
  const { keyPage } = useView().texts;
  return (
    <section class="panel screen-only" id="danger">
      <h2>{keyPage.danger}</h2>
      <RotateForm {...props} />
      <details class="danger-zone">
        <summary class="bad">{keyPage.revoke} …</summary>
        <Form
          action={`/admin/keys/${apiKey.id}/revoke`}
          look="row between"
          submit={keyPage.revokeConfirm}
          submitLook="danger"
        >
          <p>{keyPage.revokeText}</p>
        </Form>
      </details>
    </section>
  );
}
