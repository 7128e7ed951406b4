import { maskSecret } from '../../keys/secret.ts';
import { Secret, type SecretProps } from '../kit/secret.tsx';
import { useView } from '../kit/view.ts';
import { Frame, Head } from './frame.tsx';

/** The one page of the console that holds a secret. */
export function SecretPage(props: SecretProps) {
  const { apiKey, rotated } = props;
  const texts = useView().texts.secret;
  const title = rotated ? texts.rotated : texts.created;
  return (
    <Frame title={title} place="keys">
      <Head title={title} lead={`${apiKey.owner} · ${apiKey.purpose} · ${maskSecret(apiKey)}`} />
      <Secret {...props} />
      <a class="button" href={`/admin/keys/${apiKey.id}`}>
        {texts.toKey}
      </a>
    </Frame>
  );
}
