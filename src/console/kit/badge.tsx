import type { Child } from 'hono/jsx';
import { keyState } from '../../keys/key-state.ts';
import type { ApiKey } from '../../store/schema.ts';
import { count } from './format.ts';
import { useView } from './view.ts';

export type Tone = 'good' | 'bad' | 'warn' | 'soft';

/** A state in a word, with a dot of its colour. In a phone's tables the dot alone says that all is well. */
export function Badge({ tone, children }: { tone: Tone; children?: Child }) {
  if (tone !== 'good') return <span class={`badge ${tone}`}>{children}</span>;
  return (
    <span class="badge good">
      <span>{children}</span>
    </span>
  );
}

/** What a key comes to now, in a word. */
export function KeyBadge({ apiKey }: { apiKey: ApiKey }) {
  const { now, texts } = useView();
  const state = keyState(apiKey, now);
  const tone = state === 'active' ? 'good' : state === 'revoked' ? 'bad' : 'warn';
  return <Badge tone={tone}>{texts.keys.statuses[state]}</Badge>;
}

/** An error's code. Lines may end behind its underscores. */
function ErrorCode({ code }: { code: string }) {
  const parts = code.split(/(?<=_)/);
  return (
    <small class="mono code">
      {parts.map((part, index) => (
        <>
          {index > 0 && <wbr />}
          {part}
        </>
      ))}
    </small>
  );
}

/** How a request ended, with its error where it has one, and how many more refusals its row stands for. */
export function EndBadge({ end, errorCode, repeated }: { end: string; errorCode: string | null; repeated: number }) {
  const { texts } = useView();
  const tone = end === 'completed' ? 'good' : end === 'client_gone' ? 'soft' : 'bad';
  return (
    <span>
      <Badge tone={tone}>{texts.requests.ends[end] ?? end}</Badge>
      {errorCode !== null && <ErrorCode code={errorCode} />}
      {repeated > 0 && <small class="soft nowrap"> {texts.requests.more(count(repeated))}</small>}
    </span>
  );
}
