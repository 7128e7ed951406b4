import type { RoutePlan } from './lookup.ts';

/** The small, fast model of each provider: what background work needs, and no more. */
const SMALL_MODELS = ['deepseek/deepseek-flash', 'zai/glm-5.3-flash', 'moonshot/kimi-k2.6'];

/**
 * Routes that every router has. Claude Code asks for `claude-…` names in the background wherever one of its model
 * variables is missing (dialects.md A7), so such a name is served at its door by the first of these that is there. A row
 * of the same name takes the route's place, at every door.
 */
export const BUILT_IN_ROUTES: readonly RoutePlan[] = [
  {
    name: 'claude-*',
    targets: SMALL_MODELS.map((model) => ({ model, parameters: {}, weight: 1 })),
    spread: false,
    note: "Claude Code's background calls",
    endpoint: 'messages',
  },
];
