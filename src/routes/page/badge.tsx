import type { ApiKey } from '../../store/schema.ts';
import type { View } from './view.ts';

export type KeyState = 'active' | 'disabled' | 'revoked' | 'expired' | 'owner';

/** What a key's row comes to now. `now` is ms since 1970. */
export function keyState(key: ApiKey, now: number): KeyState {
  if (key.status !== 'active') return key.status;
  if (key.ownerStatus !== 'active') return 'owner';
  return key.expiresAt !== null && !(Date.parse(key.expiresAt) > now) ? 'expired' : 'active';
}

export function KeyBadge({ view, apiKey }: { view: View; apiKey: ApiKey }) {
  const state = keyState(apiKey, view.now);
  const tone = state === 'active' ? 'badge good' : state === 'revoked' ? 'badge bad' : 'badge warn';
  return <span class={tone}>{view.texts.keys.statuses[state]}</span>;
}

/** How a request ended, with its error where it has one. */
export function EndBadge({ view, end, errorCode }: { view: View; end: string; errorCode: string | null }) {
  const tone = end === 'completed' ? 'badge good' : end === 'client_gone' ? 'badge' : 'badge bad';
  return (
    <span>
      <span class={tone}>
        <span class={end === 'completed' ? 'quiet-on-phone' : undefined}>{view.texts.requests.ends[end] ?? end}</span>
      </span>
      {errorCode !== null && <small class="mono wide-only">{errorCode}</small>}
    </span>
  );
}
