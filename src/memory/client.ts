import { inTime } from '../in-time.ts';
import { logFault } from '../log-line.ts';
import type { ReasoningMemory } from '../pipelines/pipeline.ts';
import type { ConversationMemory } from './conversation-memory.ts';

/** A memory that does not answer must not hold a request up for longer. */
const RECALL_LIMIT_MS = 1000;

interface MemoryBinding {
  CONVERSATION_MEMORY: DurableObjectNamespace<ConversationMemory>;
}

/**
 * The memory of one key, for one request to one model (`provider/model`). It never fails a request:
 * a turn that cannot be recalled within a second counts as unknown, and one that cannot be written is lost.
 */
export function openMemory(
  env: MemoryBinding,
  keyId: string,
  model: string,
  requestId: string,
  runAfter: (name: string, job: Promise<unknown>) => void,
): ReasoningMemory {
  const memory = env.CONVERSATION_MEMORY.getByName(keyId);

  return {
    async recall(turns) {
      try {
        return await inTime(RECALL_LIMIT_MS, memory.recall(model, turns));
      } catch (cause) {
        logFault('memory_recall_failed', cause);
        return turns.map(() => null);
      }
    },
    remember(choice, key, reasoning) {
      // The call goes out now; only its answer is waited for behind the request's back.
      runAfter('remember reasoning', memory.remember({ id: `${requestId}:${choice}`, model, key, reasoning }));
    },
  };
}
