import type { ChatRequest } from '../protocol/chat.ts';

/**
 * A request on its way to a provider. Each change copies the top level only, keeps the order of members,
 * and is written down in words; members that nobody changes stay the very same objects.
 */
export interface RequestDraft {
  /** The request as it stands. */
  readonly request: ChatRequest;
  readonly changes: readonly string[];
  /** Sets a member in its place, or at the end where it is new. */
  set(name: string, value: unknown, why: string): void;
  remove(name: string, why: string): void;
  /** Gives a member another name in its place. Where the other is there too, that one stays and this one goes. */
  rename(from: string, to: string, why: string): void;
}

/** A draft of a request that stays as it is. */
export function draftRequest(original: ChatRequest): RequestDraft {
  const changes: string[] = [];
  const draft: { -readonly [member in keyof RequestDraft]: RequestDraft[member] } = {
    request: original,
    changes,
    set(name, value, why) {
      draft.request = { ...draft.request, [name]: value };
      changes.push(`set ${name}: ${why}`);
    },
    remove(name, why) {
      if (!Object.hasOwn(draft.request, name)) return;
      const { [name]: _, ...rest } = draft.request;
      draft.request = rest as ChatRequest; // callers never remove `model` or `messages`
      changes.push(`removed ${name}: ${why}`);
    },
    rename(from, to, why) {
      if (!Object.hasOwn(draft.request, from)) return;
      if (draft.request[to] != null) return draft.remove(from, why);
      const members = Object.entries(draft.request).filter(([name]) => name !== to);
      const renamed = members.map(([name, value]) => [name === from ? to : name, value]);
      draft.request = Object.fromEntries(renamed) as ChatRequest; // callers never rename `model` or `messages`
      changes.push(`renamed ${from} to ${to}: ${why}`);
    },
  };
  return draft;
}
