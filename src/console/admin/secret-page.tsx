import { keyState } from '../../keys/key-state.ts';
import { maskSecret } from '../../keys/secret.ts';
import { isLoopback } from '../../protocol/safe-url.ts';
import type { ApiKey } from '../../store/schema.ts';
import { Copy } from '../kit/copy.tsx';
import { dateTime } from '../kit/format.ts';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';

interface SecretProps {
  apiKey: ApiKey;
  secret: string;
  baseUrl: string;
  /** Names to show as examples. */
  models: readonly string[];
  /** Whether an old secret was replaced. */
  rotated: boolean;
  /** Something went less than well, such as a ledger that did not answer. */
  warning: string | null;
}

function exampleCall(baseUrl: string, secret: string, model: string): string {
  return [
    `curl ${baseUrl}/chat/completions \\`,
    `  -H "Authorization: Bearer ${secret}" \\`,
    '  -H "Content-Type: application/json" \\',
    `  -d '{"model":"${model}","messages":[{"role":"user","content":"Hello"}]}'`,
  ].join('\n');
}

function Grace({ apiKey }: { apiKey: ApiKey }) {
  const view = useView();
  const { secret } = view.texts;
  const until = apiKey.previousExpiresAt;
  const isOver = until === null || Date.parse(until) <= view.now;
  return <p>{isOver ? secret.graceOver : secret.graceUntil(dateTime(until, view))}</p>;
}

function CursorFields({ baseUrl, secret, models }: SecretProps) {
  const texts = useView().texts.secret;
  return (
    <section class="panel">
      <h2>{texts.cursor}</h2>
      <p class="soft">{texts.cursorSteps}</p>
      {isLoopback(new URL(baseUrl)) && <p class="warn">{texts.cursorPublic}</p>}
      <Copy id="cursor-key" label={texts.cursorKey} text={secret} />
      <Copy id="cursor-url" label={texts.cursorUrl} text={baseUrl} />
      {models[0] !== undefined && <Copy id="cursor-model" label={texts.cursorModel} text={models[0]} />}
    </section>
  );
}

/** Says of a key that does not work now why that is so, and what would help. */
function OfNoUseYet({ apiKey }: { apiKey: ApiKey }) {
  const view = useView();
  const state = keyState(apiKey, view.now);
  return state === 'active' ? null : <p class="note bad">{view.texts.secret.ofNoUseYet[state]}</p>;
}

/** A secret, the one time that it is shown, with all that its holder needs. */
export function SecretPage(props: SecretProps) {
  const { apiKey, secret, baseUrl, models, rotated, warning } = props;
  const texts = useView().texts.secret;
  const title = rotated ? texts.rotated : texts.created;
  return (
    <Frame title={title} place="keys">
      <Head title={title} lead={`${apiKey.owner} · ${apiKey.purpose} · ${maskSecret(apiKey)}`} />
      {warning !== null && <p class="note bad">{warning}</p>}
      <OfNoUseYet apiKey={apiKey} />
      <section class="panel">
        <p class="warn">{texts.once}</p>
        <Copy id="key" label={texts.key} text={secret} />
        <Copy id="base-url" label={texts.baseUrl} text={baseUrl} />
        {rotated && <Grace apiKey={apiKey} />}
      </section>
      {apiKey.purpose === 'cursor' && <CursorFields {...props} />}
      <section class="panel">
        <Copy id="curl" label={texts.curl} text={exampleCall(baseUrl, secret, models[0] ?? 'test/echo')} block />
      </section>
      {apiKey.purpose !== 'cursor' && <CursorFields {...props} />}
      <a class="button" href={`/admin/keys/${apiKey.id}`}>
        {texts.toKey}
      </a>
    </Frame>
  );
}
