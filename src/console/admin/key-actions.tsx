import type { ApiKey } from '../../store/schema.ts';
import { dateTime } from '../kit/format.ts';
import type { View } from '../kit/view.ts';
import { Field } from './field.tsx';

interface ActionProps {
  view: View;
  apiKey: ApiKey;
}

/** Makes a new secret. The revision it was made from goes along: a form sent twice rotates once. */
export function RotateForm({ view, apiKey, error }: ActionProps & { error: string | undefined }) {
  const { keyPage } = view.texts;
  const old = apiKey.previousExpiresAt;
  return (
    <section>
      <h2>{keyPage.rotate}</h2>
      <p class="soft">{keyPage.rotateText}</p>
      {old !== null && Date.parse(old) > view.now && <p class="warn">{keyPage.oldUntil(dateTime(old, view))}</p>}
      <form method="post" action={`/admin/keys/${apiKey.id}/rotate`} class="row start" novalidate>
        <input type="hidden" name="revision" value={apiKey.revision} />
        <Field name="grace" label={keyPage.grace} value="24h" hint={keyPage.graceHint} error={error} />
        <button type="submit" class="plain after-label">
          {keyPage.rotate}
        </button>
      </form>
    </section>
  );
}

function StatusForm({ view, apiKey }: ActionProps) {
  const { keyPage } = view.texts;
  const isActive = apiKey.status === 'active';
  return (
    <form method="post" action={`/admin/keys/${apiKey.id}/${isActive ? 'disable' : 'enable'}`} class="row between">
      <p>{isActive ? keyPage.disableText : keyPage.enableText}</p>
      <button type="submit" class="plain">
        {isActive ? keyPage.disable : keyPage.enable}
      </button>
    </form>
  );
}

/** Disable, enable, revoke. Revoking takes a second step, without a script too. */
export function KeyDangers(props: ActionProps) {
  const { view, apiKey } = props;
  const { keyPage } = view.texts;
  return (
    <section class="panel">
      <StatusForm {...props} />
      <details class="danger-zone">
        <summary class="bad">{keyPage.revoke} …</summary>
        <form method="post" action={`/admin/keys/${apiKey.id}/revoke`} class="row between">
          <p>{keyPage.revokeText}</p>
          <button type="submit" class="danger">
            {keyPage.revokeConfirm}
          </button>
        </form>
      </details>
    </section>
  );
}
