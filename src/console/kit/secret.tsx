import type { Reach } from '../../connect/client.ts';
import { keyState } from '../../keys/key-state.ts';
import type { ApiKey } from '../../store/schema.ts';
import { Connect } from './connect.tsx';
import { Copy } from './copy.tsx';
import { Sentence, Time } from './time.tsx';
import { useView } from './view.ts';

export interface SecretProps {
  apiKey: ApiKey;
  /** Holds the secret. */
  reach: Reach;
  /** Whether an old secret was replaced. */
  rotated: boolean;
  /** Something went less than well, such as a ledger that did not answer. */
  warning: string | null;
  /** The id of the client whose set-up is open; else it is the first that the key's purpose is for. */
  client?: string | undefined;
}

function Grace({ apiKey }: { apiKey: ApiKey }) {
  const view = useView();
  const { secret } = view.texts;
  const until = apiKey.previousExpiresAt;
  const isOver = until === null || Date.parse(until) <= view.now;
  return (
    <p>
      {isOver ? (
        secret.graceOver
      ) : (
        <Sentence words={secret.graceUntil}>
          <Time at={until} />
        </Sentence>
      )}
    </p>
  );
}

/** Says of a key that does not work now why that is so, and what would help. */
function OfNoUseYet({ apiKey }: { apiKey: ApiKey }) {
  const view = useView();
  const state = keyState(apiKey, view.now);
  return state === 'active' ? null : <p class="note bad">{view.texts.secret.ofNoUseYet[state]}</p>;
}

/** A secret, the one time that it is shown, with all that its holder needs. */
export function Secret({ apiKey, reach, rotated, warning, client }: SecretProps) {
  const texts = useView().texts.secret;
  return (
    <>
      {warning !== null && <p class="note bad">{warning}</p>}
      <OfNoUseYet apiKey={apiKey} />
      <section class="panel">
        <p class="warn">{texts.once}</p>
        <Copy id="key" label={texts.key} text={reach.key} />
        <Copy id="base-url" label={texts.baseUrl} text={`${reach.origin}/api/v1`} />
        {rotated && <Grace apiKey={apiKey} />}
      </section>
      <Connect reach={reach} keyPurpose={apiKey.purpose} opened={client} />
    </>
  );
}
