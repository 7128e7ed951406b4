import { app } from './app.ts';
import { consumeLogs } from './ledger/delivery/consumer.ts';
import { sweep } from './ledger/sweep.ts';

export { KeyLedger } from './ledger/key-ledger.ts';
export { SharedBudget } from './ledger/shared/shared-budget.ts';
export { ConversationMemory } from './memory/conversation-memory.ts';

export default {
  fetch: app.fetch,
  async queue(batch, env) {
    await consumeLogs(batch, env);
  },
  async scheduled(controller, env) {
    await sweep(env, controller.scheduledTime);
  },
} satisfies ExportedHandler<Cloudflare.Env>;
