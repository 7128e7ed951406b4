import type { Pipeline } from './pipeline.ts';

/** For clients that speak Chat Completions as it is written. */
export const defaultPipeline: Pipeline = {
  purpose: 'default',
  description: 'Passes requests and answers as they are. For chats, and for agents that keep reasoning by themselves.',
};
