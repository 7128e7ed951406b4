import { logFault } from '../log-line.ts';
import type { ReasoningMemory } from '../pipelines/pipeline.ts';
import type { ConversationMemory } from './conversation-memory.ts';

/** A memory that does not answer must not hold a request up for longer. */
const RECALL_LIMIT_MS = 1000;

interface MemoryBinding {
  CONVERSATION_MEMORY: DurableObjectNamespace<ConversationMemory>;
}

function afterLimit<T>(value: T): { promise: Promise<T>; cancel(): void } {
  let timer: ReturnType<typeof setTimeout>;
  const promise = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(value), RECALL_LIMIT_MS);
  });
  return { promise, cancel: () => clearTimeout(timer) };
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
      const limit = afterLimit(turns.map(() => null));
      try {
        return await Promise.race([memory.recall(model, turns), limit.promise]);
      } catch (cause) {
        logFault('memory_recall_failed', cause);
        return turns.map(() => null);
      } finally {
        limit.cancel();
      }
    },
    remember(choice, key, reasoning) {
      // The call goes out now; only its answer is waited for behind the request's back.
      runAfter('remember reasoning', memory.remember({ id: `${requestId}:${choice}`, model, key, reasoning }));
    },
  };
}
