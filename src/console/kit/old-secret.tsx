import type { ApiKey } from '../../store/schema.ts';
import { Sentence, Time } from './time.tsx';
import { useView } from './view.ts';

/** Until when the secret before this one goes on working; nothing where it does not. */
export function OldSecret({ apiKey: { previousExpiresAt } }: { apiKey: ApiKey }) {
  const { now, texts } = useView();
  if (previousExpiresAt === null || Date.parse(previousExpiresAt) <= now) return null;
  return (
    <p class="warn">
      <Sentence words={texts.keyPage.oldUntil}>
        <Time at={previousExpiresAt} />
      </Sentence>
    </p>
  );
}
