import { tellCallsApart } from '../dialects/shared/pair-calls.ts';
import type { Pipeline } from './pipeline.ts';

/** The other doors give clients ids of their own; where one provider's stand twice, the next one refuses them. */
const translated: Pipeline = {
  purpose: 'default',
  description: 'Reads and prints another dialect, and keeps nothing.',
  open: (request, { repeatsCallIds }) => ({
    request: { ...request, messages: tellCallsApart(request.messages, repeatsCallIds) },
  }),
};

/** For clients that speak Chat Completions as it is written. */
export const defaultPipeline: Pipeline = {
  purpose: 'default',
  description: 'Passes requests and answers as they are. For chats, and for agents that keep reasoning by themselves.',
  translated,
};
